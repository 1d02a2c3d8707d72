"""The lines below the table, and what an empty one says."""

from typing import Any

import pytest

from plcmon.errors import DeskError
from plcmon.tui import detail
from plcmon.tui.book import Book
from plcmon.tui.filter import parse
from plcmon.tui.sheets import BY_ID, SHEETS
from plcmon.tui.where import Where
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import NOW, Fleet


@pytest.fixture
async def book() -> Book:
    book, desk = Book(), FakeDesk()
    book.load(await desk.view())
    book.add_events(await desk.events(0))
    return book


def text(lines: list[Any]) -> list[str]:
    return ["".join(cell.text for cell in line) for line in lines]


def below(book: Book, sheet: str, size: tuple[int, int] = (100, 3), place: int = 0) -> list[str]:
    where = Where(BY_ID[sheet], place=place)
    rows = where.arrange(list(book.rows[sheet].values()))
    return text(detail.lines(where, rows[place], rows, NOW, size))


def test_says_why_and_where(book: Book) -> None:
    first = below(book, "issues")[0]

    assert first.startswith("  planetlab-2: mode: cycle is proposed and waits")
    assert first.endswith("1 of 7")


def test_more_is_said_where_there_is_room(book: Book) -> None:
    assert below(book, "issues")[1] == "  nothing answers: tcp 22, 80 filtered"
    assert len(below(book, "issues", (60, 2))) == 2


@pytest.mark.parametrize("sheet", [sheet.id for sheet in SHEETS])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_sheet_stays_in_its_lines(book: Book, sheet: str, width: int) -> None:
    for place in range(4):
        found = below(book, sheet, (width, 3), place)
        assert 1 <= len(found) <= 3
        assert all(len(line) <= width for line in found)


def test_nothing_selected_is_nothing_said(book: Book) -> None:
    assert text(detail.lines(Where(BY_ID["issues"]), None, [], NOW, (80, 2))) == [""]


async def test_all_well_is_good_news() -> None:
    fleet = Fleet()
    book, desk = Book(), FakeDesk(fleet)
    book.load(await desk.view())

    assert detail.empty(Where(BY_ID["issues"]), book, NOW) == [
        "No open issues.", "Last scan 2m ago, 0 nodes.",
    ]  # fmt: skip


async def test_all_well_before_the_first_scan() -> None:
    desk, book = FakeDesk(Fleet()), Book()
    desk.overrides = {"scan_at": None}
    book.load(await desk.view())

    assert detail.empty(Where(BY_ID["issues"]), book, NOW)[1] == (
        "0 nodes, the first scan still runs."
    )


def test_nothing_matches_offers_the_nearest_name(book: Book) -> None:
    where = Where(BY_ID["fleet"], filter=parse("site:princetn"))

    assert detail.empty(where, book, NOW) == [
        "Nothing matches “site:princetn”. esc clears. Did you mean princeton?"
    ]


def test_no_troubles_says_how_many_are_well(book: Book) -> None:
    where = Where(BY_ID["fleet"], troubles=True)

    assert detail.empty(where, book, NOW) == ["No troubles among 43. z shows all."]


def test_before_the_service_answers() -> None:
    assert detail.empty(Where(BY_ID["issues"]), Book(), NOW) == ["Waiting for the service."]


def test_a_service_that_never_answered_is_named() -> None:
    book = Book()
    book.lose(DeskError("/run/plcmon.sock", "asking for view", "no service listens there"), 1, NOW)

    assert detail.empty(Where(BY_ID["issues"]), book, NOW) == [
        "The service does not answer; it is asked again by itself, and q leaves.",
        "/run/plcmon.sock: asking for view: no service listens there",
    ]
