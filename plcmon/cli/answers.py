"""Answering commands: the plan, what waits for a word, what repairing was worth, who is ready."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from plcmon.cli.columns import short_id
from plcmon.cli.face import Face, json_option, pass_face, print_json, print_table
from plcmon.cli.table import Column
from plcmon.cli.tell import tell
from plcmon.cli.when import parse_since
from plcmon.operations.phrases import age, count, within
from plcmon.operations.reports import (
    DigestView,
    ReadinessView,
    RepairsView,
    RepairView,
    UnreadyView,
)
from plcmon.operations.views import ApprovalView, PlanLine, PlanView
from plcmon.times import format_duration, parse_duration


def read_span(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    """A duration as typed. Raises BadParameter."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def read_since(context: click.Context, _option: click.Parameter, text: str) -> datetime:
    """A time that is over, as typed. Raises BadParameter."""
    try:
        return parse_since(text, context.ensure_object(Face).now())
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


since_option = click.option(
    "--since",
    default="90d",
    show_default=True,
    callback=read_since,
    help="From when on: 90d, 18:00 or 2026-03-14.",
)


@click.command("plan")
@click.option(
    "--for", "span", default="7d", show_default=True, callback=read_span, help="How far ahead."
)
@json_option
@pass_face
def plan(face: Face, span: timedelta, as_json: bool) -> None:
    """Say what would happen if nothing changed, by time; nothing is written down."""
    view = face.ask(lambda desk: desk.plan(span))
    if as_json:
        return print_json(PlanView, view)
    tell(view.assumed)
    zone = face.now().tzinfo
    print_table(plan_columns(zone), view.lines, empty="nothing would happen")
    if view.left_out:
        tell(f"and {count(view.left_out, 'line')} more", err=True)
    if view.cut:
        tell("the forecast is too long and ends before its time", err=True)
    return None


def plan_columns(zone: Any) -> list[Column]:
    return [
        Column("TIME", lambda row: f"{row.at.astimezone(zone):%m-%d %H:%M}"),
        Column("SUBJECT", lambda row: row.name, least=16),
        Column("ISSUE", lambda row: row.issue or "-", drop=2),
        Column("RUNG", lambda row: row.rung or "-"),
        Column("WHAT", what_of, least=24),
        Column("HELD BY", lambda row: row.held_by or "-"),
    ]


def what_of(row: PlanLine) -> str:
    return f"{row.what}: {row.fact}" if row.fact else row.what


@click.command("approvals")
@json_option
@pass_face
def approvals(face: Face, as_json: bool) -> None:
    """List what waits for a person's word; `approve` and `reject` take several ids at once."""
    rows = face.ask(lambda desk: desk.approvals())
    if as_json:
        return print_json(list[ApprovalView], rows)
    return print_table(approval_columns(face.now()), rows, empty="nothing waits for approval")


def approval_columns(now: datetime) -> list[Column]:
    return [
        Column("ASKED", lambda row: age(row.asked_at, now), right=True),
        Column("EXPIRES", lambda row: within(row.expires_at, now), right=True),
        Column("SUBJECT", lambda row: row.name, least=16),
        Column("SITE", lambda row: row.site, drop=4),
        Column("RUNG", lambda row: row.rung),
        Column("WHAT", lambda row: f"{row.what} through {row.path}" if row.path else row.what),
        Column("WHY", lambda row: row.why, least=20),
        Column("ELSE", lambda row: row.then, drop=5),
        Column("ID", lambda row: short_id(row.issue)),
    ]


@click.command("repairs")
@since_option
@click.option("--each", is_flag=True, help="Every rung, family and site together.")
@json_option
@pass_face
def repairs(face: Face, since: datetime, each: bool, as_json: bool) -> None:
    """Say how often power cycles were tried, and what came of them, by rung, family and site."""
    view = face.ask(lambda desk: desk.repairs(since))
    if as_json:
        return print_json(RepairsView, view)
    if not view.everything.tried:
        return tell(f"nothing was tried since {view.since:%Y-%m-%d %H:%M %Z}", err=True)
    if each:
        keys = [("RUNG", rung_of), ("FAMILY", family_of), ("SITE", site_of)]
        print_table(repair_columns(keys), (*view.each, view.everything), empty="")
        return None
    for head, key, rows in (
        ("RUNG", rung_of, view.by_rung),
        ("FAMILY", family_of, view.by_family),
        ("SITE", site_of, view.by_site),
    ):
        print_table(repair_columns([(head, key)]), (*rows, view.everything), empty="")
        tell("")
    return tell("MEDIAN is the time from the command to the proof, of those that fixed it.")


def rung_of(row: RepairView) -> str:
    return row.rung or "all"


def family_of(row: RepairView) -> str:
    return row.family or "all"


def site_of(row: RepairView) -> str:
    return row.site or "all"


def repair_columns(keys: Sequence[tuple[str, Callable[[RepairView], str]]]) -> list[Column]:
    def number(head: str, name: str) -> Column:
        return Column(head, lambda row: str(getattr(row, name)), right=True)

    return [
        *(Column(head, key, least=8) for head, key in keys),
        number("TRIED", "tried"),
        number("FIXED", "fixed"),
        number("SICK", "rebooted_sick"),
        number("NOT REBOOTED", "not_rebooted"),
        number("UNKNOWN", "unknown"),
        number("OPEN", "without"),
        Column("MEDIAN", median_of, right=True),
    ]


def median_of(row: RepairView) -> str:
    return format_duration(timedelta(seconds=row.median_s)) if row.median_s is not None else "-"


@click.command("readiness")
@json_option
@pass_face
def readiness(face: Face, as_json: bool) -> None:
    """Say for how many nodes a power path is proven, and what to do about the others."""
    view = face.ask(lambda desk: desk.readiness())
    if as_json:
        return print_json(ReadinessView, view)
    days = round(timedelta(seconds=view.proven_within_s) / timedelta(days=1))
    tell(
        f"{view.proven} of {count(view.nodes, 'node')} ({view.share:.0%}) have a usable power path"
        f" that was proven within {days} days; {view.vouched} more have a person's word for it"
    )
    return print_table(unready_columns(), view.unready, empty="every node is ready")


@click.command("digest")
@json_option
@pass_face
def digest(face: Face, as_json: bool) -> None:
    """Print the operators' digest as it would be now; nothing is sent."""
    view = face.ask(lambda desk: desk.digest())
    if as_json:
        return print_json(DigestView, view)
    for line in view.lines:
        tell(line)
    if view.next is None:
        return tell("nobody is sent it: mail.operators or mail.digest is empty")
    return tell(f"the next one goes to {', '.join(view.readers)} {within(view.next, view.at)}")


def unready_columns() -> list[Column]:
    def detail(row: UnreadyView) -> str:
        return f"{row.what}: {row.detail}" if row.detail else row.what

    return [
        Column("NODE", lambda row: row.name, least=16),
        Column("SITE", lambda row: row.site, drop=3),
        Column("PATH", lambda row: row.path or "-", least=12, drop=2),
        Column("WHAT", detail, least=20),
        Column("TO DO", lambda row: row.to_do, least=24),
    ]


ANSWERING = (plan, approvals, repairs, readiness, digest)
