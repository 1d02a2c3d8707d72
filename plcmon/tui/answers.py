"""Pages that answer a question: the plan, the repairs, the readiness, what was. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from plcmon.operations.is_it_us_words import (
    canary_line,
    cluster_name,
    cluster_note,
    down_line,
    health_line,
    percent_of,
    shown_clusters,
    source_note,
    unexplained_line,
    witness_note,
)
from plcmon.operations.phrases import age, percent
from plcmon.operations.reports import (
    AvailabilityRow,
    AvailabilityView,
    ClusterView,
    HistoryView,
    IsItUsView,
    ReadinessView,
    ReadingLine,
    RepairsView,
    RepairView,
)
from plcmon.operations.views import PlanLine, PlanView
from plcmon.times import format_duration
from plcmon.tui import look
from plcmon.tui.columns import clip
from plcmon.tui.look import look_of
from plcmon.tui.prose import MARGIN, Line, bullets, heading, pairs, paragraph
from plcmon.tui.rows import Cell, words
from plcmon.tui.rows import age as coarse_age

NUMBERS = ("tried", "fixed", "sick", "not rebooted", "unknown", "open", "median")
KEY = 18  # cells of a rung, family or site
NAME = 34  # cells of whatever availability is added up by
KEY_LEAST = 12  # cells that a key keeps on a short line
ROOMY, VALUE = 14, 5  # cells of a number where there is room, and at least


def plan_page(plan: PlanView, width: int) -> Iterator[Line]:
    """Line by line, by day."""
    yield from paragraph(plan.assumed, width, tone="muted")
    day = ""
    for line in plan.lines:
        if f"{line.at:%Y-%m-%d}" != day:
            day = f"{line.at:%Y-%m-%d}"
            yield from heading(f"{day} UTC")
        yield from plan_line(line, width)
    if not plan.lines:
        yield from paragraph("Nothing would happen.", width)
    if plan.left_out or plan.cut:
        yield from paragraph("There would be more than is shown here.", width, tone="warning")


def plan_line(line: PlanLine, width: int) -> Iterator[Line]:
    lead = [Cell(f"{line.at:%H:%M}  ", "muted"), Cell(f"{line.name}  ", "strong")]
    about = " ".join(part for part in (words(line.issue), line.rung) if part)
    held = f" ({': '.join(filter(None, (line.held_by, line.fact)))})" if line.held_by else ""
    text = f"{about}: {line.what}{held}" if about else f"{line.what}{held}"
    tone = "warning" if line.held_by else "plain"
    yield from paragraph(text, width, tone=tone, lead=lead)


def repairs_page(view: RepairsView, width: int) -> Iterator[Line]:
    """What was tried and what came of it, by rung, family and site."""
    since = f"Power cycles since {view.since:%Y-%m-%d %H:%M} UTC, and what came of them."
    yield from paragraph(since, width, tone="strong")
    for head, rows in (
        ("by rung", view.by_rung),
        ("by family", view.by_family),
        ("by site", view.by_site),
    ):
        yield from heading(head)
        yield from repair_table((*rows, view.everything), width)
    yield from paragraph("Median: from the command to the proof, of those that fixed it.", width)


def repair_table(rows: Iterable[RepairView], width: int) -> Iterator[Line]:
    keyed = ((row.rung or row.family or row.site or "all", numbers(row)) for row in rows)
    yield from table(NUMBERS, keyed, KEY, width)


def numbers(row: RepairView) -> tuple[str, ...]:
    counts = (row.tried, row.fixed, row.rebooted_sick, row.not_rebooted, row.unknown, row.without)
    median = "-" if row.median_s is None else format_duration(timedelta(seconds=row.median_s))
    return (*(str(count) for count in counts), median)


def table(
    heads: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], most: int, width: int
) -> Iterator[Line]:
    """A key of at most `most` cells and numbers behind it, the last left out on a short line."""
    cells = [ROOMY] * len(heads)
    if most + sum(cells) > width:
        cells = [max(len(head), VALUE) + 2 for head in heads]
    while len(cells) > 1 and KEY_LEAST + sum(cells) > width:
        cells.pop()
    key = min(most, max(KEY_LEAST, width - sum(cells)))
    yield [Cell(" " * MARGIN), Cell(" " * key + aligned(heads, cells), "muted")]
    for name, values in rows:
        yield [Cell(" " * MARGIN), Cell(clip(name, key)), Cell(aligned(values, cells))]


def aligned(texts: Sequence[str], cells: Sequence[int]) -> str:
    return "".join(f"{text:>{size}}" for text, size in zip(texts, cells, strict=False))


def readiness_page(view: ReadinessView, width: int, *, plain: bool = False) -> Iterator[Line]:
    """The share that is proven, and the others by what is wrong."""
    days = round(view.proven_within_s / timedelta(days=1).total_seconds())
    text = (
        f"{view.proven} of {view.nodes} nodes ({view.share:.0%}) have a usable power path that was"
        f" proven within {days} days; {view.vouched} more have a person's word for it."
    )
    yield from paragraph(text, width, tone="strong")
    dot = "-" if plain else "·"
    for what in dict.fromkeys(row.what for row in view.unready):
        rows = [row for row in view.unready if row.what == what]
        yield from heading(f"{what}, {len(rows)}")
        yield from paragraph(f"To do: {rows[0].to_do}.", width, tone="muted")
        lines = [f"{r.name}: {r.detail}" if r.detail else r.name for r in rows]
        yield from bullets(lines, width, dot=dot)


def history_page(view: HistoryView, width: int) -> Iterator[Line]:
    """Runs and deeds by day, the latest last; a run says how long it was."""
    yield from paragraph(share(view.availability), width, tone="strong")
    if view.recorded_since is not None and view.recorded_since > view.since:
        text = f"What was before {view.recorded_since:%Y-%m-%d %H:%M} UTC is not recorded."
        yield from paragraph(text, width, tone="muted")
    day = ""
    for line in view.lines:
        if f"{line.at:%Y-%m-%d}" != day:
            day = f"{line.at:%Y-%m-%d}"
            yield from heading(f"{day} UTC")
        lasted = "" if line.lasted_s is None else format_duration(timedelta(seconds=line.lasted_s))
        lead = [Cell(f"{line.at:%H:%M}  {lasted:>8}  ", "muted")]
        tone = "plain" if line.observed else "muted"
        yield from paragraph(line.text, width, tone=tone, lead=lead)
    if not view.lines:
        yield from paragraph("Nothing is recorded of that time.", width)
    yield from raw_readings(view.readings, width)


def raw_readings(readings: Sequence[ReadingLine], width: int) -> Iterator[Line]:
    """What is kept of single answers, the latest last; numbers first, so that they compare."""
    if not readings:
        return
    yield from heading("raw readings, utc")
    for line in readings:
        lead = [Cell(f"{line.at:%m-%d %H:%M:%S}  {line.probe:<4} {took_and_lost(line)}  ", "muted")]
        yield from paragraph(line.text, width, lead=lead)


def took_and_lost(line: ReadingLine) -> str:
    """How long it took, and of a ping what was lost; always as wide."""
    loss = "" if line.loss is None else f"{line.loss:.0%} lost"
    return f"{line.took_ms:>8.1f} ms {loss:>9}"


def last_answers(view: HistoryView, now: datetime, width: int) -> Iterator[Line]:
    """The last kept answer to each probe, with its age."""
    latest = {line.probe: line for line in view.readings}
    if not latest:
        return
    yield from heading("last kept answers")
    said = ((line.probe, Cell(answer(line, now))) for line in latest.values())
    yield from pairs(said, width)


def answer(line: ReadingLine, now: datetime) -> str:
    lost = "" if line.loss is None else f", {line.loss:.0%} lost"
    took = f"{line.took_ms:.1f} ms{lost}" if line.took_ms else lost.removeprefix(", ")
    return "; ".join(text for text in (took, line.text, f"{coarse_age(line.at, now)} ago") if text)


def share(row: AvailabilityRow) -> str:
    if row.share is None:
        return "Nothing is known of that time."
    bad, unknown = (
        format_duration(timedelta(seconds=value)) for value in (row.bad_s, row.unknown_s)
    )
    return f"Up {percent(row.share)} of what is known; bad for {bad}, not known for {unknown}."


def availability_page(view: AvailabilityView, width: int) -> Iterator[Line]:
    """The worst first, and all together last."""
    span = f"{view.since:%Y-%m-%d %H:%M} to {view.until:%Y-%m-%d %H:%M} UTC, by {view.by}"
    yield from paragraph(span, width, tone="strong")
    yield []
    keyed = ((row.name or "all", shares(row)) for row in (*view.rows, view.total))
    yield from table(("nodes", "up", "known", "bad for"), keyed, NAME, width)
    yield from paragraph("Up is the share of what is known; gaps are neither good nor bad.", width)


VERDICT_TONES = {"us": "error", "not us": "strong", "can't tell": "warning"}
SEEN = 22  # cells of a source, a site or a canary
COMMON = 34  # cells of what nodes have in common


def is_it_us_page(view: IsItUsView, width: int, *, plain: bool = False) -> Iterator[Line]:
    """The verdict first, then what it rests on."""
    yield from paragraph(view.sentence, width, tone=VERDICT_TONES.get(view.verdict, "plain"))
    yield from heading("us")
    yield from paragraph(canary_line(view), width)
    for canary in view.canaries:
        mark = look_of(look.STATUS, "good" if canary.answers else "down")
        lead = [Cell(f"{mark.mark(plain=plain)} {clip(canary.address, SEEN):<{SEEN}}  ", mark.tone)]
        word = "answers" if canary.answers else "no answer"
        yield from paragraph(f"{word} for {age(canary.since, view.at)}", width, lead=lead)
    yield from paragraph(health_line(view), width, tone="warning" if view.unwell else "plain")
    yield from heading("down")
    yield from paragraph(down_line(view).removeprefix("down: "), width)
    if view.down:
        yield from seen_elsewhere(view, width)
        yield from in_common(view, width)


def seen_elsewhere(view: IsItUsView, width: int) -> Iterator[Line]:
    """What sources and witnesses say beside us."""
    yield from heading("what others see of it")
    for row in view.sources:
        lead = [Cell(f"{clip(row.name, SEEN):<{SEEN}}  ", "strong")]
        said = f"{row.up} up, {row.down} down, nothing of {row.unknown}"
        more = f", {row.down_there} down only there" if row.down_there else ""
        text = f"{said}{more}; {source_note(row, view)}"
        yield from paragraph(text, width, tone="warning" if row.up else "plain", lead=lead)
    if not view.sources:
        yield from paragraph("No source outside is configured.", width, tone="muted")
    yield from heading("witnesses")
    for site in view.witnesses:
        lead = [Cell(f"{clip(site.site, SEEN):<{SEEN}}  ", "strong")]
        text = f"{site.down} of {site.nodes} down; {witness_note(site, view)}"
        yield from paragraph(text, width, tone="plain", lead=lead)
    if view.sites > len(view.witnesses):
        left = view.sites - len(view.witnesses)
        yield from paragraph(f"And {left} more sites.", width, tone="muted")


def in_common(view: IsItUsView, width: int) -> Iterator[Line]:
    yield from heading("what they have in common")
    for row in shown_clusters(view):
        lead = [Cell(f"{clip(cluster_name(row), COMMON):<{COMMON}}  ", "strong")]
        yield from paragraph(cluster_text(row, view), width, lead=lead)
    yield from paragraph(unexplained_line(view), width)
    yield from paragraph(view.rule, width, tone="muted")


def cluster_text(row: ClusterView, view: IsItUsView) -> str:
    share = f"{row.down} of {row.nodes} ({percent_of(row.share)})"
    rest = "" if row.rest is None else f", {percent_of(row.rest)} of the rest"
    first = f"; first {age(row.first_at, view.at)} ago" if row.first_at else ""
    note = cluster_note(row)
    return f"{share}{rest}{first}" + (f"; {note}" if note else "")


def shares(row: AvailabilityRow) -> tuple[str, ...]:
    up = "-" if row.share is None else percent(row.share)
    bad = format_duration(timedelta(seconds=row.bad_s))
    return (str(row.nodes), up, percent(row.known), bad)
