"""`python -m tests.soak.worlds --time 2h`: simulated worlds, as many as fit, one line each.

Resumes where it was left: the last seed stands in a file. Exit status 1 when an invariant broke,
with the seed and the shortest story on standard error.
"""

import argparse
import sys
import time
from pathlib import Path

from plcmon.sim.world.shorten import play_anew, shortest_story
from plcmon.sim.world.world import Plan
from plcmon.times import parse_duration

PLACE = Path(".soak") / "last-world"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.worlds")
    parser.add_argument("--time", type=parse_duration, default=parse_duration("10m"))
    parser.add_argument("--days", type=float, default=365.0)
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--place", type=Path, default=PLACE, help="the file with the last seed")
    return parser.parse_args()


def last_seed(place: Path) -> int:
    return int(place.read_text()) if place.exists() else 0


def live_through(plan: Plan) -> bool:
    """Play one world and say what came of it; True: it held."""
    began = time.monotonic()
    report = play_anew(plan)
    took = time.monotonic() - began
    word = "BROKEN" if report.violations else "holds"
    sys.stdout.write(
        f"seed {plan.seed}: {plan.days:g} days of {plan.nodes} nodes in {took:.0f} s, {word};"
        f" {report.crashes} crashes, {report.rows} rows, {report.verdicts}\n"
    )
    sys.stdout.flush()
    for violation in report.violations:
        sys.stderr.write(f"{violation}\n")
    if report.violations:
        for blow in shortest_story(plan, report):
            sys.stderr.write(f"{blow}\n")
    return not report.violations


def main() -> int:
    given = arguments()
    until = time.monotonic() + given.time.total_seconds()
    given.place.parent.mkdir(parents=True, exist_ok=True)
    seed, done, held = last_seed(given.place), 0, True
    while time.monotonic() < until or not done:
        seed, done = seed + 1, done + 1
        held = live_through(Plan(seed, given.nodes, given.days)) and held
        given.place.write_text(f"{seed}\n")
    years = done * given.days / 365
    sys.stdout.write(f"{years:.2f} years of {given.nodes} nodes, up to seed {seed}\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
