"""Grant: which wants may run now, over the whole fleet. Global, ordered, pure.

A want that passes its own gates may still have to queue: one power action at a time per PCU, site
and node, a budget for all, and sites in turn, oldest bad time first.
"""

from collections.abc import Iterable

from plcmon.model.decisions import Pass, Want
from plcmon.model.intents import POWER
from plcmon.policy.draft import Draft
from plcmon.policy.gates import budget_left
from plcmon.policy.turns import in_turn as turns


def grant(view: Draft, wants: Iterable[Want]) -> list[Want]:
    """The wants that run now, in the order in which they run."""
    ready = [w for w in wants if w.rung and w.answer is Pass.PASS]
    power = [w for w in ready if is_power(w)]
    others = [w for w in ready if not is_power(w)]
    return sorted(others, key=lambda w: (w.bad_since, w.issue)) + grant_power(view, power)


def is_power(want: Want) -> bool:
    return any(effect.kind in POWER for effect in want.effects)


def grant_power(view: Draft, wants: list[Want]) -> list[Want]:
    left = budget_left(view)
    taken_sites: set[str] = set()
    taken_pcus: set[str] = set()
    granted: list[Want] = []
    for want in in_turn(wants):
        pcus = {outlet.pcu for outlet in want.path.outlets} if want.path else set()
        if left <= 0 or want.site in taken_sites or pcus & taken_pcus:
            continue
        granted.append(want)
        taken_sites.add(want.site)
        taken_pcus |= pcus
        left -= 1
    return granted


def in_turn(wants: list[Want]) -> list[Want]:
    """Sites in turn; within a site, and among sites, the oldest bad time first."""
    return turns(wants, site=lambda w: w.site, age=lambda w: (w.bad_since, w.issue))
