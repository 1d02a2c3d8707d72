"""Where an issue stands on its ladder and which rung comes next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from plcmon.model.decisions import GateName, Hold, Mode, Tri, strictest
from plcmon.model.intents import POWER, THROUGH
from plcmon.model.issues import Climb, Issue
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.policy.conditions import answer
from plcmon.policy.draft import Draft
from plcmon.policy.flapping import flap_of
from plcmon.policy.issues import words
from plcmon.policy.spans import reaches


@dataclass(frozen=True, slots=True)
class Place:
    """The rung that is next, what was passed over on the way, and what its clock says."""

    rung: Rung | None
    passed: tuple[tuple[str, str], ...]
    waited: timedelta
    due_at: datetime | None  # when its wait ends if nothing changes; None: not running
    condition: Tri = Tri.YES
    condition_why: str = ""
    given_up: str = ""  # a rung of `passed` that was held for too long

    @property
    def waiting(self) -> bool:
        return self.rung is not None and self.waited < self.rung.after


def rungs_above(ladder: Ladder, climb: Climb) -> Iterator[Rung]:
    """The rungs that may still be taken, in order; the last one repeats if it says so."""
    ordered = ladder.in_order
    taken = next((place for place, rung in enumerate(ordered) if rung.name == climb.rung), -1)
    for place, rung in enumerate(ordered):
        if rung.name in climb.passed:
            continue
        if rung.order > climb.order or (rung.order == climb.order and place > taken >= 0):
            yield rung
        elif rung.name == climb.rung and rung.again is not None:
            yield rung.again


def observing(policy: Policy, ladder: Ladder) -> bool:
    """True while a shadow is climbed: nothing that the ladder says is really done."""
    return strictest(policy.mode, ladder.mode) is Mode.OBSERVE


def next_rung(ladder: Ladder, climb: Climb) -> Rung | None:
    return next(rungs_above(ladder, climb), None)


def find_place(view: Draft, issue: Issue, ladder: Ladder, climb: Climb, hold: Hold | None) -> Place:
    """Walk up from where it stands: past what is never, to what waits, is held or is due.

    Conditions are asked only once a rung's wait is over: before that, what they ask about (a
    verdict, say) may not be known yet.
    """
    passed: list[tuple[str, str]] = []
    given_up = ""
    waited = climb.waited.value(view.now)
    for rung in rungs_above(ladder, climb):
        due_at = reaches(climb.waited, rung.after)
        if waited < rung.after:
            return Place(rung, tuple(passed), waited, due_at, given_up=given_up)
        if unproven(view, issue):
            why = "the last action is not proven yet"
            return Place(rung, tuple(passed), waited, due_at, Tri.NOT_NOW, why, given_up)
        got, why = answer(view, issue, rung.when)
        if got is Tri.NEVER:
            passed.append((rung.name, f"{why}: never"))
            continue
        if got is Tri.NOT_NOW and held_too_long(view, issue, hold, rung):
            limit = words(view.policy.safety.hold_not_now)
            passed.append((rung.name, f"{why}: not now, for {limit} of bad time"))
            given_up = rung.name
            continue
        if got is Tri.NOT_NOW:
            due_at = gives_up_at(view, issue, hold, rung)
        return Place(rung, tuple(passed), waited, due_at, got, why, given_up)
    return Place(None, tuple(passed), waited, None, given_up=given_up)


def unproven(view: Draft, issue: Issue) -> bool:
    """True while a step of this issue is under way: its outcome decides what is next."""
    return any(
        intent.issue == issue.id and intent.kind in POWER | THROUGH
        for intent in view.intents_of(issue.subject)
        if (intent.in_flight and not intent.asks_a_person) or intent.awaits_proof
    )


def held_too_long(view: Draft, issue: Issue, hold: Hold | None, rung: Rung) -> bool:
    """Only the time for which the condition itself held the rung counts."""
    if hold is None or hold.rung != rung.name or hold.gate is not GateName.CONDITION:
        return False
    if flap_of(view, issue).held:
        return False
    held = issue.bad.value(view.now) - hold.bad_before
    return held >= view.policy.safety.hold_not_now


def gives_up_at(view: Draft, issue: Issue, hold: Hold | None, rung: Rung) -> datetime | None:
    """When the rung is passed over if the condition goes on to say not now."""
    same = hold is not None and hold.rung == rung.name and hold.gate is GateName.CONDITION
    before = hold.bad_before if hold is not None and same else issue.bad.value(view.now)
    return reaches(issue.bad, before + view.policy.safety.hold_not_now)
