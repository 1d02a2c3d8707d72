"""The digest as a view: what would be written, to whom, and when the next one is."""

from dataclasses import replace
from datetime import time

from plcmon.operations.digest import digest_view
from plcmon.operations.moment import Moment
from plcmon.policy.digest import next_due
from tests.fakes.book import NOW, small_book


def test_it_names_its_readers_and_its_time() -> None:
    book = small_book()
    book.policy = replace(book.policy, operators=("noc@example.org",), digest=time(7))

    view = digest_view(Moment.of(book, NOW))

    assert view.readers == ("noc@example.org",)
    assert view.next == next_due(book.policy, NOW)
    assert view.lines[0].startswith("nodes: ")


def test_without_a_time_there_is_no_next_one() -> None:
    assert digest_view(Moment.of(small_book(), NOW)).next is None
