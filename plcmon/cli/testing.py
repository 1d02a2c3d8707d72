"""`plcmon pcu test`: the harmless login at one unit, or at all of them with a table of findings."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import click

from plcmon.cli.commands import said
from plcmon.cli.face import Face, json_option, pass_face, print_json, print_table
from plcmon.cli.say import DEVICE_EXIT, Wish, say
from plcmon.cli.table import Column
from plcmon.cli.tell import tell
from plcmon.errors import PlcmonError
from plcmon.operations.desk import VERBS, Desk
from plcmon.operations.phrases import count
from plcmon.operations.views import PcuView

SPEC = VERBS["pcu-test"]
JOBS = 16  # units asked at once
MOST_JOBS = 64
PATIENCE = timedelta(minutes=10)  # for one answer: a unit may be busy, and others before it


@dataclass(frozen=True, slots=True)
class Tested:
    """What the test of one unit came to."""

    pcu: str  # its key
    name: str
    site: str
    family: str
    ok: bool
    text: str  # in plain words


COLUMNS = (
    Column("NAME", lambda row: row.name),
    Column("SITE", lambda row: row.site, drop=1),
    Column("FAMILY", lambda row: row.family, drop=2),
    Column("", lambda row: "ok" if row.ok else "BAD"),
    Column("FOUND", lambda row: row.text, least=20),
)


@click.command("test")
@click.argument("subject", metavar="PCU", required=False, default="")
@click.option("--all", "everything", is_flag=True, help="Every unit of the inventory.")
@click.option("--site", default="", help="With --all: of this site alone.")
@click.option(
    "--jobs",
    type=click.IntRange(1, MOST_JOBS),
    default=JOBS,
    show_default=True,
    help="With --all: how many at once.",
)
@click.option("--reason", default="", help="Why; goes into the journal.")
@json_option
@pass_face
def test(
    face: Face, subject: str, *, everything: bool, site: str, jobs: int, reason: str, as_json: bool
) -> None:
    """The harmless login, at one unit or at all of them.

    Nothing is switched. A unit in use is waited for; one that refused our login is not asked
    again before its record changed or `re-arm` was said. Exit status 5 when one is not in order.
    """
    if bool(subject) == everything:
        raise click.UsageError("name one PCU, or say --all")
    if subject:
        return say(face, Wish(SPEC, subject, reason), as_json=as_json)
    rows = face.ask(lambda desk: test_all(desk, site, jobs, reason, as_json), patience=PATIENCE)
    if as_json:
        print_json(Any, [asdict(row) for row in rows])
    else:
        print_table(COLUMNS, sorted(rows, key=lambda row: row.ok), empty="There is no PCU.")
    bad = sum(not row.ok for row in rows)
    if not as_json:
        tell(f"{count(len(rows), 'unit')} tested, {bad} not in order", err=True)
    if bad:
        raise click.exceptions.Exit(DEVICE_EXIT)
    return None


async def test_all(desk: Desk, site: str, jobs: int, reason: str, quiet: bool) -> Sequence[Tested]:
    """So many at once; the bar is drawn beside the results, and only for people."""
    units = [row for row in await desk.pcus() if not site or row.site == site]
    if site and not units:
        raise click.UsageError(f'the site "{site}" has no PCU')
    free = asyncio.Semaphore(jobs)
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(
        length=len(units), label="testing", file=sys.stderr, hidden=hidden
    ) as bar:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(test_one(desk, unit, reason, free, bar.update), name=unit.key)
                for unit in units
            ]
    return [task.result() for task in tasks]


async def test_one(
    desk: Desk, unit: PcuView, reason: str, free: asyncio.Semaphore, step: Callable[[int], None]
) -> Tested:
    """One unit; what goes wrong with one does not end the others."""
    async with free:
        try:
            answer = await desk.do(SPEC.name, f"pcu/{unit.key}", reason=reason)
            found = answer.text.removeprefix(f"{unit.name}: ")
            text = "; ".join([found, *answer.lines])
            ok = answer.ok
        except PlcmonError as error:
            text, ok = said(error).splitlines()[0], False
        step(1)
    return Tested(unit.key, unit.name, unit.site, unit.family, ok, text)
