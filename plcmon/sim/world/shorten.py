"""Shortening a story: which few of its blows still break the invariant."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from plcmon.sim.world.fates import Fate
from plcmon.sim.world.world import Plan, Report, run_world

PATIENCE = timedelta(minutes=3)  # real time

Fails = Callable[[Sequence[Fate]], bool]


def play_anew(plan: Plan) -> Report:
    """One world in a folder of its own, in memory where the system offers that."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        prefix="plcmon-world-", dir=memory if memory.is_dir() else None
    ) as folder:
        return run_world(Path(folder), plan)


def shorten(fates: Sequence[Fate], fails: Fails, *, patience: timedelta = PATIENCE) -> list[Fate]:
    """Leave out ever smaller parts for as long as what is left still fails, within the time.

    The classic way (delta debugging, Zeller 1999): halves first, then quarters, then single ones.
    """
    until = time.monotonic() + patience.total_seconds()
    kept, parts = list(fates), 2
    while len(kept) > 1 and time.monotonic() < until:
        size = -(-len(kept) // parts)
        for start in range(0, len(kept), size):
            rest = kept[:start] + kept[start + size :]
            if time.monotonic() >= until:
                break
            if rest and fails(rest):
                kept, parts = rest, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(kept), 2 * parts)
    return kept


def shortest_story(plan: Plan, report: Report, *, patience: timedelta = PATIENCE) -> list[Fate]:
    """The fewest blows found within the time that break the same invariant, in this world."""
    broken = {violation.invariant for violation in report.violations}
    end = max(violation.at for violation in report.violations)

    def fails(fates: Sequence[Fate]) -> bool:
        again = play_anew(replace(plan, fates=list(fates)))
        return bool(broken & {violation.invariant for violation in again.violations})

    early = [fate for fate in report.fates if report.began + fate.at <= end]
    return shorten(early, fails, patience=patience)
