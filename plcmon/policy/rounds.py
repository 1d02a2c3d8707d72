"""Rounds of deciding: wants of what changed, then grants over all, until nothing more follows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from plcmon.model.beliefs import FleetBelief
from plcmon.model.decisions import GateName, Mode, Pass, Want
from plcmon.model.issues import Issue, IssueId
from plcmon.model.policy import Policy
from plcmon.model.replacing import replace
from plcmon.model.state import Changes, State
from plcmon.policy.draft import Draft
from plcmon.policy.grant import grant
from plcmon.policy.many_turns import note_turns
from plcmon.policy.penalties import weigh
from plcmon.policy.ramp import awaits_release, release
from plcmon.policy.recent import Recent
from plcmon.policy.take import give_up, let_go, pass_over, propose, remember_hold, take, take_shadow
from plcmon.policy.want import want, want_again

NEVER_YET = frozenset({GateName.WAIT, GateName.FLAPPING})
"""While one of these holds, no rung is passed over: a limit may be free again by then."""

MOST_ROUNDS = 50  # more than any ladder has rungs: each round moves an issue up by one at most


@dataclass
class Wants:
    """The last want of each open issue, and which of them are ready to run."""

    by_issue: dict[IssueId, Want] = field(default_factory=dict)
    ready: set[IssueId] = field(default_factory=set)
    waiting: set[IssueId] = field(default_factory=set)  # for bad time, whatever else is so
    queued: set[IssueId] = field(default_factory=set)  # for room in a budget
    in_ramp: set[IssueId] = field(default_factory=set)  # for their turn among the inherited
    _turned: tuple[object, ...] = ()

    def turns(self, fleet: FleetBelief) -> bool:
        """Whether the fleet's belief turned since this was asked last, beyond its counts."""
        now = (fleet.blind, fleet.guard_closed, fleet.adopted, fleet.started_at)
        turned, self._turned = now != self._turned, now
        return turned

    def keep(self, issue: IssueId, wanted: Want | None) -> None:
        if wanted is None:
            self.by_issue.pop(issue, None)
            self.ready.discard(issue)
            self.waiting.discard(issue)
            self.queued.discard(issue)
            return
        self.by_issue[issue] = wanted
        if wanted.rung and wanted.answer is Pass.PASS and not wanted.given_up:
            self.ready.add(issue)
        else:
            self.ready.discard(issue)
        holding = {g.name for g in wanted.shut if g.answer is Pass.HOLD}
        kept = (
            (GateName.WAIT in holding, self.waiting),
            (GateName.BUDGET in holding, self.queued),
            (awaits_release(wanted), self.in_ramp),
        )
        for applies, held in kept:
            (held.add if applies else held.discard)(issue)


def decide(
    policy: Policy, state: State, wants: Wants, changed: Iterable[IssueId], now: datetime
) -> list[Changes]:
    """Look again at the changed issues and grant what may run; `state` follows each change.

    Returns what was changed, in order; `wants` is brought up to date.
    """
    todo = set(changed)
    if not todo and not wants.ready and not wants.in_ramp:
        return []
    table = Table(policy, state, wants, now)
    for _ in range(MOST_ROUNDS):
        moved = {issue for issue in sorted(todo) if table.look_at(issue)}
        moved |= table.release() | table.grant()
        if not moved:
            break
        todo = moved | wants.ready  # what was granted may stand in the way of what was ready
    return table.done


@dataclass
class Table:
    """One sitting: what is decided with, and what was changed so far."""

    policy: Policy
    state: State
    wants: Wants
    now: datetime
    done: list[Changes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.view = self.draft()  # for looking only: nothing is written to it
        self.blank = self.draft()
        self.recent = Recent(self.state.inventory)

    def draft(self) -> Draft:
        return Draft(self.state, self.policy, self.now)

    def look_at(self, issue_id: IssueId) -> bool:
        """Evaluate one issue; True when it moved and must be looked at once more."""
        issue = self.state.issues.get(issue_id)
        if issue is None or not issue.is_open:
            self.wants.keep(issue_id, None)
            return False
        wanted = self.look(issue)
        self.wants.keep(issue_id, wanted)
        draft = self.blank
        moved = answer(draft, wanted)
        self.keep(draft)
        if issue.claim:
            self.weigh(issue, wanted)
        return moved

    def look(self, issue: Issue) -> Want:
        """Ask every gate; of what could run a moment ago, those that may have closed since."""
        before = self.wants.by_issue.get(issue.id)
        if before is not None and self.recent.knows(issue):
            return want_again(self.view, issue, before)
        wanted = want(self.view, issue)
        if wanted.rung and wanted.answer is Pass.PASS and not wanted.passed:
            self.recent.note(issue)
        return wanted

    def weigh(self, issue: Issue, wanted: Want) -> None:
        """What the issue claims is a matter of its site; the want also looks again for that."""
        site = self.state.inventory.site_of(issue.subject)
        if site is None:
            return
        draft = self.blank
        again_at = weigh(draft, site)
        self.keep(draft)
        times = [at for at in (wanted.next_at, again_at) if at is not None]
        self.wants.keep(issue.id, replace(wanted, next_at=min(times, default=None)))
        self.wants.waiting.discard(issue.id)  # its claim has gates of its own

    def release(self) -> set[IssueId]:
        """Let inherited issues go whose turn has come."""
        if not self.wants.in_ramp:
            return set()
        draft = self.blank
        freed = release(draft, [self.wants.by_issue[i] for i in sorted(self.wants.in_ramp)])
        self.keep(draft)
        return freed

    def grant(self) -> set[IssueId]:
        """Take every rung that may run now."""
        if not self.wants.ready:
            return set()
        ready = [self.wants.by_issue[issue] for issue in sorted(self.wants.ready)]
        taken = grant(self.view, ready)
        moved = {granted.issue for granted in taken}
        for granted in taken:
            draft = self.blank
            take(draft, granted)
            note_turns(draft)
            moved |= draft.changes.issues.keys()  # a rung may open another one
            self.keep(draft)
        return moved

    def keep(self, draft: Draft) -> None:
        """Take over what was written; a draft that nobody wrote to serves the next one."""
        if draft.changes:
            self.state.apply(draft.changes)
            self.recent.forget(draft.changes)
            self.done.append(draft.changes)
            self.blank = self.draft()


def answer(draft: Draft, wanted: Want) -> bool:
    """Do on paper what a want that cannot simply run asks for; True when its issue moved."""
    if wanted.given_up:
        give_up(draft, wanted)
        return True
    if not wanted.rung:
        issue = draft.issue(wanted.issue)
        if issue is not None:
            let_go(draft, issue)
        return False
    waits = any(g.name in NEVER_YET and g.answer is Pass.HOLD for g in wanted.shut)
    if wanted.answer is Pass.NEVER and not waits:
        pass_over(draft, wanted)
        return True
    only_mode = all(g.name is GateName.MODE for g in wanted.shut)
    held_by_mode = only_mode and wanted.answer is Pass.HOLD
    if held_by_mode and wanted.mode is Mode.OBSERVE:
        take_shadow(draft, wanted)
        return True
    if held_by_mode and wanted.mode is Mode.PROPOSE and propose(draft, wanted):
        return True
    remember_hold(draft, wanted)
    return False
