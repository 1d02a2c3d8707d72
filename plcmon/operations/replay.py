"""Replay: recorded events through another policy, compared with what happened. Pure.

What a node shows after an action that was never made is not known. So after the first action in
which both part, everything about that subject is an estimate, and says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plcmon.engine.rerun import Rerun
from plcmon.model.events import Event, IssueChanged
from plcmon.model.intents import POWER
from plcmon.model.issues import Cause, Issue
from plcmon.model.policy import Policy
from plcmon.model.replacing import replace
from plcmon.model.state import Changes
from plcmon.model.subjects import Inventory, Subject
from plcmon.operations.views import ReplayLine, ReplayView
from plcmon.times import format_duration

NEAR = timedelta(hours=1)  # the same rung at about the same time is the same action
SAME = timedelta(minutes=5)  # an issue that opens so little earlier or later opens alike
OPENS = frozenset({"opened", "reopened"})


@dataclass(frozen=True, slots=True)
class Deed:
    """A rung that was taken, or an issue that was open."""

    at: datetime
    kind: str  # the issue's type
    rung: str = ""  # empty: it is the issue itself
    what: str = ""
    until: datetime | None = None  # issue: when it closed


@dataclass
class Side:
    """One side of the comparison: what was done, and which issues were open, by subject."""

    rungs: dict[Subject, list[Deed]] = field(default_factory=dict)
    opened: dict[Subject, list[Deed]] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        """Take in one event of the story, recorded or retold."""
        body = event.body
        if not isinstance(body, IssueChanged):
            return
        if body.change == "rung":
            deed = Deed(event.at, body.type, body.rung, body.detail)
            self.rungs.setdefault(event.subject, []).append(deed)
        elif body.change in OPENS:
            deed = Deed(event.at, body.type, what=body.detail)
            self.opened.setdefault(event.subject, []).append(deed)
        elif body.change == "closed":
            self._close(event, body)

    def _close(self, event: Event, body: IssueChanged) -> None:
        rows = self.opened.setdefault(event.subject, [])
        for place in range(len(rows) - 1, -1, -1):
            row = rows[place]
            if row.kind == body.type and row.until is None:
                rows[place] = replace(row, until=event.at)
                return


@dataclass
class Replay:
    """Both sides of one replay, as the record is read."""

    rerun: Rerun
    since: datetime
    recorded: Side = field(default_factory=Side)
    retold: Side = field(default_factory=Side)
    unsure: set[Subject] = field(default_factory=set)  # estimates from the beginning
    events: int = 0

    @classmethod
    def by(cls, policy: Policy, inventory: Inventory, since: datetime) -> "Replay":
        return cls(Rerun(policy, inventory, thrifty=True), since)

    def warm_up(self, events: Iterable[Event]) -> None:
        """What is known from before; how far each ladder had been climbed is not."""
        for _ in self.rerun.take(events):
            pass
        for _ in self.rerun.forward(self.since):
            pass
        self.unsure |= {issue.subject for issue in self.rerun.state.all_open()}

    def take(self, event: Event) -> None:
        """One recorded event: compared, and folded."""
        self.events += 1
        self.recorded.note(event)
        self._hear(self.rerun.take([event]))

    def finish(self, until: datetime) -> None:
        self._hear(self.rerun.forward(until))

    def _hear(self, steps: Iterable[tuple[datetime, list[Changes]]]) -> None:
        for _, parts in steps:
            for part in parts:
                for event in part.events:
                    self.retold.note(event)


def replay_view(replay: Replay, until: datetime, policy: Policy) -> ReplayView:
    """Everything in which both sides differ, by time."""
    subjects = sorted(
        {s for side in (replay.recorded, replay.retold) for s in (*side.rungs, *side.opened)},
        key=str,
    )
    lines = [line for subject in subjects for line in differences(replay, subject)]
    lines.sort(key=lambda line: (line.at, line.subject))
    healed, cured = healing(replay)
    return ReplayView(
        since=replay.since,
        until=until,
        policy_then=replay.rerun.policy_then,
        policy=policy.version,
        events=replay.events,
        done=counted(replay.recorded),
        would=counted(replay.retold),
        issues=sum(len(rows) for rows in replay.recorded.opened.values()),
        issues_would=sum(len(rows) for rows in replay.retold.opened.values()),
        healed_alone=healed,
        healed_after_action=cured,
        lines=tuple(lines),
    )


def counted(side: Side) -> dict[str, int]:
    """How often each effect was taken."""
    return dict(Counter(deed.what for deeds in side.rungs.values() for deed in deeds))


def differences(replay: Replay, subject: Subject) -> list[ReplayLine]:
    """The subject's own; what comes after its first other action is an estimate."""
    name = replay.rerun.state.inventory.name_of(subject)
    did, would = replay.recorded.rungs.get(subject, []), replay.retold.rungs.get(subject, [])
    left, extra = unmatched(did, would)
    lines = [line_of(subject, name, deed, "would not have been done") for deed in left]
    lines += [line_of(subject, name, deed, "would have been done") for deed in extra]
    parted = min((line.at for line in lines), default=None)
    lines += issue_differences(replay, subject, name)
    unsure = subject in replay.unsure
    return [
        replace(line, estimate=unsure or (parted is not None and line.at > parted))
        for line in lines
    ]


def line_of(subject: Subject, name: str, deed: Deed, what: str) -> ReplayLine:
    return ReplayLine(deed.at, str(subject), name, deed.kind, deed.rung, what, deed.what)


def unmatched(did: list[Deed], would: list[Deed]) -> tuple[list[Deed], list[Deed]]:
    """What one side has and the other has not; the same rung at about the same time is both's."""
    left, extra = [], list(would)
    for deed in did:
        near = [
            other
            for other in extra
            if (other.kind, other.rung) == (deed.kind, deed.rung)
            and abs(other.at - deed.at) <= NEAR
        ]
        if near:
            extra.remove(min(near, key=lambda other, at=deed.at: abs(other.at - at)))  # type: ignore[misc] # a default binds the loop's value
        else:
            left.append(deed)
    return left, extra


def issue_differences(replay: Replay, subject: Subject, name: str) -> Iterator[ReplayLine]:
    """Issues that open earlier or later, or on one side only."""
    did = replay.recorded.opened.get(subject, [])
    extra = list(replay.retold.opened.get(subject, []))
    for deed in did:
        other = next((o for o in extra if o.kind == deed.kind and overlap(o, deed)), None)
        if other is None:
            yield line_of(subject, name, deed, "would not have opened")
            continue
        extra.remove(other)
        moved = other.at - deed.at
        if abs(moved) > SAME:
            word = "later" if moved > timedelta() else "earlier"
            yield line_of(
                subject, name, other, f"would have opened {format_duration(abs(moved))} {word}"
            )
    for deed in extra:
        yield line_of(subject, name, deed, "would have opened")


def overlap(one: Deed, other: Deed) -> bool:
    """Two stretches of one trouble: both were open at one time, or about so."""
    ends_after = other.until is None or one.at <= other.until + NEAR
    return ends_after and (one.until is None or other.at <= one.until + NEAR)


def healing(replay: Replay) -> tuple[int, int]:
    """Issues that healed with no power action on either side, and those that healed after one.

    Only the former healed by themselves: of the others nobody knows what they would have done.
    """
    alone = cured = 0
    for issue in replay.rerun.state.issues.values():
        if issue.cause is not Cause.HEALTHY or issue.opened_at < replay.since:
            continue
        if acted(replay, issue):
            cured += 1
        else:
            alone += 1
    return alone, cured


def acted(replay: Replay, issue: Issue) -> bool:
    """Whether power was touched while the issue was open, in the record or here."""
    state, until = replay.rerun.state, issue.closed_at
    here = any(
        state.intents[i].kind in POWER and state.intents[i].sent_at is not None
        for i in state.intents_by_target.get(issue.subject, ())
        if issue.opened_at <= state.intents[i].planned_at <= (until or state.intents[i].planned_at)
    )
    there = any(
        "power" in deed.what and issue.bad_since <= deed.at <= (until or deed.at)
        for deed in replay.recorded.rungs.get(issue.subject, ())
    )
    return here or there
