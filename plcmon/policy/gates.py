"""The gates: every reason for which an action may run, is held, or never will. None short-cuts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from plcmon.model.beliefs import NodeBelief
from plcmon.model.decisions import Gate, GateName, Mode, Pass, Tri
from plcmon.model.intents import POWER, THROUGH, ActionKind, Intent, IntentState
from plcmon.model.issues import Issue, IssueStatus
from plcmon.model.policy import HARDWARE_NOTICES, Rung
from plcmon.model.subjects import NodeKey, PowerPath, Subject, SubjectKind
from plcmon.policy.draft import Draft
from plcmon.policy.issues import stamp, words
from plcmon.policy.jumps import widened
from plcmon.policy.ladder import Place
from plcmon.policy.paths import (
    is_person,
    left_alone_until,
    path_answer,
    proven,
    tried_unread,
    unread,
    untested,
)
from plcmon.policy.purpose import off_on_purpose
from plcmon.policy.review import ails
from plcmon.policy.windows import exempt_until, frozen, in_maintenance

DOWN = "down"  # the notice that a closed fleet guard holds

INSTALLED = POWER | {
    ActionKind.NOTIFY,
    ActionKind.ALERT,
    ActionKind.PENALTY,
    ActionKind.FLAG,
    ActionKind.OPEN,
}
"""What always has an executor. `penalty` records its claim; `flag` is a line of the journal;
`open` opens another issue, which has a ladder and gates of its own."""

STEPS = POWER | THROUGH
HARMLESS = frozenset({ActionKind.ALERT, ActionKind.PENALTY, ActionKind.FLAG, ActionKind.OPEN})
"""Not actions on anybody: no guard, budget or pause stops them, and for alerts no mode."""


def gate(
    name: GateName,
    ok: bool,
    fact: str,
    *,
    otherwise: Pass = Pass.HOLD,
    at: datetime | None = None,
    clears_at: datetime | None = None,
    distance: str = "",
) -> Gate:
    return Gate(name, Pass.PASS if ok else otherwise, fact, at, clears_at, distance)


@lru_cache(maxsize=4096)
def passed(name: GateName, fact: str) -> Gate:
    """A gate that passes and says no more than this: most of them do, in the same few words."""
    return Gate(name, Pass.PASS, fact)


def installed(view: Draft, rung: Rung) -> Gate:
    known = view.policy.installed
    missing = [
        str(effect)
        for effect in rung.do
        if effect.kind not in INSTALLED and effect.kind not in known
    ]
    if not missing:
        return passed(GateName.INSTALLED, "every effect has an executor")
    fact = f"not installed: {', '.join(missing)}"
    return gate(GateName.INSTALLED, False, fact, otherwise=Pass.NEVER)


def wait(place: Place) -> Gate:
    rung = place.rung
    after = rung.after if rung else timedelta()
    left = max(timedelta(), after - place.waited)
    fact = f"{words(place.waited)} of {words(after)} of bad time since the last rung"
    distance = f"{words(left)} to go" if left else ""
    return gate(GateName.WAIT, not place.waiting, fact, clears_at=place.due_at, distance=distance)


def condition(place: Place) -> Gate:
    if place.waiting:
        return passed(GateName.CONDITION, "asked when the wait is over")
    if place.condition is Tri.YES:
        when = " and ".join(place.rung.when) if place.rung else ""
        return passed(GateName.CONDITION, f"{when or 'none'}: yes")
    fact = f"{place.condition_why}: not now"
    return gate(GateName.CONDITION, False, fact, clears_at=place.due_at)


def evidence(view: Draft, issue: Issue) -> Gate:
    ill = ails(view, issue)
    belief = node_belief(view, issue)
    at = belief.evidence_since if belief else None
    if ill is None and belief is None and not view.fleet.blind:
        return gate(GateName.EVIDENCE, False, "nothing of it was seen lately")
    if ill is None:
        word = belief.evidence.value if belief else "blind"
        return gate(GateName.EVIDENCE, False, f"the evidence is {word}", at=at)
    if not ill:
        seen = belief.observed.value if belief else "well"
        return gate(GateName.EVIDENCE, False, f"it is {seen} just now", at=at)
    seen = f"{belief.observed.value} by fresh evidence" if belief else "still found so"
    return gate(GateName.EVIDENCE, True, seen, at=at)


def issue_open(view: Draft, issue: Issue) -> Gate:
    """Paused, or about a node that somebody wants off: it stands still."""
    wanted = off_on_purpose(view, issue.subject)
    if wanted is not None:
        fact = f"it stands still: the node is meant to be {wanted.value}"
        return gate(GateName.ISSUE, False, fact)
    paused = issue.status is IssueStatus.PAUSED
    if not paused and issue.paused_until is None:
        return passed(GateName.ISSUE, "open")
    until = f" until {stamp(issue.paused_until)}" if issue.paused_until else ""
    fact = f"paused by {issue.paused_by}{until}"
    return gate(GateName.ISSUE, not paused, fact, clears_at=issue.paused_until)


def mode_gate(view: Draft, issue: Issue, rung: Rung, mode: Mode) -> Gate:
    if mode is Mode.AUTO:
        return passed(GateName.MODE, "auto")
    if mode is Mode.OBSERVE:
        return gate(GateName.MODE, False, "observe: it would be done, and is only noted")
    proposal = issue.proposal
    if proposal is None or proposal.rung != rung.name:
        return gate(GateName.MODE, False, "propose: waits to be proposed")
    if proposal.approved_by:
        return gate(GateName.MODE, True, f"approved by {proposal.approved_by}")
    until = proposal.asked_at + view.policy.safety.approval_wait
    return gate(
        GateName.MODE,
        False,
        "propose: waits for approve or reject",
        at=proposal.asked_at,
        clears_at=until,
        distance=f"asked {words(view.now - proposal.asked_at)} ago",
    )


def adopted(view: Draft) -> Gate:
    fact = "the state is ours" if view.fleet.adopted else "the state is not adopted: db adopt"
    return gate(GateName.ADOPTED, view.fleet.adopted, fact)


def canaries(view: Draft) -> Gate:
    fleet = view.fleet
    share = f"{fleet.canaries_good} of {fleet.canaries_asked} answer"
    if fleet.blind:
        return gate(GateName.CANARIES, False, f"blind: {share}", at=fleet.canaries_at)
    asked = fleet.canaries_at is not None
    fact = share if asked else "not asked yet since the start"
    return gate(GateName.CANARIES, asked, fact, at=fleet.canaries_at)


def fleet_guard(view: Draft) -> Gate:
    fleet = view.fleet
    count, line = len(fleet.turned_bad), fleet.guard_line
    if fleet.guard_closed:
        since = stamp(fleet.guard_since) if fleet.guard_since else "?"
        return gate(GateName.FLEET_GUARD, False, f"closed since {since}, {count} of {line}")
    distance = f"{max(0, line - count)} more would still pass"
    return gate(GateName.FLEET_GUARD, True, f"open, {count} of {line}", distance=distance)


def node_limit(view: Draft, issue: Issue) -> Gate:
    """How often this node was power-cycled in each window, whoever asked."""
    return cycle_limit(view, issue.subject)


def cycle_limit(view: Draft, node: Subject) -> Gate:
    """The window that stays full for longest decides: a long one may never be waited for."""
    cycles = cycles_of(view, node)
    if not cycles and all(view.policy.limits.cycles.values()):
        return passed(GateName.NODE_LIMIT, "power cycles on record: 0")
    full = []
    for window, most in view.policy.limits.cycles.items():
        shown = widened(view.fleet, window, view.now)
        inside = sorted(at for at in cycles if view.now - at < shown)
        if len(inside) >= most:
            fact = f"{len(inside)} power cycles within {words(window)}, {most} allowed"
            full.append((inside[-most] + shown, fact))
    if not full:
        return gate(GateName.NODE_LIMIT, True, f"power cycles on record: {len(cycles)}")
    free_at, fact = max(full)
    return limited(view, fact, free_at)


def limited(view: Draft, fact: str, free_at: datetime) -> Gate:
    """A limit that is free again soon holds; one that is not passes the rung over."""
    long = free_at - view.now > view.policy.safety.hold_not_now
    answer = Pass.NEVER if long else Pass.HOLD
    return gate(GateName.NODE_LIMIT, False, fact, otherwise=answer, clears_at=free_at)


def cycles_of(view: Draft, node: Subject) -> list[datetime]:
    return [
        intent.sent_at
        for intent in view.intents_of(node)
        if intent.kind is ActionKind.POWER_CYCLE and intent.sent_at is not None
    ]


def notice_limit(view: Draft, issue: Issue, words_after: str) -> Gate:
    """Between two such notices about one node, whichever issue they belong to."""
    seldom = seldom_with(words_after)
    told = [
        intent.sent_at or intent.planned_at
        for intent in view.intents_of(issue.subject)
        if intent.kind is ActionKind.NOTIFY
        and notice_of(intent.argument) in seldom
        and intent.state is not IntentState.CANCELLED
    ]
    limits = view.policy.limits
    pause = limits.down_notice if DOWN in seldom else limits.hardware_notice
    between = widened(view.fleet, pause, view.now)
    free_at = max(told) + between if told else view.now
    if view.now >= free_at:
        return gate(GateName.NODE_LIMIT, True, f"notices on record: {len(told)}")
    fact = f"the last notice about it was {words(view.now - max(told))} ago"
    return limited(view, fact, free_at)


def seldom_with(words_after: str) -> frozenset[str]:
    """The notices that share one pause with this one; empty: it needs none."""
    notice = notice_of(words_after)
    if notice in HARDWARE_NOTICES:
        return HARDWARE_NOTICES
    return frozenset({DOWN}) if notice == DOWN else frozenset()


def notice_of(words_after: str) -> str:
    return words_after.split(" ", 1)[0]


def says_down(argument: str) -> bool:
    return notice_of(argument) == DOWN


def says_first_down(view: Draft, issue: Issue, argument: str) -> bool:
    """True for a `down` notice of an issue that has sent none yet."""
    return says_down(argument) and not any(
        intent.issue == issue.id and says_down(intent.argument) and intent.sent_at is not None
        for intent in view.intents_of(issue.subject)
    )


def in_flight(view: Draft, issue: Issue, path: PowerPath | None) -> Gate:
    """One power action at a time per node, PCU and site; a waiting proof holds its node."""
    live = view.live_power()
    for intent in live:
        if intent.awaits_proof and intent.target == issue.subject:
            fact = f"{intent.kind.value} of this node waits for its proof"
            return gate(GateName.IN_FLIGHT, False, fact, clears_at=intent.proof_due_at)
    busy = in_use(view, issue.subject, path) if live else None
    if busy is None:
        return passed(GateName.IN_FLIGHT, "nothing else is in flight here")
    fact, intent = busy
    return gate(GateName.IN_FLIGHT, False, fact, clears_at=lets_go_at(view, intent))


def in_use(view: Draft, node: Subject, path: PowerPath | None) -> tuple[str, Intent] | None:
    """What is in flight for this node, its PCU or its site, whoever asked for it."""
    site = str(view.inventory.site_of(node) or "")
    pcus = {outlet.pcu for outlet in path.outlets} if path else set()
    for intent in view.live_power():
        if not intent.in_flight:
            continue
        if intent.target == node:
            return doing(view, intent), intent
        if asks_a_person(view, intent):
            continue
        if pcus & intent_pcus(intent):
            return f"its PCU is in use: {doing(view, intent)}", intent
        if site and intent.site == site and not old_unknown(view, intent):
            return f"its site is in use: {doing(view, intent)}", intent
    return None


def doing(view: Draft, intent: Intent) -> str:
    return f"{intent.kind.value} of {view.name(intent.target)} is {intent.state.value}"


def lets_go_at(view: Draft, intent: Intent) -> datetime | None:
    """When an unknown stops holding its site, or a request lapses."""
    if intent.state is IntentState.UNKNOWN:
        return (intent.state_at or view.now) + view.policy.safety.intent_expiry
    if intent.asks_a_person and intent.sent_at is not None:
        return intent.sent_at + view.policy.safety.manual_expiry
    return None


def intent_pcus(intent: Intent) -> set[str]:
    return {outlet.pcu for outlet in intent.path.outlets} if intent.path else set()


def asks_a_person(view: Draft, intent: Intent) -> bool:
    """A request to a person holds only its node."""
    return intent.asks_a_person or (intent.path is not None and is_person(view, intent.path))


def old_unknown(view: Draft, intent: Intent) -> bool:
    """An unread unknown stops holding its site after a while; node and PCU stay held."""
    unknown = intent.state is IntentState.UNKNOWN
    return unknown and view.now - (intent.state_at or view.now) >= view.policy.safety.intent_expiry


def power_path(view: Draft, path: PowerPath | None) -> Gate:
    if path is None:
        return gate(GateName.POWER_PATH, False, "no power path", otherwise=Pass.NEVER)
    how = proven(view, path)
    return passed(GateName.POWER_PATH, f"{path}: {how or 'unproven, so only proposed'}")


def read_back(view: Draft, issue: Issue, path: PowerPath | None) -> Gate:
    """Whether it could be seen what power did; where not, one try, and then a person's word."""
    name = unread(view, path) if path is not None else ""
    if path is None or not name:
        return passed(GateName.READ_BACK, "its outlets can be read back")
    left = "tried once, so only proposed" if tried_unread(view, issue, path) else "one try"
    return passed(GateName.READ_BACK, f"{name} cannot be read back: {left}")


def pcu_gate(view: Draft, path: PowerPath | None) -> Gate:
    if path is None:
        return gate(GateName.PCU, False, "no PCU", otherwise=Pass.NEVER)
    got, why = path_answer(view, path)
    if got is not Tri.YES:
        return gate(GateName.PCU, False, why, clears_at=left_alone_until(view, path))
    old = untested(view, path)
    if not old:
        return passed(GateName.PCU, why)
    return gate(GateName.PCU, False, f"{old} was not tested good lately")


def window(view: Draft, issue: Issue) -> Gate:
    found = in_maintenance(view, issue.subject)
    if found is None:
        return passed(GateName.WINDOW, "no maintenance")
    fact = f"maintenance by {found.actor} until {stamp(found.ends_at)}: {found.reason}"
    return gate(GateName.WINDOW, False, fact, clears_at=found.ends_at)


def exemption(view: Draft, issue: Issue) -> Gate:
    until = exempt_until(view, issue.subject)
    if until is None:
        return passed(GateName.EXEMPT, "not exempt")
    fact = f"the inventory exempts it until {stamp(until)}"
    return gate(GateName.EXEMPT, False, fact, clears_at=until)


def grace(view: Draft) -> Gate:
    """After a start: some time, and one complete fresh scan."""
    fleet, needed = view.fleet, view.policy.safety.grace
    since = fleet.started_at or view.now
    left = since + needed - view.now
    if left > timedelta():
        fact = f"started {words(view.now - since)} ago, {words(needed)} needed"
        return gate(GateName.GRACE, False, fact, clears_at=since + needed)
    if fleet.scan_complete_at is None:
        return gate(GateName.GRACE, False, "no complete fresh scan since the start")
    return gate(GateName.GRACE, True, f"last complete scan {stamp(fleet.scan_complete_at)}")


def freeze(view: Draft, issue: Issue, kinds: Iterable[ActionKind]) -> Gate:
    for kind in sorted(kinds) if view.freezes() else ():
        word = "power" if kind in POWER else kind.value
        scope = frozen(view, issue.subject, word) or frozen(view, issue.subject, kind.value)
        if scope:
            by = view.freezes()[scope]
            fact = f"{scope} is frozen by {by.actor}"
            return gate(GateName.FREEZE, False, fact, at=by.at)
    return passed(GateName.FREEZE, "nothing is frozen here")


def look_again(view: Draft, issue: Issue) -> Gate:
    """A full re-probe is made at the claim; an attempt that ended there is not repeated at once."""
    last = last_unsent(view, issue)
    if last is None or last.state_at is None:
        return passed(GateName.LOOK_AGAIN, "a full re-probe is made at the claim")
    again_at = last.state_at + view.policy.safety.retry_after
    ok = view.now >= again_at
    fact = f"the last attempt ended before anything was sent: {last.detail}"
    return gate(GateName.LOOK_AGAIN, ok, fact, at=last.state_at, clears_at=again_at)


def last_unsent(view: Draft, issue: Issue) -> Intent | None:
    """The last attempt, if nothing of it was sent."""
    ended = (IntentState.CANCELLED, IntentState.FAILED)
    over = [
        intent
        for intent in view.intents_of(issue.subject)
        if intent.kind in STEPS and (intent.sent_at is not None or intent.state in ended)
    ]
    last = max(over, key=lambda intent: intent.sent_at or intent.state_at or view.now, default=None)
    return last if last is not None and last.sent_at is None else None


def outlet(view: Draft, path: PowerPath | None) -> Gate:
    """An outlet that an unknown hand switched off is nobody's to switch but a person's."""
    foreign = [o for o in path.outlets if o in view.fleet.foreign_off] if path else []
    if foreign:
        return gate(GateName.OUTLET, False, f"{foreign[0]} is off by an unknown hand")
    return passed(GateName.OUTLET, "it is read at the claim")


def node_belief(view: Draft, issue: Issue) -> NodeBelief | None:
    if issue.subject.kind is not SubjectKind.NODE:
        return None
    return view.node(NodeKey(issue.subject.key))
