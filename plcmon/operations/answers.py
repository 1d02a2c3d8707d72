"""What a verb did, as one sentence for whoever said it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from plcmon.model.intents import IntentId
from plcmon.model.issues import IssueId
from plcmon.model.subjects import Subject, SubjectKind
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import clock, within


@dataclass(frozen=True, slots=True)
class Deed:
    """A verb and what it is about, in the words of the moment before it is carried out."""

    subject: Subject
    name: str
    issue: str  # `node_down of n08.example.org`
    rung: str  # the one that is asked for, or else comes next
    action: str  # `power-cycle of n08.example.org`
    until: str  # `14:02 UTC, in 4h`
    words: Mapping[str, str]  # arguments, and the issue, intent or scope that was meant

    @classmethod
    def of(cls, moment: Moment, subject: Subject, words: Mapping[str, str]) -> "Deed":
        """Made before the verb is said: the state moves on with it."""
        name, issue_id = moment.name(subject), IssueId(words.get("issue", ""))
        issue = moment.state.issues.get(issue_id)
        intent = moment.state.intents.get(IntentId(words.get("intent", "")))
        want = moment.wants.get(issue_id)
        asked = issue.proposal.rung if issue is not None and issue.proposal is not None else ""
        return cls(
            subject=subject,
            name=name,
            issue=f"{issue.type.value} of {name}" if issue is not None else name,
            rung=asked or (want.rung if want is not None else "") or "the next rung",
            action=f"{intent.kind.value} of {name}" if intent is not None else name,
            until=end_of(moment, words),
            words=words,
        )


def end_of(moment: Moment, words: Mapping[str, str]) -> str:
    if "until" not in words:
        return ""
    at = datetime.fromisoformat(words["until"])
    return f"{clock(at, moment.now)}, {within(at, moment.now)}"


def answer_text(verb: str, deed: Deed, said: str) -> str:
    """The sentence of a verb; `said` is what the engine made of it, for verbs without one."""
    sentence = SENTENCES.get(verb)
    return sentence(deed) if sentence is not None else said


def close(deed: Deed) -> str:
    return f"{deed.issue} is closed; what is still wrong may open it again later"


def maintenance(deed: Deed) -> str:
    weekly = deed.words.get("weekly", "")
    if weekly:
        series = f", until {deed.until}" if deed.until else ""
        return f"nothing is done to {deed.name} every {weekly} by its site's clock{series}"
    also = " and everything in it" if deed.subject.kind is SubjectKind.SITE else ""
    return f"nothing is done to {deed.name}{also} until {deed.until}"


def freeze(deed: Deed) -> str:
    scope = deed.words["scope"]
    return f"{scope} is frozen: no new action there before `unfreeze {scope}`"


def approve(deed: Deed) -> str:
    if deed.words.get("intent"):
        return f"{deed.action} is approved and goes on"
    return f"{deed.rung} of {deed.issue} is approved and runs when its gates pass"


def accept_key(deed: Deed) -> str:
    whose = f"nodes of {deed.name}" if deed.subject.kind is SubjectKind.SITE else deed.name
    return f"the host key that {whose} showed last is pinned; the next login proves it"


def re_arm(deed: Deed) -> str:
    if deed.words.get("scope"):
        return f"{deed.words['scope']} goes on; what its last actions came to is forgotten"
    if deed.words.get("issue"):
        return f"{deed.issue} may take its passed-over rungs again"
    if deed.subject.kind is SubjectKind.SITE:
        return f"the next pathfinder of {deed.name} goes as soon as its gates pass"
    return f"{deed.name} may be used again; nothing is held against it"


def power_off(deed: Deed) -> str:
    return f"power-off of {deed.name} is planned; maintenance until {deed.until}"


SENTENCES: Mapping[str, Callable[[Deed], str]] = {
    "approve": approve,
    "reject": lambda deed: f"{deed.rung} of {deed.issue} is passed over",
    "pause": lambda deed: f"{deed.issue} stands still until {deed.until}",
    "resume": lambda deed: f"{deed.issue} climbs again",
    "close": close,
    "cancel": lambda deed: f"{deed.action} is cancelled; nothing was sent",
    "settle": lambda deed: f"{deed.action} is settled: {deed.words['outcome']}",
    "confirm": lambda deed: f"{deed.action} is confirmed; now it is proven like any other",
    "maintenance": maintenance,
    "maintenance-end": lambda deed: f"the maintenance window of {deed.name} is over",
    "freeze": freeze,
    "unfreeze": lambda deed: f"{deed.words['scope']} is no longer frozen",
    "re-arm": re_arm,
    "baseline-accept": lambda _: "as many nodes bad for long are the baseline: more is an alert",
    "hostkey-accept": accept_key,
    "db-adopt": lambda deed: "this state is adopted: it may act",
    "power-on": lambda deed: f"power-on of {deed.name} is planned",
    "power-off": power_off,
    "power-cycle": lambda deed: f"power-cycle of {deed.name} is planned",
    "reboot": lambda deed: f"reboot of {deed.name} through its shell is planned",
    "reinstall": lambda deed: f"reinstall of {deed.name} is planned; power follows its boot state",
}
"""Verbs that are not here answer with what the engine, the eyes or the hands say."""
