"""The engine's turn on paper: the same fold, want and grant, with no clock, commit or listener.

What is planned, replayed or judged beforehand runs here, on a state that is nobody else's.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from plcmon.engine.agenda import Agenda
from plcmon.engine.reach import issues_touched, subjects_in
from plcmon.model.beliefs import FleetBelief
from plcmon.model.decisions import GateName, Pass, Want
from plcmon.model.events import Event, Tick
from plcmon.model.issues import IssueId
from plcmon.model.policy import Policy
from plcmon.model.replacing import replace
from plcmon.model.state import Changes, State
from plcmon.model.subjects import Subject, fleet_subject, node_subject, pcu_subject, site_subject
from plcmon.policy.clockwork import next_change
from plcmon.policy.fold import fold
from plcmon.policy.rounds import Wants, decide

SOON = timedelta(seconds=1)
SCANNED = frozenset(
    {
        *(GateName.GRACE, GateName.COMPLETENESS, GateName.FLEET_GUARD),
        *(GateName.COMMON_CAUSE, GateName.STORM, GateName.SITE_GUARD),
    }
)
"""Gates that may open with a complete scan."""
LATER = timedelta(minutes=15)  # an issue that stays due without a change is looked at no oftener


class Paper:
    """A state that moves on as the engine's would. Give it a fork of a live one.

    `thrifty`: wants are not made anew when only counters changed that no gate's answer asks for;
    what the gates say may then be old until `look_at_all`, what they answer is not.
    """

    def __init__(self, state: State, policy: Policy, *, thrifty: bool = False) -> None:
        self.state = state
        self.policy = policy
        self.thrifty = thrifty
        self._decisive = decisive(state.fleet)
        self._scan_began_at = state.fleet.scan_began_at
        self.wants = Wants()
        self._agenda: Agenda[Subject | IssueId] = Agenda()
        self._patience: dict[IssueId, timedelta] = {}

    def prime(self, now: datetime) -> None:
        """Find out when time alone will change something; every open issue is looked at first."""
        for subject in self.subjects():
            self._agenda.set(subject, next_change(self.state, self.policy, subject, now))
        for issue in self.state.all_open():
            self._agenda.set(issue.id, now)

    def look_at_all(self, now: datetime) -> None:
        """Make everything due, as after a start or a change of policy."""
        for subject in self.subjects():
            self._agenda.set(subject, now)
        for issue in self.state.all_open():
            self._agenda.set(issue.id, now)

    def subjects(self) -> Iterable[Subject]:
        yield fleet_subject()
        yield from (node_subject(key) for key in self.state.nodes)
        yield from (pcu_subject(key) for key in self.state.pcus)
        yield from (site_subject(key) for key in self.state.sites)

    def next_at(self) -> datetime | None:
        return self._agenda.next_at()

    def turn(self, now: datetime, facts: Iterable[Event] = ()) -> list[Changes]:
        """Fold the facts and what is due, then decide; what changed, in order."""
        done: list[Changes] = []
        for event in facts:
            self._fold(event, done)
        issues = self._fold_due(now, done)
        for changes in done:
            issues |= self._touched(changes)
        decided = decide(self.policy, self.state, self.wants, issues, now)
        for changes in decided:
            issues |= changes.issues.keys()
        done += decided
        moved = {issue for changes in done for issue in changes.issues}
        for issue in issues:
            self._set(issue, now, changed=issue in moved)
        for subject in {subject for changes in done for subject in subjects_in(changes)}:
            self._agenda.set(subject, next_change(self.state, self.policy, subject, now))
        return done

    def _touched(self, changes: Changes) -> set[IssueId]:
        fleet = changes.beliefs.get((FleetBelief, ""))
        if not self.thrifty or not isinstance(fleet, FleetBelief):
            return issues_touched(self.state, self.wants, changes)
        scanned = fleet.scan_began_at != self._scan_began_at
        self._scan_began_at = fleet.scan_began_at
        before, self._decisive = self._decisive, decisive(fleet)
        if before == self._decisive:
            near = {key: row for key, row in changes.beliefs.items() if key[0] is not FleetBelief}
            changes = replace(changes, beliefs=near)
        found = issues_touched(self.state, self.wants, changes)
        return found | self._held_for_a_scan() if scanned else found

    def _held_for_a_scan(self) -> set[IssueId]:
        """Issues that a new complete scan may let go on."""
        return {
            issue
            for issue, wanted in self.wants.by_issue.items()
            if issue not in self.wants.waiting and not SCANNED.isdisjoint(held(wanted))
        }

    def _fold(self, event: Event, done: list[Changes]) -> None:
        changes = fold(self.policy, self.state, event)
        self.state.apply(changes)
        done.append(changes)

    def _fold_due(self, now: datetime, done: list[Changes]) -> set[IssueId]:
        issues: set[IssueId] = set()
        for thing in self._agenda.due(now):
            if isinstance(thing, Subject):
                self._fold(Event(now, thing, Tick()), done)
                self._agenda.set(thing, next_change(self.state, self.policy, thing, now))
            else:
                issues.add(thing)
        return issues

    def _set(self, issue: IssueId, now: datetime, *, changed: bool) -> None:
        wanted = self.wants.by_issue.get(issue)
        at = wanted.next_at if wanted else None
        if at is None or at > now:
            self._patience.pop(issue, None)
            self._agenda.set(issue, at)
            return
        wait = SOON if changed else min(LATER, 2 * self._patience.get(issue, SOON))
        self._patience[issue] = wait
        self._agenda.set(issue, now + wait)


def held(wanted: Want) -> set[GateName]:
    return {gate.name for gate in wanted.shut if gate.answer is Pass.HOLD}


def decisive(fleet: FleetBelief) -> FleetBelief:
    """The fleet's belief without what no gate's answer depends on."""
    epoch = fleet.started_at
    return replace(
        fleet,
        alive_at=None,
        canaries_good=0,
        canaries_asked=0,
        good_rounds=0,
        canaries_at=epoch if fleet.canaries_at is not None else None,
        scan_complete_at=epoch if fleet.scan_complete_at is not None else None,
        scan_began_at=epoch if fleet.scan_began_at is not None else None,
        turned_bad=(),
        guard_calm_since=None,
        guard_line=0,
        in_service=0,
        late_since=None,
        known_off=frozenset(),
        breakers={scope: held for scope, held in fleet.breakers.items() if held.tripped_at},
    )
