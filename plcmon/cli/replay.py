"""Replaying: what another policy would have done with what was recorded. Needs no service."""

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from plcmon.cli.answers import since_option
from plcmon.cli.face import Face, json_option, pass_face, print_json, print_table
from plcmon.cli.table import Column
from plcmon.cli.tell import tell
from plcmon.config import load_settings
from plcmon.engine.rerun import READ
from plcmon.model.events import (
    CanaryRound,
    InventoryRead,
    NodeObserved,
    PcuTested,
    ScanCompleted,
    Started,
    Verb,
    WitnessesSeen,
)
from plcmon.model.policy import Policy
from plcmon.operations.phrases import count
from plcmon.operations.replay import Replay, replay_view
from plcmon.operations.thinning import Thinning, settled_after
from plcmon.operations.views import ReplayLine, ReplayView
from plcmon.store.record import Extent, Record, open_record

WIDE = 30  # characters of the bar
STANDING = frozenset(
    kind.__name__
    for kind in (
        *(CanaryRound, InventoryRead, NodeObserved, PcuTested, ScanCompleted, Started),
        WitnessesSeen,
    )
)
"""Kinds of which only each subject's last word from before counts; of a person's, every one."""


@click.command("replay")
@click.option(
    "--policy",
    "new",
    type=click.Path(path_type=Path),
    required=True,
    help="The configuration whose policy is tried.",
)
@since_option
@click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    help="Whose record; else that of the configuration in force.",
)
@json_option
@pass_face
def replay(face: Face, new: Path, since: datetime, state_dir: Path | None, as_json: bool) -> None:
    """Fold recorded events with another policy, and compare with what happened.

    Reads the database beside the service and changes nothing. After the first action in which
    both part, what is said of that subject is an estimate.
    """
    from plcmon.app.house import policy_of

    policy = policy_of(load_settings(new, os.environ))
    place = state_dir or load_settings(face.file, os.environ).state_dir
    view = asyncio.run(replayed(place, policy, since, Bar(sys.stderr.isatty())))
    if as_json:
        return print_json(ReplayView, view)
    return print_replay(view, face.now())


class Bar:
    """How far it is, on standard error; where nobody watches, a line for each tenth."""

    def __init__(self, watched: bool) -> None:
        self._watched = watched
        self._shown = -1

    def show(self, share: float, at: datetime | None = None) -> None:
        percent = int(100 * min(1.0, share))
        step = 1 if self._watched else 10
        if percent // step == self._shown // step and self._shown >= 0:
            return
        self._shown = percent
        when = f" {at:%Y-%m-%d}" if at is not None else ""
        if not self._watched:
            tell(f"{percent} %{when}", err=True)
            return
        full = "#" * (WIDE * percent // 100)
        click.echo(f"\r[{full:<{WIDE}}] {percent:3} %{when}", nl=percent == 100, err=True)


async def replayed(
    state_dir: Path, policy: Policy, since: datetime, bar: Bar | None = None
) -> ReplayView:
    """Read the record from `since` on through the policy. Raises StoreError."""
    async with open_record(state_dir) as record:
        extent = await record.extent()
        inventory = await record.inventory()
        since = max(since, extent.since)
        run = Replay.by(policy, inventory, since)
        first = await record.first_since(since)
        await begin(record, run, first if first is not None else extent.last + 1)
        if first is not None:
            thin = Thinning(inventory, settled=settled_after(policy))
            async for page in record.pages(first - 1, extent.until, READ):
                for line in page:
                    for event in thin.take(line):
                        run.take(event)
                if bar is not None:
                    bar.show(share(extent, first, page[-1].seq), page[-1].at)
        run.finish(extent.until)
    if bar is not None:
        bar.show(1.0)
    return replay_view(run, extent.until, policy)


async def begin(record: Record, run: Replay, first: int) -> None:
    """What is known from before: last words, standing stops, and paths that were proven.

    Of a path only the last proof is known; what an action proved later had a use before it.
    """
    fleet = await record.fleet()
    proven = {path: min(at, run.since) for path, at in fleet.proven.items()}
    run.rerun.know(dict(await record.issues()), proven)
    before = await record.before(first, last=STANDING, every=(Verb.__name__,))
    run.warm_up(line.event() for line in before)


def share(extent: Extent, first: int, seq: int) -> float:
    return (seq - first + 1) / max(1, extent.last - first + 1)


def print_replay(view: ReplayView, now: datetime) -> None:
    since, until = (
        f"{at.astimezone(now.tzinfo):%Y-%m-%d %H:%M}" for at in (view.since, view.until)
    )
    then = view.policy_then or "no policy"
    tell(f"{since} to {until}: policy {view.policy} beside what happened")
    tell(f"the last start in the record named {then}", err=True)
    print_table(replay_columns(now), view.lines, empty="nothing would have been otherwise")
    tell("")
    print_table(sum_columns(view), sums(view), empty="no rung was taken on either side")
    tell(f"{count(view.issues, 'issue')} opened; {view.issues_would} would have.")
    tell(
        f"{view.healed_alone} healed by themselves; {view.healed_after_action} after an action,"
        " so that nobody knows what they would have done."
    )


def replay_columns(now: datetime) -> list[Column]:
    def what(row: ReplayLine) -> str:
        return f"{row.what} (estimate)" if row.estimate else row.what

    return [
        Column("TIME", lambda row: f"{row.at.astimezone(now.tzinfo):%Y-%m-%d %H:%M}"),
        Column("SUBJECT", lambda row: row.name, least=16),
        Column("ISSUE", lambda row: row.issue),
        Column("RUNG", lambda row: row.rung or "-"),
        Column("WHAT", what, least=24),
        Column("DETAIL", lambda row: row.detail, least=16, drop=1),
    ]


def sums(view: ReplayView) -> list[str]:
    return sorted(view.done.keys() | view.would.keys())


def sum_columns(view: ReplayView) -> list[Column]:
    def number(counts: Mapping[str, int], effect: str) -> str:
        return str(counts.get(effect, 0))

    return [
        Column("EFFECT", str, least=16),
        Column("WAS DONE", lambda effect: number(view.done, effect), right=True),
        Column("WOULD HAVE BEEN", lambda effect: number(view.would, effect), right=True),
    ]


REPLAYING = (replay,)
