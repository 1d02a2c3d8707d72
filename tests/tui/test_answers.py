"""Pages about the whole: the plan, the repairs, the readiness."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.operations.reports import ReadingLine
from plcmon.tui.answers import (
    availability_page,
    history_page,
    is_it_us_page,
    last_answers,
    plan_page,
    readiness_page,
    repairs_page,
)
from plcmon.tui.prose import MARGIN, Line
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import NOW

WIDTH = 100


def text(lines: Iterable[Line]) -> list[str]:
    return ["".join(cell.text for cell in line) for line in lines]


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


async def test_a_plan_goes_day_by_day(desk: FakeDesk) -> None:
    plan = await desk.plan(timedelta(days=7))

    page = text(plan_page(plan, WIDTH))

    assert "Assumed" in page[0]
    assert any(f"{plan.lines[0].at:%Y-%m-%d}" in line for line in page)
    assert sum(plan.lines[0].name in line for line in page) >= 1


async def test_an_empty_plan_says_so(desk: FakeDesk) -> None:
    desk.fleet.issues.clear()

    page = text(plan_page(await desk.plan(timedelta(days=7)), WIDTH))

    assert any("Nothing would happen." in line for line in page)


async def test_repairs_have_a_table_for_each_question(desk: FakeDesk) -> None:
    page = text(repairs_page(await desk.repairs(NOW), WIDTH))

    heads = [line.strip().lower() for line in page if line.strip().lower().startswith("by ")]
    assert [head.split()[1] for head in heads] == ["rung", "family", "site"]
    assert sum("median" in line for line in page) == 3


async def test_readiness_groups_by_what_is_wrong(desk: FakeDesk) -> None:
    page = text(readiness_page(await desk.readiness(), WIDTH))

    assert "have a usable power path" in " ".join(page)
    assert any("no power path" in line.lower() for line in page)
    assert any("To do: name its PCU." in line for line in page)


async def test_a_history_says_how_good_it_was_and_goes_day_by_day(desk: FakeDesk) -> None:
    name = next(iter(desk.fleet.nodes.values())).name

    page = text(history_page(await desk.history(name, NOW - timedelta(days=2)), WIDTH))

    assert page[0].strip() == "Up 100% of what is known; bad for 0s, not known for 0s."
    assert any("2026-03-12 UTC" in line for line in page)
    assert any("2d" in line and "login works" in line for line in page)


READINGS = (
    ReadingLine(NOW - timedelta(hours=1), "ping", "3 of 3 answered", 9.25, 0.0),
    ReadingLine(NOW - timedelta(minutes=50), "ssh", "login ok", 480.0, None),
    ReadingLine(NOW - timedelta(minutes=5), "ping", "1 of 3 answered", 12.5, 2 / 3),
)


async def test_a_history_ends_with_the_raw_readings(desk: FakeDesk) -> None:
    name = next(iter(desk.fleet.nodes.values())).name
    view = replace(await desk.history(name, NOW - timedelta(days=2)), readings=READINGS)

    page = text(history_page(view, WIDTH))

    at = page.index("  RAW READINGS, UTC")
    assert page[at + 1 :] == [
        "  03-14 01:14:30  ping      9.2 ms   0% lost  3 of 3 answered",
        "  03-14 01:24:30  ssh     480.0 ms            login ok",
        "  03-14 02:09:30  ping     12.5 ms  67% lost  1 of 3 answered",
    ]


async def test_the_last_answers_are_one_of_each_probe_with_its_age(desk: FakeDesk) -> None:
    name = next(iter(desk.fleet.nodes.values())).name
    view = replace(await desk.history(name, NOW - timedelta(days=2)), readings=READINGS)

    assert text(last_answers(view, NOW, WIDTH))[1:] == [
        "  LAST KEPT ANSWERS",
        "  ping          12.5 ms, 67% lost; 1 of 3 answered; 5m ago",
        "  ssh           480.0 ms; login ok; 50m ago",
    ]
    assert text(last_answers(replace(view, readings=()), NOW, WIDTH)) == []


async def test_availability_ends_with_all_nodes(desk: FakeDesk) -> None:
    view = await desk.availability(NOW - timedelta(days=2))

    page = text(availability_page(view, WIDTH))

    rows = [line.split() for line in page if line.strip()]
    assert [row[0] for row in rows[2:-2]] == [row.name for row in view.rows]
    assert rows[-2][:3] == ["all", str(view.total.nodes), "100%"]


async def test_whether_it_is_us_begins_with_the_verdict(desk: FakeDesk) -> None:
    view = await desk.is_it_us()

    page = text(is_it_us_page(view, WIDTH))

    assert page[0].strip() == view.sentence
    assert any("192.0.2.0:443" in line and "no answer for 1d" in line for line in page)
    assert any(line.strip().startswith("comon") for line in page)
    assert any(view.clusters[0].name in line and "site guard" not in line for line in page)


async def test_without_sources_the_page_says_so(desk: FakeDesk) -> None:
    view = replace(await desk.is_it_us(), sources=(), sites=99)

    page = "\n".join(text(is_it_us_page(view, WIDTH)))

    assert "No source outside is configured." in page
    assert "more sites." in page


@pytest.mark.parametrize("width", [56, 76])
async def test_tables_fit_a_short_line(desk: FakeDesk, width: int) -> None:
    pages = (
        repairs_page(await desk.repairs(NOW), width),
        availability_page(await desk.availability(NOW - timedelta(days=2)), width),
    )

    lines = [line for page in pages for line in text(page)]
    assert max(len(line.rstrip()) for line in lines) <= width + MARGIN
    assert any("not rebooted" in line for line in lines)
