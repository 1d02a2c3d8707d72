"""The ramp: inherited issues are released a few a day, sites in turn, the oldest first."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from plcmon.model.decisions import Gate, GateName, Mode, Pass, Want
from plcmon.model.issues import Issue, IssueId, IssueStatus
from plcmon.model.ledger import Spend
from plcmon.model.replacing import replace
from plcmon.model.subjects import SubjectKind
from plcmon.policy import gates
from plcmon.policy.draft import Draft
from plcmon.policy.inherited import is_inherited
from plcmon.policy.issues import tell, words
from plcmon.policy.turns import in_turn


def ramp_gate(view: Draft, issue: Issue) -> Gate:
    """Its place in the queue, and when its turn comes; it opens when the issue is released."""
    if not is_inherited(view, issue):
        released = issue.released_at
        if released is None:
            return gates.passed(GateName.INHERITED, "its trouble began while plcmon might act")
        return gates.gate(GateName.INHERITED, True, "released", at=released)
    line, most = queue(view), view.policy.budgets.inherited
    place = line.get(issue.id)
    if place is None:
        return gates.gate(GateName.INHERITED, False, "it is about to be put into the queue")
    fact = f"from before plcmon might act: {place} of {len(line)} in the queue, {most} a day"
    turn = turn_at(view, place)
    left = f"its turn comes in {words(turn - view.now)}" if turn and turn > view.now else ""
    return gates.gate(
        GateName.INHERITED, False, fact, clears_at=turn, distance=left or "its turn is now"
    )


def queue(view: Draft) -> Mapping[IssueId, int]:
    """The place of every inherited issue that waits, from 1."""
    state = view.state
    if state.inherited is None:
        waiting = [issue for issue in state.all_open() if waits(view, issue)]
        ordered = in_turn(
            waiting,
            site=lambda issue: str(view.inventory.site_of(issue.subject) or ""),
            age=lambda issue: (issue.bad_since, issue.id),
        )
        state.inherited = {issue.id: place for place, issue in enumerate(ordered, 1)}
    return state.inherited


def waits(view: Draft, issue: Issue) -> bool:
    acting = issue.type in view.fleet.acting_since and issue.subject.kind is not SubjectKind.FLEET
    return acting and issue.status is IssueStatus.OPEN and is_inherited(view, issue)


def turn_at(view: Draft, place: int) -> datetime | None:
    """When so many before it were released; None: never, for the budget is none."""
    window, most = view.policy.budgets.day, view.policy.budgets.inherited
    if most <= 0:
        return None
    lately = released_lately(view)
    later = place - (most - len(lately)) - 1  # how many releases of a later window come before it
    if later < 0:
        return view.now
    slots = sorted([*lately, *[view.now] * (most - len(lately))])
    return slots[later % most] + window * (later // most + 1)


def released_lately(view: Draft) -> list[datetime]:
    window = view.policy.budgets.day
    times = view.state.ledger.of(Spend.INHERITED).times
    return [at for at in times if view.now - at < window]


def awaits_release(want: Want) -> bool:
    """True when nothing but the queue holds it, or a person's word that is asked for after it."""
    held = {gate.name for gate in want.shut}
    if GateName.INHERITED not in held or want.answer is Pass.NEVER:
        return False
    return held <= {GateName.INHERITED, GateName.MODE} and want.mode is not Mode.OBSERVE


def release(draft: Draft, wants: Iterable[Want]) -> set[IssueId]:
    """Let as many go as the day has room for; those that could not run anyway keep nobody back."""
    lately = released_lately(draft)
    room = max(0, draft.policy.budgets.inherited - len(lately))
    ready = in_turn(list(wants), site=lambda w: w.site, age=lambda w: (w.bad_since, w.issue))
    freed: set[IssueId] = set()
    for want in ready[:room]:
        issue = draft.issue(want.issue)
        if issue is None:
            continue
        draft.put_issue(replace(issue, released_at=draft.now))
        tell(draft, issue, "released", "its turn came")
        draft.audit(issue.subject, "released", "its turn came", issue=issue.id)
        freed.add(issue.id)
    return freed
