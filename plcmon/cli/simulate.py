"""`plcmon simulate`: the real service through years of a hidden world, in minutes."""

import json
from pathlib import Path

import click

from plcmon.cli.tell import tell


@click.command("simulate")
@click.option("--seed", default=1, show_default=True, help="Which world.")
@click.option("--days", default=60.0, show_default=True, type=click.FloatRange(15, 3660))
@click.option("--nodes", default=60, show_default=True, type=click.IntRange(1, 5000))
@click.option("--stepping", is_flag=True, help="Skip nothing; slow, and the same.")
@click.option("--keep", type=click.Path(path_type=Path), help="Leave the state in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def simulate(
    *, seed: int, days: float, nodes: int, stepping: bool, keep: Path | None, as_json: bool
) -> None:
    """Live through a simulated world and check every invariant against its truth.

    The rules, the store and the journal are the service's own; only time, machines and people are
    played. Exit status 1: an invariant was broken; the seed and the shortest story are printed.
    """
    from plcmon.sim.world.shorten import play_anew, shortest_story
    from plcmon.sim.world.world import Plan, run_world

    plan = Plan(seed, nodes, days, stepping=stepping)
    if keep is None:
        report = play_anew(plan)
    else:
        keep.mkdir(parents=True, exist_ok=True)
        report = run_world(keep, plan)
    if as_json:
        click.echo(json.dumps(report.as_dict()))
    else:
        for line in report.lines():
            click.echo(line)
    if not report.violations:
        return
    tell("looking for the shortest story that still fails; this may take minutes", err=True)
    story = shortest_story(plan, report)
    for fate in story:
        tell(str(fate), err=True)
    tell(f"seed {seed}, {nodes} nodes, {days:g} days: {report.violations[0]}", err=True)
    raise click.exceptions.Exit(1)
