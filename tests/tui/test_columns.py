"""Columns fit the line, leave in their order, and cells are cut to the cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from plcmon.tui import columns
from plcmon.tui.columns import GAP, Column, clip, fit, printable
from plcmon.tui.sheets import SHEETS, Sheet


def shown(what: tuple[Column, ...], width: int) -> list[str]:
    return [what[place].key for place, _ in fit(what, width)]


def test_wide_line_shows_everything() -> None:
    assert shown(columns.ISSUE_COLUMNS, 200) == [c.key for c in columns.ISSUE_COLUMNS]


def test_80_columns_keep_what_happens_next() -> None:
    assert shown(columns.ISSUE_COLUMNS, 75) == ["what", "name", "open", "rung", "next"]


def test_60_columns_lose_site_then_next() -> None:
    assert shown(columns.ISSUE_COLUMNS, 57) == ["what", "name", "open", "rung"]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.id)
@pytest.mark.parametrize("width", [57, 75, 96, 115, 156, 240])
def test_no_line_is_longer_than_its_room(sheet: Sheet[object], width: int) -> None:
    found = fit(sheet.columns, width)

    assert sum(cells for _, cells in found) + GAP * (len(found) - 1) <= width


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.id)
def test_a_long_line_is_used_to_its_end(sheet: Sheet[object]) -> None:
    found = fit(sheet.columns, 200)

    assert sum(cells for _, cells in found) + GAP * (len(found) - 1) == 200


def test_columns_without_drop_stay_however_short_the_line() -> None:
    assert shown(columns.NODE_COLUMNS, 5) == ["status", "name", "since"]


def test_stretch_stops_at_its_most() -> None:
    narrow = Column("a", "A", 5, stretch=1, most=8)

    assert fit((narrow,), 40) == [(0, 8)]


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("node", 6, "node  "),
        ("planetlab", 6, "plane…"),
        ("planetlab", 9, "planetlab"),
        ("x", 0, ""),
        ("日本語", 4, "日 …"),
        ("日本", 5, "日本 "),
    ],
)
def test_clip_is_exact(text: str, width: int, cut: str) -> None:
    assert clip(text, width) == cut


def test_clip_right_aligns() -> None:
    assert clip("7h", 5, right=True) == "   7h"


def test_cut_is_shown_in_ascii_too() -> None:
    assert clip("planetlab", 6, plain=True) == "plane~"


def test_control_codes_never_reach_the_terminal() -> None:
    assert printable("a\x1b[2Jb\r\nc\x9bd\x07") == "a [2Jb c d "


@given(st.text(max_size=40), st.integers(min_value=1, max_value=30))
def test_clip_always_takes_its_width(text: str, width: int) -> None:
    found = clip(text, width)

    assert cell_len(found) == width
    assert "\x1b" not in found
