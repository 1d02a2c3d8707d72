"""The book keeps what did not change as it was, object for object."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from plcmon.errors import PlcmonError
from plcmon.operations.views import EventView, View
from plcmon.tui import book as books
from plcmon.tui.book import Book
from plcmon.tui.feed import News
from tests.fakes.desk import FakeDesk, an_event


@pytest.fixture
async def view() -> View:
    return await FakeDesk().view()


@pytest.fixture
def book(view: View) -> Book:
    book = Book()
    book.load(view)
    return book


def test_everything_is_loaded(book: Book) -> None:
    assert {sheet: len(rows) for sheet, rows in book.rows.items()} == {
        "issues": 7, "fleet": 43, "sites": 12, "pcus": 12, "actions": 4, "journal": 0,
    }  # fmt: skip


def test_equal_rows_keep_their_objects(book: Book, view: View) -> None:
    before = dict(book.rows["fleet"])

    book.load(view)

    assert all(row is before[key] for key, row in book.rows["fleet"].items())


def test_a_changed_node_is_a_new_row(book: Book) -> None:
    before = book.rows["fleet"]["toml:kth-1"]

    changed = book.take(News(nodes=(replace(before.view, status="down"),)))

    assert changed == {"fleet"}
    assert book.rows["fleet"]["toml:kth-1"].view.status == "down"
    assert book.rows["fleet"]["toml:kth-1"] is not before


def test_news_without_a_difference_changes_nothing(book: Book, view: View) -> None:
    assert book.take(News(issues=view.issues, nodes=view.nodes[:3])) == set()


def test_a_closed_issue_leaves(book: Book, view: View) -> None:
    assert book.take(News(issues=view.issues[1:])) == {"issues"}
    assert view.issues[0].id not in book.rows["issues"]


def test_a_retired_node_leaves(book: Book) -> None:
    assert book.take(News(gone=("toml:kth-1",))) == {"fleet"}
    assert book.view("fleet", "toml:kth-1") is None


def test_loading_ends_being_lost(book: Book, view: View) -> None:
    book.lost = PlcmonError("desk", "", "gone")

    book.load(view)

    assert book.lost is None


def test_the_journal_is_bounded(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "EVENTS_KEPT", 3)

    book.add_events(replace(an_event("x"), seq=number) for number in range(1, 6))

    assert list(book.rows["journal"]) == ["3", "4", "5"]


def test_events_past_the_bound_still_count_as_news(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "EVENTS_KEPT", 2)
    book.add_events(replace(an_event("x"), seq=number) for number in (1, 2))

    assert book.add_events([replace(an_event("x"), seq=3)])


def test_node_of_a_subject(book: Book) -> None:
    found = book.node("node/toml:kth-1")

    assert found is not None
    assert found.key == "toml:kth-1"
    assert book.node("site/kth") is None


def test_rounds_that_come_all_the_time_are_no_lines_of_the_journal(book: Book) -> None:
    at = datetime(2026, 3, 14, 14, tzinfo=UTC)
    told = EventView(1, at, "StatusChanged", "node/k", "k", "it fell silent")
    round_ = EventView(2, at, "WitnessesSeen", "site/s", "s", "2 of 2 witnesses answered")

    book.add_events([told, round_])

    assert [row.view for row in book.rows["journal"].values()] == [told]
