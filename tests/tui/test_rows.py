"""Views become cells: the words are what an operator reads."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plcmon.operations.views import EventView
from plcmon.tui import rows
from plcmon.tui.look import TONES
from plcmon.tui.rows import Cell, age, ahead
from plcmon.tui.sheets import SHEETS
from tests.fakes.fleet import NOW, a_node, an_issue, small_fleet

HOUR = timedelta(hours=1)
ISSUE = an_issue("01A", "node_down", "node/toml:1", "n1.example.org", "princeton")


def issue_cell(column: int, **changes: Any) -> Cell:
    return rows.issue_cells(replace(ISSUE, **changes), NOW)[column]


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=0), "<1m"),
        (timedelta(seconds=59), "<1m"),
        (timedelta(minutes=1), "1m"),
        (timedelta(hours=7, minutes=2), "7h 2m"),
        (timedelta(days=3, hours=4, minutes=50), "3d 4h"),
        (timedelta(days=255, hours=4), "255d"),
        (timedelta(seconds=-5), "<1m"),
    ],
)
def test_age_has_no_seconds_and_two_units_at_most(ago: timedelta, text: str) -> None:
    assert age(NOW - ago, NOW) == text


def test_age_of_never_is_empty() -> None:
    assert age(None, NOW) == ""


@pytest.mark.parametrize(
    ("until", "text"),
    [
        (19 * HOUR, "in 19h"),
        (timedelta(0), "due"),
        (-HOUR, "due"),
        (timedelta(seconds=9), "in <1m"),
        (timedelta(seconds=119), "in 2m"),
    ],
)
def test_time_ahead(until: timedelta, text: str) -> None:
    assert ahead(NOW + until, NOW) == text


@pytest.mark.parametrize(
    ("changes", "text", "tone"),
    [
        ({}, "cycle in 1h 19m", "plain"),
        ({"next_at": NOW - HOUR}, "cycle due", "plain"),
        ({"next_at": None}, "cycle", "plain"),
        ({"held_by": "budget"}, "held: budget", "warning"),
        ({"held_by": "acting"}, "acting", "accent"),
        ({"held_by": "acting", "verdict": "unknown"}, "outcome unknown", "warning"),
        ({"proposal": True, "held_by": "mode"}, "approve cycle?", "accent"),
        ({"status": "paused", "paused_until": NOW + 3 * HOUR}, "paused 3h", "muted"),
        ({"status": "paused"}, "paused", "muted"),
        ({"next_rung": ""}, "ladder's end", "muted"),
        ({"status": "closed", "cause": "healthy"}, "healthy", "muted"),
    ],
)
def test_next_step_in_two_words(changes: dict[str, Any], text: str, tone: str) -> None:
    assert issue_cell(5, **changes) == Cell(text, tone)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "0/5"),
        ({"rung": "cycle", "rung_number": 1}, "1/5 cycle"),
        ({"shadow": "cycle"}, "would cycle"),
        ({"rung": "tell", "rung_number": 3, "shadow": "again"}, "3/5 tell"),
    ],
)
def test_rung_says_where_it_stands(changes: dict[str, Any], text: str) -> None:
    assert issue_cell(4, **changes).text == text


@pytest.mark.parametrize(
    ("changes", "glyph"),
    [
        ({"worry": 0}, "✖"),
        ({"worry": 1}, "◐"),
        ({"worry": 3}, "●"),
        ({"proposal": True}, "▲"),
        ({"status": "paused", "worry": 0}, "‖"),
        ({"verdict": "unknown", "held_by": "acting"}, "‽"),
    ],
)
def test_issue_glyph(changes: dict[str, Any], glyph: str) -> None:
    assert issue_cell(0, **changes).text == f"{glyph} node down"


@pytest.mark.parametrize(
    ("status", "text", "tone"),
    [
        ("down", "✖ down", "error"),
        ("offline", "✖ offline", "error"),
        ("failboot", "◐ failboot", "warning"),
        ("new", "? new", "unsure"),
        ("good", "● good", "plain"),
        ("disabled", "○ disabled", "muted"),
        ("novel", "? novel", "unsure"),
    ],
)
def test_node_status_is_glyph_word_and_tone(status: str, text: str, tone: str) -> None:
    assert rows.node_cells(a_node("k", "n", "s", status), NOW)[0] == Cell(text, tone)


def test_ascii_words_stand_in_one_column() -> None:
    cells = [
        rows.issue_cells(issue, NOW, plain=True)[0].text
        for issue in (ISSUE, replace(ISSUE, verdict="unknown", held_by="acting"))
    ]

    assert cells == ["!  node down", "?! node down"]


def test_stale_node_that_was_well_is_faint() -> None:
    cells = rows.node_cells(a_node("k", "n", "s", "good", evidence="stale"), NOW)

    assert cells[0].tone == "faint"
    assert cells[4] == Cell("stale", "unsure")


def test_stale_node_that_was_down_still_worries() -> None:
    cells = rows.node_cells(a_node("k", "n", "s", "down", evidence="stale"), NOW)

    assert cells[0].tone == "error"


def test_worst_mark_gives_the_tone() -> None:
    cells = rows.node_cells(a_node("k", "n", "s", marks=("exempt", "flapping")), NOW)

    assert cells[5] == Cell("exempt flapping", "warning")


def test_site_below_its_need_is_an_error() -> None:
    site = replace(small_fleet().sites["kth"], up=1, needed=2)

    assert rows.site_cells(site, NOW)[4] == Cell("1/4", "error")


def test_pcu_finding_other_than_ok_warns() -> None:
    pcu = replace(next(iter(small_fleet().pcus.values())), finding="login refused")

    assert rows.pcu_cells(pcu, NOW)[4] == Cell("login refused", "warning")


def test_intent_in_unknown_state_alarms() -> None:
    intent = next(iter(small_fleet().intents.values()))

    assert rows.intent_cells(intent, NOW)[0] == Cell("‽ unknown", "alarm")


def test_event_of_another_day_shows_its_date() -> None:
    event = EventView(1, NOW - 3 * HOUR, "StatusChanged", "node/k", "n", "it fell silent")

    assert rows.event_cells(event, NOW)[0].text == "03-13 23:14:30"
    assert rows.event_cells(replace(event, at=NOW), NOW)[0].text == "02:14:30"
    assert rows.event_cells(event, NOW)[1].text == "status changed"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.id)
@pytest.mark.parametrize("plain", [False, True], ids=["unicode", "ascii"])
def test_every_row_has_a_known_tone_for_every_column(sheet: Any, plain: bool) -> None:
    fleet = small_fleet()
    views: dict[str, Any] = {
        "issues": fleet.issues, "fleet": fleet.nodes, "sites": fleet.sites, "pcus": fleet.pcus,
        "actions": fleet.intents, "journal": dict(enumerate(fleet.events)),
    }  # fmt: skip
    for view in views[sheet.id].values():
        cells = sheet.cells(view, NOW, plain=plain)
        assert len(cells) == len(sheet.columns)
        assert {cell.tone for cell in cells} <= set(TONES)
