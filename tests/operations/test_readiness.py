"""Whose power path is proven to work, and what to do about the others."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import Finding, Status
from plcmon.model.subjects import Node, NodeKey, Outlet, PcuKey
from plcmon.operations.moment import Moment
from plcmon.operations.readiness import TO_DO, readiness_view
from plcmon.operations.reports import ReadinessView
from tests.fakes.book import DAY, NOW, FakeBook, small_book

ALPHA = NodeKey("toml:1")


def ready(book: FakeBook) -> ReadinessView:
    return readiness_view(Moment.of(book, NOW))


def what_of(book: FakeBook, name: str) -> str:
    found = [row.what for row in ready(book).unready if row.name == name]
    return found[0] if found else ""


def change(book: FakeBook, **changes: object) -> Node:
    """Another record of alpha in the inventory."""
    inventory = book.state.inventory
    node = replace(inventory.nodes[ALPHA], **changes)  # type: ignore[arg-type] # names are the callers'
    book.state.inventory = replace(inventory, nodes={**inventory.nodes, ALPHA: node})
    return node


def prove(book: FakeBook, days: int) -> None:
    (path,) = book.state.inventory.nodes[ALPHA].paths
    proven = {str(path): NOW - days * DAY}
    book.state.fleet = replace(book.state.fleet, proven=proven)


def test_a_path_that_an_action_proved_lately_is_ready() -> None:
    book = small_book()
    prove(book, 30)

    found = ready(book)

    assert what_of(book, "alpha.example.org") == ""
    assert (found.nodes, found.proven, found.share) == (4, 1, 0.25)


def test_a_proof_grows_old() -> None:
    book = small_book()
    (path,) = book.state.inventory.nodes[ALPHA].paths
    change(book, paths=(replace(path, proven=False),))
    prove(book, 91)

    assert what_of(book, "alpha.example.org") == "proven long ago"


def test_a_persons_word_is_told_apart_from_a_proof() -> None:
    found = ready(small_book())

    assert found.vouched == 2
    assert found.proven == 0


def test_a_path_that_nothing_proved_is_never_proven() -> None:
    book = small_book()
    (path,) = book.state.inventory.nodes[ALPHA].paths
    change(book, paths=(replace(path, proven=False),))

    assert what_of(book, "alpha.example.org") == "never proven"


def test_a_unit_that_is_down_makes_its_nodes_unready_whatever_was_proven() -> None:
    book, apc = small_book(), PcuKey("toml:apc1")
    prove(book, 1)
    belief = book.state.pcus[apc]
    book.state.pcus[apc] = replace(belief, status=Status.DOWN, finding=Finding.TIMEOUT)

    row = next(row for row in ready(book).unready if row.name == "alpha.example.org")

    assert (row.what, row.detail) == ("not usable", "apc1 is down: timeout")


def test_a_node_without_a_path_is_worst_and_stands_first() -> None:
    rows = ready(small_book()).unready

    assert [row.what for row in rows] == ["no power path"] * 2 + ["vouched for only"] * 2
    assert all(row.to_do == TO_DO[row.what] for row in rows)


def test_the_best_of_several_paths_counts() -> None:
    book = small_book()
    prove(book, 1)
    (path,) = book.state.inventory.nodes[ALPHA].paths
    other = replace(path, outlets=(Outlet(PcuKey("toml:gone"), "1"),))
    change(book, paths=(other, path))

    assert what_of(book, "alpha.example.org") == ""


@pytest.mark.parametrize("status", [Status.RETIRED, Status.DISABLED])
def test_what_is_out_of_service_is_not_counted(status: Status) -> None:
    book = small_book()
    book.state.nodes[ALPHA] = replace(book.state.nodes[ALPHA], status=status)

    assert ready(book).nodes == 3
