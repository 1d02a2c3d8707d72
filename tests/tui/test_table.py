"""The table: selection by id, repainting only what changed, marks, places."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plcmon.tui import rows as rows_
from plcmon.tui.sheets import BY_ID, Row
from plcmon.tui.table import STRIPS_KEPT, Table
from tests.fakes.fleet import NOW, a_node, large_fleet, small_fleet
from tests.tui.stage import Stage, on_stage

FLEET = BY_ID["fleet"]


def rows(*views: Any) -> list[Row]:
    return [Row(view.key, view, FLEET.hay(view)) for view in views]


async def fleet_stage(stage: Stage) -> Table:
    await stage.press("2")
    return stage.app.lists.table


def repainted(table: Table, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The regions that the table asks to be repainted, from here on."""
    asked: list[Any] = []
    refresh = table.refresh

    def watched(*regions: Any, **options: Any) -> Any:
        asked.extend(regions or ["everything"])
        return refresh(*regions, **options)

    monkeypatch.setattr(table, "refresh", watched)
    return asked


async def test_selection_stays_by_id_when_the_order_changes() -> None:
    async with on_stage() as stage:
        await fleet_stage(stage)
        await stage.press("j", "j", "j")
        key = stage.selected.key
        await stage.press("s", "s", "S")

        assert stage.selected.key == key


async def test_selection_stays_by_id_when_rows_come_and_go() -> None:
    async with on_stage() as stage:
        table = await fleet_stage(stage)
        await stage.press("j", "j", "j")
        key = stage.selected.key
        await stage.desk.change(a_node("toml:aaa", "aaa.example", "aaa", "down"))
        await stage.until(lambda: len(table.rows) == 44)

        assert stage.selected.key == key


async def test_selection_stays_at_its_line_when_rows_come_above() -> None:
    async with on_stage(large_fleet(300)) as stage:
        table = await fleet_stage(stage)
        for _ in range(4):
            await stage.press("pagedown")
        line, key = table.where.place - table.scroll_offset.y, stage.selected.key
        await stage.desk.change(a_node("toml:aaa", "aaa.example", "aaa", "down"))
        await stage.until(lambda: len(table.rows) == 301)

        assert stage.selected.key == key
        assert table.where.place - table.scroll_offset.y == line


async def test_neighbour_is_selected_when_the_row_leaves() -> None:
    async with on_stage() as stage:
        await stage.press("j")
        place, issue = stage.app.lists.table.where.place, stage.selected
        await stage.desk.change(replace(issue, status="closed"))
        await stage.until(lambda: len(stage.names) == 6)

        assert stage.app.lists.table.where.place == place
        assert stage.selected.id != issue.id


async def test_a_new_title_repaints_the_line_that_it_is_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with on_stage() as stage:
        table = await fleet_stage(stage)
        drawn: list[int] = []
        render = table.render_line
        monkeypatch.setattr(table, "render_line", lambda y: drawn.append(y) or render(y))
        painted = asyncio.Event()
        table.entitle("Fleet · [b]3 of 44")
        stage.app.screen.call_after_refresh(painted.set)
        await painted.wait()

        assert drawn == []
        assert any("Fleet · [b]3 of 44" in line for line in stage.lines)


async def test_a_row_that_comes_out_of_sight_repaints_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with on_stage(large_fleet(300)) as stage:
        table = await fleet_stage(stage)
        drawn: list[int] = []
        render = table.render_line
        monkeypatch.setattr(table, "render_line", lambda y: drawn.append(y) or render(y))
        await stage.desk.change(replace(table.rows[-1].view, key="toml:zzz", name="zzz.example"))
        await stage.until(lambda: len(table.rows) == 301)
        painted = asyncio.Event()
        stage.app.screen.call_after_refresh(painted.set)
        await painted.wait()

        assert drawn == []
        assert any("Fleet · 301" in line for line in stage.lines)


async def test_only_the_changed_line_is_repainted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage() as stage:
        table = await fleet_stage(stage)
        asked = repainted(table, monkeypatch)
        node = table.rows[9].view
        await stage.desk.change(replace(node, observed="wedged"))
        await stage.until(lambda: asked)

        assert [(region.y, region.height) for region in asked] == [(10, 1)]
        assert "wedged" in stage.lines[3 + 10]


async def test_change_out_of_sight_repaints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(large_fleet(300)) as stage:
        table = await fleet_stage(stage)
        asked = repainted(table, monkeypatch)
        row = table.rows[200]
        await stage.desk.change(replace(row.view, observed="wedged"))
        await stage.until(lambda: table.rows[200] is not row)

        assert asked == []


async def test_moving_repaints_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage() as stage:
        asked = repainted(await fleet_stage(stage), monkeypatch)
        await stage.press("j")

        assert sorted(region.y for region in asked) == [1, 2]


async def test_a_minute_repaints_only_ages_that_read_differently(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with on_stage() as stage:
        table = await fleet_stage(stage)
        asked = repainted(table, monkeypatch)
        stage.clock.advance(timedelta(minutes=1))
        await stage.until(lambda: asked)
        await stage.pilot.pause()

        younger = {"7h", "9h", "20m"}  # of all ages shown, those that have minutes
        before = [rows_.age(table.rows[region.y - 1].view.since, NOW) for region in asked]
        assert set(before) == younger


async def test_top_and_bottom() -> None:
    async with on_stage(large_fleet(300)) as stage:
        table = await fleet_stage(stage)
        await stage.press("G")
        assert table.where.place == 299
        assert table.rows[299].view.name.split(".")[0] in stage.lines[-6]

        await stage.press("g")
        assert (table.where.place, table.scroll_offset.y) == (0, 0)


async def test_arrow_and_page_keys_move_the_selection() -> None:
    async with on_stage(large_fleet(300)) as stage:
        table = await fleet_stage(stage)
        await stage.press("down", "down", "up")
        assert table.where.place == 1

        await stage.press("pagedown", "pageup", "end", "home")
        assert table.where.place == 0


async def test_news_leave_a_reader_who_scrolled_away_where_he_is() -> None:
    async with on_stage(large_fleet(300)) as stage:
        table = await fleet_stage(stage)
        table.scroll_to(y=100, animate=False, immediate=True)
        row = table.rows[110]
        await stage.desk.change(replace(row.view, observed="wedged"))
        await stage.until(lambda: table.rows[110] is not row)

        assert table.scroll_offset.y == 100


async def test_each_sheet_remembers_its_place() -> None:
    async with on_stage() as stage:
        await stage.press("2", "j", "j", "1", "j", "2")
        assert stage.app.lists.table.where.place == 2

        await stage.press("1")
        assert stage.app.lists.table.where.place == 1


async def test_marks_survive_filters_and_are_counted() -> None:
    async with on_stage() as stage:
        table = await fleet_stage(stage)
        await stage.press("space", "space", "slash", "t", "u", "m", "enter")
        assert "2 marked" in stage.lines[2]

        await stage.press("escape")
        assert [row.id for row in table.chosen()] == list(table.where.marks)


async def test_range_marks_everything_between() -> None:
    async with on_stage() as stage:
        table = await fleet_stage(stage)
        await stage.press("space", "j", "j", "ctrl+@")
        assert len(table.where.marks) == 4

        await stage.press("ctrl+backslash")
        assert not table.where.marks


async def test_marked_rows_show_it_without_colour() -> None:
    async with on_stage(plain=True) as stage:
        await stage.press("space")

        assert stage.lines[4].startswith("| #")
        assert stage.lines[5].startswith("|> ")


async def test_click_selects_and_a_second_one_opens() -> None:
    async with on_stage() as stage:
        await stage.pilot.click(Table, offset=(10, 4))
        assert stage.app.lists.table.where.place == 2

        await stage.pilot.click(Table, offset=(10, 4), times=2)
        await stage.until(lambda: "Why" in stage.lines[2])


async def test_strips_are_bounded() -> None:
    async with on_stage(large_fleet(1000)) as stage:
        table = await fleet_stage(stage)
        for _ in range(30):
            await stage.press("pagedown")

        assert len(table._strips) <= STRIPS_KEPT


def test_small_fleet_is_what_these_tests_think() -> None:
    assert len(small_fleet().nodes) == 43
    assert NOW.tzinfo is not None
