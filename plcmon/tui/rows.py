"""Rows: views in, cells out. Pure; knows widths and words, no widget and no clock."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from plcmon.operations.views import (
    ACTING,
    EventView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    SiteView,
)
from plcmon.times import format_duration
from plcmon.tui.look import (
    ASKS,
    BUSY,
    EVIDENCE,
    INTENT,
    MARKS,
    PUZZLE,
    STATUS,
    STILL,
    VERDICT,
    WELL,
    WORRY,
    Level,
    Look,
    look_of,
)

MINUTE = timedelta(minutes=1)
MANY_DAYS = 100  # from here on hours say nothing
RowView = IssueView | NodeView | SiteView | PcuView | IntentView | EventView


class Cell(NamedTuple):
    """A piece of text and how worried to be about it (a word of look.TONES)."""

    text: str
    tone: str = "plain"


def age(since: datetime | None, now: datetime) -> str:
    """How long ago; nothing finer than a minute, so that it changes seldom."""
    if since is None:
        return ""
    passed = now - since
    if passed < MINUTE:
        return "<1m"
    return f"{passed.days}d" if passed.days >= MANY_DAYS else format_duration(passed)


def ahead(at: datetime | None, now: datetime) -> str:
    """How long until, minutes rounded as in the service's sentences; `due` once it is past."""
    if at is None:
        return ""
    if at <= now:
        return "due"
    return f"in {age(now, at if at - now < MINUTE else at + MINUTE / 2)}"


def words(name: str) -> str:
    """A type's or verdict's name as people read it."""
    return name.replace("_", " ")


def glyph_and_word(look: Look, word: str, *, plain: bool, tone: str = "") -> Cell:
    """Both together: either must suffice. ASCII glyphs may take two cells, so all do."""
    glyph = f"{look.ascii:<2}" if plain else look.glyph
    return Cell(f"{glyph} {word}", tone or look.tone)


def issue_look(issue: IssueView) -> Look:
    if issue.status == "paused":
        return STILL
    if issue.proposal:
        return ASKS
    if issue.verdict == "unknown" and issue.held_by:
        return PUZZLE
    return WORRY.get(issue.worry, WELL)


def next_step(issue: IssueView, now: datetime) -> Cell:
    """What happens next, in two or three words."""
    if issue.status == "closed":
        return Cell(issue.cause or "closed", "muted")
    if issue.status == "paused":
        until = f" {age(now, issue.paused_until)}" if issue.paused_until else ""
        return Cell(f"paused{until}", "muted")
    if issue.proposal:
        return Cell(f"approve {issue.next_rung}?", "accent")
    if issue.held_by == ACTING:
        unknown = issue.verdict == "unknown"
        return Cell("outcome unknown", "warning") if unknown else Cell("acting", "accent")
    if issue.held_by:
        return Cell(f"held: {issue.held_by}", "warning")
    if not issue.next_rung:
        return Cell("ladder's end", "muted")
    return Cell(f"{issue.next_rung} {ahead(issue.next_at, now)}".rstrip())


def rung(issue: IssueView) -> Cell:
    """Where it stands on its ladder; a shadow rung is one that observe only thought of."""
    if issue.rung:
        return Cell(f"{issue.rung_number}/{issue.rungs} {issue.rung}")
    if issue.shadow:
        return Cell(f"would {issue.shadow}", "muted")
    return Cell(f"0/{issue.rungs}", "muted")


def issue_cells(issue: IssueView, now: datetime, *, plain: bool = False) -> tuple[Cell, ...]:
    look = issue_look(issue)
    return (
        glyph_and_word(look, words(issue.type), plain=plain),
        Cell(issue.name, "strong" if look.level is Level.BAD else "plain"),
        Cell(issue.site),
        Cell(age(issue.bad_since, now)),
        rung(issue),
        next_step(issue, now),
        Cell(issue.why, "muted"),
    )


def shows(node: NodeView) -> Cell:
    """What was observed, or why that is no evidence just now."""
    look = look_of(EVIDENCE, node.evidence)
    if node.evidence == "fresh":
        return Cell(node.observed, "muted")
    return Cell(node.evidence, look.tone)


def node_cells(node: NodeView, now: datetime, *, plain: bool = False) -> tuple[Cell, ...]:
    look = look_of(STATUS, node.status)
    tone = (
        "faint" if node.evidence in ("stale", "blind") and look.level is Level.WELL else look.tone
    )
    worst = min((look_of(MARKS, mark) for mark in node.marks), key=level, default=WELL)
    return (
        glyph_and_word(look, node.status, plain=plain, tone=tone),
        Cell(node.name, "strong" if look.level < Level.UNSURE else "plain"),
        Cell(node.site),
        Cell(age(node.since, now)),
        shows(node),
        Cell(" ".join(node.marks), worst.tone),
        Cell(node.power, "muted"),
        Cell(node.why, "muted"),
    )


def level(look: Look) -> Level:
    return look.level


def site_cells(site: SiteView, now: datetime, *, plain: bool = False) -> tuple[Cell, ...]:
    look = look_of(STATUS, site.status)
    return (
        glyph_and_word(look, site.status, plain=plain),
        Cell(site.key, "strong"),
        Cell(site.name),
        Cell(age(site.since, now)),
        Cell(f"{site.up}/{site.nodes}", "error" if site.up < site.needed else "plain"),
        Cell(str(site.needed), "muted"),
        Cell(str(site.pcus), "muted"),
        Cell(str(len(site.issues)) if site.issues else "", "warning"),
        Cell(", ".join(site.contacts), "muted"),
        Cell(site.why, "muted"),
    )


def pcu_cells(pcu: PcuView, now: datetime, *, plain: bool = False) -> tuple[Cell, ...]:
    look = look_of(STATUS, pcu.status)
    return (
        glyph_and_word(look, pcu.status, plain=plain),
        Cell(pcu.name, "strong"),
        Cell(pcu.site),
        Cell(pcu.family, "muted"),
        Cell(pcu.finding, "plain" if pcu.finding in ("ok", "") else "warning"),
        Cell(age(pcu.tested_at, now)),
        Cell(str(len(pcu.nodes)), "muted"),
        Cell(pcu.address, "muted"),
        Cell(pcu.detail or pcu.why, "muted"),
    )


def intent_cells(intent: IntentView, now: datetime, *, plain: bool = False) -> tuple[Cell, ...]:
    look = look_of(INTENT, intent.state)
    verdict = look_of(VERDICT, intent.verdict).tone if intent.verdict else "muted"
    return (
        glyph_and_word(look, intent.state, plain=plain),
        Cell(intent.kind, "strong"),
        Cell(intent.name),
        Cell(intent.site),
        Cell(age(intent.planned_at, now)),
        Cell(intent.stage, BUSY.tone if intent.state == "sent" else "muted"),
        Cell(words(intent.verdict), verdict),
        Cell(intent.actor, "muted"),
        Cell(intent.detail or intent.reason, "muted"),
    )


def event_cells(event: EventView, now: datetime, *, plain: bool = False) -> tuple[Cell, ...]:
    today = event.at.date() == now.date()
    return (
        Cell(f"{event.at:%H:%M:%S}" if today else f"{event.at:%m-%d %H:%M:%S}", "muted"),
        Cell(spaced(event.kind), "muted"),
        Cell(event.name or event.subject),
        Cell(event.text),
    )


def spaced(kind: str) -> str:
    """`StatusChanged` as `status changed`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()
