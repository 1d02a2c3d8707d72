"""The header: counts that add up, what stands in the way, and what leaves a short line first."""

import re
from datetime import timedelta
from typing import Any

import pytest
from rich.cells import cell_len

from plcmon.errors import DeskError
from plcmon.tui.book import Book
from plcmon.tui.header import part, spread, state_line, tab_line
from plcmon.tui.rows import Cell
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import NOW

WIDTHS = (60, 80, 100, 120, 160)


async def a_book(role: str = "operator", **summary: Any) -> Book:
    desk = FakeDesk(role=role)
    desk.overrides = summary
    book = Book()
    book.load(await desk.view())
    return book


def text(line: list[Cell]) -> str:
    return "".join(cell.text for cell in line)


def tone(line: list[Cell], words: str) -> str:
    return next(cell.tone for cell in line if words in cell.text)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("plain", [False, True], ids=["unicode", "ascii"])
async def test_lines_are_exactly_as_wide_as_the_screen(width: int, plain: bool) -> None:
    book = await a_book()

    assert cell_len(text(state_line(book, NOW, width, plain=plain))) == width
    assert cell_len(text(tab_line(book, "issues", NOW, width, plain=plain))) == width


@pytest.mark.parametrize("width", WIDTHS)
async def test_counts_add_up_at_any_width(width: int) -> None:
    line = text(state_line(await a_book(), NOW, width))

    assert sum(int(n) for n in re.findall(r"[✖◐?●○] (\d+)", line)) == 43


async def test_wide_line_says_it_in_full() -> None:
    line = text(state_line(await a_book(), NOW, 170))

    assert line == (
        " plcmon   43 nodes  ✖ 4  ◐ 1  ? 1  ● 36  ○ 1" + " " * 21 + "1 to approve   1 acting   "
        "2 held   guard open, 3 of 5   power 1 of 2 this hour   scan 2m ago   mode auto "
    )


async def test_80_columns_keep_guard_and_freshness() -> None:
    line = text(state_line(await a_book(), NOW, 80))

    assert "1 to approve" in line
    assert "guard 3 of 5" in line
    assert "scan 2m" in line
    assert "auto" in line


async def test_late_scan_is_a_word() -> None:
    line = state_line(await a_book(scan_late=True), NOW, 120)

    assert tone(line, "late") == "alarm"


async def test_looks_that_are_put_off_are_said_with_how_many_and_since_when() -> None:
    overload = "since 02:10: 812 logins put off, by up to 4m"
    book = await a_book(overload=overload, scan_at=None)

    assert tone(state_line(book, NOW, 200), f"scan behind {overload}") == "alarm"
    assert tone(state_line(book, NOW, 80), "scan behind") == "alarm"


async def test_no_scan_yet() -> None:
    assert "no scan yet" in text(state_line(await a_book(scan_at=None), NOW, 100))


async def test_closed_guard_alarms() -> None:
    book = await a_book(guard_closed=True, guard="closed since 02:10, 61 of 43")

    assert tone(state_line(book, NOW, 160), "closed since 02:10") == "alarm"


async def test_nothing_to_approve_is_not_mentioned() -> None:
    line = text(state_line(await a_book(approvals=0, held=0, in_flight=0), NOW, 160))

    assert not re.search("approve|held|acting|maintenance", line)


def test_before_the_first_snapshot_it_waits() -> None:
    assert "waiting for the service" in text(state_line(Book(), NOW, 80))


async def test_current_tab_stands_out() -> None:
    line = tab_line(await a_book(), "fleet", NOW, 120)

    assert tone(line, "Fleet") == "strong"
    assert tone(line, "Sites") == "muted"


async def test_time_is_utc_without_seconds() -> None:
    assert text(tab_line(await a_book(), "issues", NOW, 120)).endswith("ops  UTC 02:14 ") or text(
        tab_line(await a_book(), "issues", NOW, 120)
    ).endswith("ops   UTC 02:14 ")


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        ({"frozen": ("all",)}, "FROZEN all"),
        ({"blind": True}, "BLIND"),
        ({"adopted": False}, "NOT ADOPTED"),
        ({"role": "viewer"}, "read only"),
    ],
)
@pytest.mark.parametrize("width", [100, 120])
async def test_what_stands_in_the_way_is_said(
    summary: dict[str, Any], words: str, width: int
) -> None:
    assert words in text(tab_line(await a_book(**summary), "issues", NOW, width))


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (140, "✖ service away since 02:11: connection refused, again in 4 s"),
        (60, "✖ service away since 02:11"),
    ],
)
async def test_a_service_that_is_away_is_said_and_since_when(width: int, words: str) -> None:
    book = await a_book()
    error = DeskError("/run/plcmon.sock", "connecting", "connection refused; is it running?")
    book.lose(error, 1, NOW - timedelta(minutes=3))
    book.lose(error, 4, NOW)

    assert words in text(tab_line(book, "issues", NOW, width))


def test_spread_drops_the_highest_rank_first() -> None:
    parts = [part("keep"), part("second", rank=2), part("first", rank=3)]

    assert text(spread(parts, [], 20)).split() == ["keep", "second"]
    assert text(spread(parts, [], 12)).split() == ["keep"]


def test_spread_shortens_before_it_drops() -> None:
    parts = [part("a long word", short="short", rank=2), part("other", rank=1)]

    assert text(spread(parts, [], 20)).split() == ["short", "other"]


def test_spread_drops_luxury_before_it_shortens() -> None:
    parts = [part("a long word", short="short", rank=2), part("luxury", rank=8)]

    assert text(spread(parts, [], 20)).strip() == "a long word"


async def test_what_a_breaker_stopped_is_a_flag() -> None:
    line = tab_line(await a_book(stopped=("kind/power",)), "issues", NOW, 160)

    assert tone(line, "STOPPED kind/power") == "stop"


async def test_closed_guards_over_many_nodes_are_named() -> None:
    closed = ("storm of 8 nodes, wave of 1", "site guard s0 closed")
    line = state_line(await a_book(closed=closed), NOW, 240)

    assert all(words in text(line) for words in closed)
    assert tone(line, "storm") == "alarm"
