"""History commands: what a node was, and how much of the time nodes worked."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import click

from plcmon.cli.answers import read_since
from plcmon.cli.face import Face, json_option, pass_face, print_json, print_table
from plcmon.cli.table import Column
from plcmon.cli.tell import tell
from plcmon.operations.phrases import count, percent
from plcmon.operations.reports import AvailabilityRow, AvailabilityView, HistoryLine, HistoryView
from plcmon.times import format_duration

SINCE_HELP = "From when on: 90d, 18:00 or 2026-03-14."


def read_until(context: click.Context, option: click.Parameter, text: str) -> datetime | None:
    return read_since(context, option, text) if text else None


@click.command("history")
@click.argument("node")
@click.option("--since", default="30d", show_default=True, callback=read_since, help=SINCE_HELP)
@click.option("--readings", is_flag=True, help="Print the last raw readings instead.")
@json_option
@pass_face
def history(face: Face, node: str, since: datetime, readings: bool, as_json: bool) -> None:
    """Print what a node was, for how long, and what was done about it; the latest last.

    Raw readings are kept for three days: those that differ from the one before, and one an hour.
    """
    view = face.ask(lambda desk: desk.history(node, since))
    if as_json:
        return print_json(HistoryView, view)
    if readings:
        columns = reading_columns(face.now().tzinfo)
        return print_table(columns, view.readings, empty="no reading of that time is kept")
    if beyond := not_recorded(view):
        tell(beyond)
    tell(f"{view.name}: {share_of(view.availability)}; {spans_of(view.availability)}")
    return print_table(
        line_columns(face.now().tzinfo), view.lines, empty="nothing is recorded of that time"
    )


@click.command("availability")
@click.argument("match", default="")
@click.option("--since", default="30d", show_default=True, callback=read_since, help=SINCE_HELP)
@click.option("--until", default="", callback=read_until, help="Up to when; else now.")
@click.option(
    "--by", default="site", show_default=True, help="Add up by node, site, pcu, all or label/KEY."
)
@json_option
@pass_face
def availability(
    face: Face, match: str, by: str, *, since: datetime, until: datetime | None, as_json: bool
) -> None:
    """Say how much of a time nodes worked, the worst first; MATCH chooses nodes as in `nodes`.

    The share is that of the time in which something was known; KNOWN is how much that was.
    """
    view = face.ask(lambda desk: desk.availability(since, until, by=by, match=match))
    if as_json:
        return print_json(AvailabilityView, view)
    tell(f"{view.since:%Y-%m-%d %H:%M} to {view.until:%Y-%m-%d %H:%M %Z}, by {view.by}")
    rows = (*view.rows, view.total) if len(view.rows) > 1 else view.rows
    return print_table(share_columns(view.by), rows, empty="no node is meant")


def line_columns(zone: Any) -> list[Column]:
    return [
        Column("TIME", lambda row: f"{row.at.astimezone(zone):%Y-%m-%d %H:%M}"),
        Column("FOR", lasted, right=True),
        Column("WHAT", lambda row: row.text, least=24),
    ]


def reading_columns(zone: Any) -> list[Column]:
    return [
        Column("TIME", lambda row: f"{row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"),
        Column("PROBE", lambda row: row.probe),
        Column("TOOK", lambda row: f"{row.took_ms:.1f} ms", right=True),
        Column("LOSS", lambda row: "" if row.loss is None else f"{row.loss:.0%}", right=True),
        Column("WHAT", lambda row: row.text, least=24),
    ]


def lasted(row: HistoryLine) -> str:
    return "" if row.lasted_s is None else format_duration(timedelta(seconds=row.lasted_s))


def share_columns(by: str) -> list[Column]:
    return [
        Column(by.rpartition("/")[2].upper(), lambda row: row.name or "all", least=12),
        Column("NODES", lambda row: str(row.nodes), right=True, drop=2),
        Column("UP", up_of, right=True),
        Column("KNOWN", lambda row: percent(row.known), right=True),
        Column("BAD FOR", seconds("bad_s"), right=True),
        Column("NOT KNOWN FOR", seconds("unknown_s"), right=True, drop=1),
    ]


def seconds(name: str) -> Callable[[AvailabilityRow], str]:
    return lambda row: format_duration(timedelta(seconds=getattr(row, name)))


def up_of(row: AvailabilityRow) -> str:
    return "-" if row.share is None else percent(row.share)


def not_recorded(view: HistoryView) -> str:
    """What the answer cannot tell of the time that was asked for; empty: nothing."""
    if view.recorded_since is None or view.recorded_since <= view.since:
        return ""
    return f"what was before {view.recorded_since:%Y-%m-%d %H:%M %Z} is not recorded"


def share_of(row: AvailabilityRow) -> str:
    if row.share is None:
        return "nothing is known of that time"
    return f"up {up_of(row)} of what is known, which is {percent(row.known)} of the time"


def spans_of(row: AvailabilityRow) -> str:
    bad, unknown = (seconds(name)(row) for name in ("bad_s", "unknown_s"))
    about = f" over {count(row.nodes, 'node')}" if row.nodes > 1 else ""
    return f"bad for {bad}, not known for {unknown}{about}"


HISTORY = (history, availability)
