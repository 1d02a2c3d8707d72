"""Showing commands: rows, one thing, why, since, events."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from difflib import get_close_matches
from typing import Any, cast

import click

from plcmon.cli.columns import (
    gate_columns,
    issue_columns,
    next_of,
    node_columns,
    nothing,
    pcu_columns,
    site_columns,
)
from plcmon.cli.face import Face, json_option, pass_face, print_facts, print_json, print_table
from plcmon.cli.tell import tell
from plcmon.cli.when import parse_since
from plcmon.errors import NotFoundError
from plcmon.operations.desk import Desk
from plcmon.operations.phrases import age, ago, lasting
from plcmon.operations.views import (
    EventView,
    HandoverView,
    IssueView,
    NodeView,
    PcuView,
    SiteView,
    WhyView,
)

match_argument = click.argument("match", default="")


@click.command("nodes")
@match_argument
@json_option
@pass_face
def nodes(face: Face, match: str, as_json: bool) -> None:
    """List nodes whose name, key, site, status or label contains MATCH."""
    rows = face.ask(lambda desk: desk.nodes(match))
    if as_json:
        return print_json(list[NodeView], rows)
    return print_table(node_columns(face.now()), rows, empty=nothing("node", match))


@click.command("pcus")
@match_argument
@json_option
@pass_face
def pcus(face: Face, match: str, as_json: bool) -> None:
    """List power control units."""
    rows = face.ask(lambda desk: desk.pcus(match))
    if as_json:
        return print_json(list[PcuView], rows)
    return print_table(pcu_columns(face.now()), rows, empty=nothing("PCU", match))


@click.command("sites")
@match_argument
@json_option
@pass_face
def sites(face: Face, match: str, as_json: bool) -> None:
    """List sites."""
    rows = face.ask(lambda desk: desk.sites(match))
    if as_json:
        return print_json(list[SiteView], rows)
    return print_table(site_columns(face.now()), rows, empty=nothing("site", match))


@click.command("issues")
@match_argument
@click.option("--closed", is_flag=True, help="Closed ones too.")
@json_option
@pass_face
def issues(face: Face, match: str, closed: bool, as_json: bool) -> None:
    """List open issues: what needs somebody."""
    rows = face.ask(lambda desk: desk.issues(match, closed=closed))
    if as_json:
        return print_json(list[IssueView], rows)
    rows = sorted(rows, key=lambda issue: (issue.worry, issue.opened_at))
    return print_table(issue_columns(face.now()), rows, empty=nothing("open issue", match))


@click.command("node")
@click.argument("name")
@json_option
@pass_face
def node(face: Face, name: str, as_json: bool) -> None:
    """Show one node: everything that is known of it."""
    row = face.ask(lambda desk: one(desk.nodes, name, "node"))
    if as_json:
        return print_json(NodeView, row)
    now = face.now()
    return print_facts(
        [
            ("node", f"{row.name} ({row.key})"),
            ("site", row.site),
            ("addresses", ", ".join(row.addresses)),
            ("status", f"{row.status}{lasting(row.since, now)}"),
            ("why", row.why),
            ("observed", f"{row.observed}, evidence {row.evidence}"),
            ("marks", ", ".join(row.marks)),
            ("last seen", ago(row.seen_at, now)),
            ("detail", row.detail),
            ("desired", row.desired),
            ("booted", f"{ago(row.booted_at, now)}, boot id {row.boot_id or 'unknown'}"),
            ("power", row.power or "no power path"),
            ("issues", ", ".join(row.issues)),
        ]
    )


def show_pcu(face: Face, name: str, as_json: bool) -> None:
    row = face.ask(lambda desk: one(desk.pcus, name, "PCU"))
    if as_json:
        return print_json(PcuView, row)
    now = face.now()
    return print_facts(
        [
            ("pcu", f"{row.name} ({row.key})"),
            ("site", row.site),
            ("family", row.family),
            ("address", row.address),
            ("status", f"{row.status}{lasting(row.since, now)}"),
            ("why", row.why),
            ("finding", row.finding),
            ("detail", row.detail),
            ("tested", f"{ago(row.tested_at, now)}, good {ago(row.tested_good_at, now)}"),
            *(("feeds", text) for text in row.nodes),
            ("issues", ", ".join(row.issues)),
        ]
    )


async def one(find: Callable[[str], Any], name: str, what: str) -> Any:
    """The row called `name`, by key, id, name or first label. Raises NotFoundError.

    Never a row that is merely like it: who reads of n60 must have asked for n60.
    """
    rows: Sequence[NodeView | PcuView] = await find(name)
    exact = [row for row in rows if name in names_of(row)]
    if len(exact) == 1:
        return exact[0]
    if exact:
        several = ", ".join(f"{row.name} ({row.key})" for row in exact[:5])
        raise NotFoundError(name, f"looking for one {what}", f"several are called so: {several}")
    if len(rows) > 1:
        several = ", ".join(row.name for row in rows[:5])
        raise NotFoundError(name, f"looking for one {what}", f"several match: {several}")
    known = {short: row.name for row in rows or await find("") for short in names_of(row)}
    close = get_close_matches(name, list(known), n=3, cutoff=0.5)
    near = dict.fromkeys([known[word] for word in close] or [row.name for row in rows])
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise NotFoundError(name, f"looking for a {what}", f"none is called so{hint}")


def names_of(row: NodeView | PcuView) -> set[str]:
    return {row.key, row.key.partition(":")[2], row.name, row.name.split(".", 1)[0]}


@click.command("issue")
@click.argument("name")
@json_option
@pass_face
def issue(face: Face, name: str, as_json: bool) -> None:
    """Show one issue, by its id or by what it is about."""
    row = face.ask(lambda desk: one_issue(desk, name))
    if as_json:
        return print_json(IssueView, row)
    now = face.now()
    return print_facts(
        [
            ("issue", row.id),
            ("type", row.type),
            ("about", f"{row.name} ({row.subject}), site {row.site or '-'}"),
            ("status", row.status),
            ("found", row.summary),
            ("open", f"{age(row.opened_at, now)}, bad since {ago(row.bad_since, now)}"),
            ("rung", f"{row.rung_number} of {row.rungs}: {row.rung or 'none taken'}"),
            ("shadow", row.shadow and f"observe would have taken {row.shadow}"),
            ("next", next_of(row, now)),
            ("mode", row.mode),
            ("held by", row.held_by),
            ("why", row.why),
            ("verdict", row.verdict),
            ("closed", closing(row, now)),
        ]
    )


def closing(issue: IssueView, now: datetime) -> str:
    if issue.closed_at is None:
        return ""
    return f"{ago(issue.closed_at, now)}: {issue.cause}, by {issue.closer}"


async def one_issue(desk: Desk, name: str) -> IssueView:
    rows = await desk.issues(name) or await desk.issues(name, closed=True)
    exact = [row for row in rows if row.id == name] or rows
    if len(exact) == 1:
        return exact[0]
    if exact:
        several = ", ".join(f"{row.id} ({row.type} {row.name})" for row in exact[:5])
        raise NotFoundError(name, "looking for one issue", f"several match: {several}")
    raise NotFoundError(name, "looking for an issue", "there is none; `plcmon issues` lists them")


@click.command("why")
@click.argument("subject")
@click.option("--at", "time", default="", help="As it was then: 03:00, 2h or 2026-03-14 18:00.")
@json_option
@pass_face
def why(face: Face, subject: str, time: str, as_json: bool) -> None:
    """Say why something is as it is: every gate, and what would open it."""
    try:
        at = parse_since(time, face.now()) if time else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    view = face.ask(lambda desk: desk.why(subject, at))
    if as_json:
        return print_json(WhyView, view)
    now = view.at or face.now()
    if view.at is not None:
        tell(f"as of {view.at.astimezone(face.now().tzinfo):%Y-%m-%d %H:%M:%S %Z}: {view.remark}")
    tell(f"{view.name} ({view.subject}): {view.sentence}")
    print_section("facts", view.facts)
    print_section("thresholds", view.thresholds)
    if view.rung:
        tell(f"\nrung: {view.rung}")
    if view.gates:
        print_table(gate_columns(now), view.gates, empty="")
    print_section("to unblock", view.unblock)
    if view.next:
        tell(f"\nnext: {view.next}")
    print_section("lately", view.lately)
    return print_section("history", view.history)


def print_section(head: str, lines: Sequence[str]) -> None:
    if lines:
        tell(f"\n{head}:")
        for line in lines:
            tell(f"  {line}")


@click.command("since")
@click.argument("time")
@json_option
@pass_face
def since(face: Face, time: str, as_json: bool) -> None:
    """Hand over: what happened since TIME (18:00, 2h, 2026-03-14 18:00)."""
    try:
        start = parse_since(time, face.now())
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    view = face.ask(lambda desk: desk.since(start))
    if as_json:
        return print_json(HandoverView, view)
    tell(f"since {view.since:%Y-%m-%d %H:%M %Z} until {view.until:%Y-%m-%d %H:%M %Z}")
    for head in ("done", "healed", "worse", "held", "waiting"):
        lines = cast("tuple[str, ...]", getattr(view, head))
        title = "waiting for me" if head == "waiting" else head
        print_section(f"{title}, {len(lines)}", lines or ("nothing",))
    return None


@click.command("events")
@click.option("--after", default=0, help="Only events with a greater number.")
@click.option("--limit", default=100, show_default=True, help="How many.")
@click.option("--follow", is_flag=True, help="Go on as they come.")
@json_option
@pass_face
def events(face: Face, after: int, limit: int, follow: bool, as_json: bool) -> None:
    """Print the story, oldest first; with --json one event a line."""

    def print_event(event: EventView) -> None:
        if as_json:
            return print_json(EventView, event)
        at = event.at.astimezone(face.now().tzinfo)
        return tell(f"{event.seq} {at:%Y-%m-%d %H:%M:%S} {event.name or '-'}: {event.text}")

    async def reading(desk: Desk) -> None:
        seen = after
        for event in await desk.events(after, limit=limit):
            print_event(event)
            seen = event.seq
        if follow:
            async with aclosing(cast("Any", desk.watch(seen))) as news:
                async for event in news:
                    print_event(event)

    try:
        face.ask(reading)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return


SHOWING = (nodes, node, pcus, sites, issues, issue, why, since, events)
