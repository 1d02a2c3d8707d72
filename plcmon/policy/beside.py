"""Beside the ladder: power that was passed over for a PCU's sake runs once when that is good again.

The issue stays where it stands on its ladder, and its waits go on.
"""

from datetime import timedelta

from plcmon.model.beliefs import Status
from plcmon.model.decisions import GateName, Pass, Tri, Want
from plcmon.model.intents import POWER
from plcmon.model.issues import Climb, Issue
from plcmon.model.policy import Ladder, Rung
from plcmon.model.replacing import replace
from plcmon.model.subjects import PowerPath
from plcmon.policy.conditions import answer, chosen_path
from plcmon.policy.draft import Draft
from plcmon.policy.ladder import Place, unproven
from plcmon.policy.paths import is_person

PATH_WORD = "power_path_ok"


def owes(rung: Rung, why: str) -> bool:
    """True when the rung was held, until it was passed over, by nothing but its PCU."""
    return any(effect.kind in POWER for effect in rung.do) and PATH_WORD in why.split()


def place_beside(view: Draft, issue: Issue, ladder: Ladder, climb: Climb) -> Place | None:
    """The rung that is owed, if its PCU is good and its other conditions hold; else None."""
    rung = next((rung for rung in ladder.rungs if rung.name == climb.owed), None)
    path = chosen_path(view, issue)
    if rung is None or path is None or not is_good(view, path) or unproven(view, issue):
        return None
    if answer(view, issue, rung.when)[0] is not Tri.YES:
        return None
    return Place(replace(rung, after=timedelta()), (), climb.waited.value(view.now), None)


def is_good(view: Draft, path: PowerPath) -> bool:
    """Good, not merely online: it has been in order for long enough to be trusted anew."""
    if is_person(view, path):
        return True
    return all(view.pcu(outlet.pcu).status is Status.GOOD for outlet in path.outlets)


def either(usual: Want, late: Want) -> Want:
    """The one that may run; else the ladder's own where it is due, so that neither hides."""
    times = [at for at in (usual.next_at, late.next_at) if at is not None]
    waits = any(g.name is GateName.WAIT and g.answer is Pass.HOLD for g in usual.shut)
    chosen = late if late.answer is Pass.PASS or waits or not usual.rung else usual
    return replace(chosen, next_at=min(times, default=None))
