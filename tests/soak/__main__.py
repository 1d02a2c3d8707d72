"""`python -m tests.soak --time 10m`: kill the service until the time or the kills are used up.

Lines as it goes and a table on standard error, the report as JSON on standard output. Exit status
1 when something was done twice, lost, invented or left off, or when too few deaths met an action
for that to mean anything.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from plcmon.times import parse_duration
from tests.acceptance.kill import Plan, Report, run, table

KILLS = 200
INSIDE = 0.6  # of the kills, at least, must meet an action on its way


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--time", type=parse_duration, default=parse_duration("10m"))
    parser.add_argument("--kills", type=int, default=KILLS, help="the most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=60)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it behind")
    return parser.parse_args()


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def soak(folder: Path, given: argparse.Namespace) -> Report:
    plan = Plan(
        kills=given.kills,
        seed=given.seed,
        seconds=given.time.total_seconds(),
        nodes=given.nodes,
        drill=True,
    )
    return asyncio.run(run(folder, plan, say))


def main() -> int:
    given = arguments()
    if given.keep is not None:
        given.keep.mkdir(parents=True, exist_ok=True)
        report = soak(given.keep, given)
    else:
        with tempfile.TemporaryDirectory(prefix="plcmon-soak-") as folder:
            report = soak(Path(folder), given)
    say(table(report))
    sys.stdout.write(json.dumps(report.as_json()) + "\n")
    if report.share_inside < INSIDE:
        say(f"only {report.share_inside:.0%} of the kills met an action: {INSIDE:.0%} are needed")
    return 1 if report.wrong or report.share_inside < INSIDE else 0


if __name__ == "__main__":
    sys.exit(main())
