"""Pages: everything known of one thing, as lines. Pure: views and a time in, prose out."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from functools import singledispatch
from typing import Any

from plcmon.operations.views import (
    EventView,
    GateView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    SiteView,
    WhyView,
)
from plcmon.tui import look
from plcmon.tui.columns import clip
from plcmon.tui.look import look_of
from plcmon.tui.prose import MARGIN, Line, bullets, heading, pairs, paragraph
from plcmon.tui.rows import Cell, age, ahead, next_step, rung, spaced, words

LEVELS = ("0, none", "1, no new slices", "2, slices suspended")
GATE_NAME = 14  # cells; the longest gate name is 13


def when(at: datetime | None, now: datetime) -> str:
    """An instant with its distance."""
    if at is None:
        return ""
    distance = ahead(at, now) if at > now else f"{age(at, now)} ago"
    return f"{at:%Y-%m-%d %H:%M} UTC, {distance}"


def why_page(why: WhyView, now: datetime, width: int, *, plain: bool = False) -> Iterator[Line]:
    """Every gate, what would unblock it, what happens next."""
    dot = "-" if plain else "·"
    if why.at is not None:
        yield from paragraph(
            f"As of {why.at:%Y-%m-%d %H:%M} UTC. {why.remark}", width, tone="accent"
        )
    yield from paragraph(why.sentence, width, tone="strong")
    if why.issue is not None:
        yield from _issue_line(why.issue, now, width)
    if why.facts:
        yield from heading("facts")
        yield from bullets(why.facts, width, dot=dot)
    if why.thresholds:
        yield from heading("thresholds")
        yield from bullets(why.thresholds, width, dot=dot)
    if why.gates:
        yield from heading(f"gates before {why.rung}" if why.rung else "gates")
        for gate in why.gates:
            yield from _gate(gate, now, width, plain=plain)
    if why.unblock:
        yield from heading("what would unblock it")
        yield from bullets(why.unblock, width, dot=dot)
    yield from heading("what happens next")
    yield from paragraph(why.next or "nothing is planned", width)
    if why.lately:
        yield from heading("done and not done")
        yield from bullets(why.lately, width, dot=dot)
    if why.history:
        yield from heading("lately")
        yield from bullets(why.history, width, tone="muted", dot=dot)


def _issue_line(issue: IssueView, now: datetime, width: int) -> Iterator[Line]:
    stands, step = rung(issue).text, next_step(issue, now).text
    bad = age(issue.bad_since, now)
    text = f"{words(issue.type)}, bad for {bad}, rung {stands}, next: {step}, mode {issue.mode}"
    yield from paragraph(text, width, tone="muted")


def _gate(gate: GateView, now: datetime, width: int, *, plain: bool) -> Iterator[Line]:
    shown = look_of(look.GATE, gate.answer)
    lead = [
        Cell(f"{shown.mark(plain=plain)} {gate.answer:<5} ", shown.tone),
        Cell(clip(gate.name, GATE_NAME), "plain" if gate.answer == "pass" else "strong"),
    ]
    tail = [gate.fact]
    if gate.distance:
        tail.append(f"({gate.distance})")
    if gate.clears_at is not None and gate.answer != "pass":
        tail.append(f"clears {ahead(gate.clears_at, now)}")
    if gate.at is not None:
        tail.append(f"[{age(gate.at, now)}]")
    tone = "muted" if gate.answer == "pass" else "plain"
    yield from paragraph(" ".join(tail), width, tone=tone, lead=lead)


def journal_page(
    events: Iterable[EventView], now: datetime, width: int, *, plain: bool = False
) -> Iterator[Line]:
    """What happened, newest first."""
    empty = True
    for event in sorted(events, key=lambda e: e.seq, reverse=True):
        empty = False
        lead = [
            Cell(f"{event.at:%m-%d %H:%M:%S}  ", "muted"),
            Cell(clip(spaced(event.kind), 16, plain=plain), "muted"),
            Cell("  "),
        ]
        yield from paragraph(event.text, width, lead=lead)
    if empty:
        yield from paragraph(f"Nothing is known of it before {now:%H:%M} UTC.", width, tone="muted")


QUIET = frozenset({"IntentClaimed", "IntentEnded"})  # IntentChanged says the same beside them


def progress_page(
    view: IntentView | None,
    events: Iterable[EventView],
    now: datetime,
    width: int,
    *,
    plain: bool = False,
) -> Iterator[Line]:
    """An action as it goes: every step so far, then everything known. None: not heard of yet."""
    if view is not None:
        shown = look_of(look.INTENT, view.state)
        word = words(view.verdict) or view.stage or view.state
        lead = [Cell(f"{shown.mark(plain=plain)} {word}: ", shown.tone)]
        text = f"{view.kind} of {view.name} by {view.actor}"
        yield from paragraph(f"{text}, {view.reason}", width, lead=lead)
    yield from heading("as it went")
    empty = True
    for event in sorted(events, key=lambda e: e.seq):
        if event.kind not in QUIET:
            empty = False
            yield from paragraph(event.text, width, lead=[Cell(f"{event.at:%H:%M:%S}  ", "muted")])
    if empty:
        yield from paragraph("Its steps are not known here.", width, tone="muted")
    if view is not None:
        yield from _action(view, now, width)


def json_page(view: Any) -> Iterator[Line]:
    """A row as the API gives it."""
    for line in json.dumps(asdict(view), indent=2, default=_plain, ensure_ascii=False).splitlines():
        yield [Cell(" " * MARGIN), Cell(line)]


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@singledispatch
def describe(view: Any, now: datetime, width: int) -> Iterator[Line]:
    """Everything known of a row."""
    raise TypeError(f"nothing describes a {type(view).__name__}")


@describe.register
def _(view: NodeView, now: datetime, width: int) -> Iterator[Line]:
    shown = look_of(look.STATUS, view.status)
    yield from paragraph(view.why, width, tone="strong")
    yield from heading("node")
    yield from pairs(
        (
            ("status", Cell(view.status, shown.tone)),
            ("since", Cell(when(view.since, now))),
            ("shows", Cell(view.observed)),
            ("evidence", Cell(view.evidence, look_of(look.EVIDENCE, view.evidence).tone)),
            ("marks", Cell(", ".join(view.marks), "warning")),
            ("last seen", Cell(view.detail)),
            ("answered", Cell(when(view.seen_at, now) or "never")),
            ("wanted", Cell(view.desired)),
        ),
        width,
    )
    yield from heading("machine")
    yield from pairs(
        (
            ("site", Cell(view.site)),
            ("addresses", Cell(", ".join(view.addresses))),
            ("power path", Cell(view.power or "none: nothing can cut its power")),
            ("booted", Cell(when(view.booted_at, now))),
            ("boot id", Cell(view.boot_id)),
            ("key", Cell(view.key, "muted")),
        ),
        width,
    )


@describe.register
def _(view: IssueView, now: datetime, width: int) -> Iterator[Line]:
    stands, step = rung(view), next_step(view, now)
    yield from paragraph(view.why, width, tone="strong")
    yield from heading("issue")
    yield from pairs(
        (
            ("type", Cell(words(view.type))),
            ("found", Cell(view.summary)),
            ("status", Cell(view.status)),
            ("opened", Cell(when(view.opened_at, now))),
            ("bad since", Cell(when(view.bad_since, now))),
            ("paused until", Cell(when(view.paused_until, now))),
            ("site", Cell(view.site)),
            ("cause", Cell(view.cause)),
        ),
        width,
    )
    yield from heading("ladder")
    yield from pairs(
        (
            ("rung", stands),
            ("taken", Cell(when(view.rung_at, now))),
            ("next", step),
            ("next at", Cell(when(view.next_at, now))),
            ("mode", Cell(view.mode)),
            ("held by", Cell(view.held_by, "warning")),
            ("observe would", Cell(view.shadow, "muted")),
            ("verdict", Cell(words(view.verdict), look_of(look.VERDICT, view.verdict).tone)),
            ("id", Cell(view.id, "muted")),
        ),
        width,
    )


@describe.register
def _(view: SiteView, now: datetime, width: int) -> Iterator[Line]:
    shown = look_of(look.STATUS, view.status)
    yield from paragraph(view.why, width, tone="strong")
    yield from heading("site")
    yield from pairs(
        (
            ("name", Cell(view.name)),
            ("status", Cell(view.status, shown.tone)),
            ("since", Cell(when(view.since, now))),
            ("nodes up", Cell(f"{view.up} of {view.nodes}, {view.needed} needed")),
            ("PCUs", Cell(str(view.pcus))),
            ("contacts", Cell(", ".join(view.contacts) or "nobody")),
            ("open issues", Cell(str(len(view.issues)))),
            ("penalty", Cell(LEVELS[view.penalty], "warning" if view.penalty else "plain")),
            ("in force", Cell(when(view.penalty_since, now))),
            ("claims", Cell("; ".join(view.claims) or "none")),
            ("what lifts it", Cell(view.lifts)),
            ("replied, until", Cell(when(view.reply_until, now))),
        ),
        width,
    )


@describe.register
def _(view: PcuView, now: datetime, width: int) -> Iterator[Line]:
    shown = look_of(look.STATUS, view.status)
    yield from paragraph(view.why, width, tone="strong")
    yield from heading("power control unit")
    yield from pairs(
        (
            ("status", Cell(view.status, shown.tone)),
            ("since", Cell(when(view.since, now))),
            ("family", Cell(view.family)),
            ("address", Cell(view.address)),
            ("site", Cell(view.site)),
            ("last test", Cell(f"{view.finding}: {view.detail}" if view.finding else "none")),
            ("tested", Cell(when(view.tested_at, now))),
            ("tested good", Cell(when(view.tested_good_at, now))),
        ),
        width,
    )
    yield from heading("outlets")
    yield from bullets(view.nodes or ("none is known",), width, dot="-")


@describe.register
def _(view: IntentView, now: datetime, width: int) -> Iterator[Line]:
    yield from paragraph(f"{view.kind} {view.name}", width, tone="strong")
    yield from paragraph(view.reason, width)
    yield from _action(view, now, width)


def _action(view: IntentView, now: datetime, width: int) -> Iterator[Line]:
    shown = look_of(look.INTENT, view.state)
    yield from heading("action")
    yield from pairs(
        (
            ("state", Cell(view.state, shown.tone)),
            ("stage", Cell(view.stage)),
            ("outcome", Cell(view.outcome)),
            ("verdict", Cell(words(view.verdict), look_of(look.VERDICT, view.verdict).tone)),
            ("detail", Cell(view.detail)),
            ("through", Cell(view.path)),
            ("asked by", Cell(view.actor)),
            ("rung", Cell(view.rung)),
            ("planned", Cell(when(view.planned_at, now))),
            ("sent", Cell(when(view.sent_at, now))),
            ("so since", Cell(when(view.state_at, now))),
            ("id", Cell(view.id, "muted")),
        ),
        width,
    )
    if view.commands:
        yield from heading("commands")
        yield from bullets(view.commands, width, dot="-")


@describe.register
def _(view: EventView, now: datetime, width: int) -> Iterator[Line]:
    yield from paragraph(view.text, width, tone="strong")
    yield from heading("event")
    yield from pairs(
        (
            ("at", Cell(when(view.at, now))),
            ("kind", Cell(spaced(view.kind))),
            ("about", Cell(f"{view.name} ({view.subject})" if view.name else view.subject)),
            ("number", Cell(str(view.seq))),
        ),
        width,
    )
    if view.body:
        yield from heading("as it was written down")
        yield from pairs(((name, Cell(str(value))) for name, value in view.body.items()), width)
