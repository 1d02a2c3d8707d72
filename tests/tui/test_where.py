"""Where: order, filter, and what typing found before."""

from typing import Any

import pytest

from plcmon.tui.filter import parse
from plcmon.tui.sheets import BY_ID, Row
from plcmon.tui.where import Findings, Where
from tests.fakes.fleet import a_node, large_fleet

FLEET = BY_ID["fleet"]


def rows(*views: Any) -> list[Row]:
    return [Row(view.key, view, FLEET.hay(view)) for view in views]


NODES = rows(
    a_node("1", "b.example", "s1", "down"),
    a_node("2", "a.example", "s2"),
    a_node("3", "c.example", "s1", "failboot"),
)


def keys(where: Where) -> list[str]:
    return [row.id for row in where.arrange(NODES)]


def test_arrange_orders_by_worry() -> None:
    assert keys(Where(FLEET)) == ["1", "3", "2"]


def test_arrange_by_a_column_and_back() -> None:
    assert keys(Where(FLEET, column="name")) == ["2", "1", "3"]
    assert keys(Where(FLEET, column="name", reverse=True)) == ["3", "1", "2"]


def test_arrange_filters() -> None:
    assert keys(Where(FLEET, filter=parse("site:s1 !down"))) == ["3"]
    assert keys(Where(FLEET, troubles=True)) == ["1", "3"]


MANY = rows(*large_fleet(200).nodes.values())


@pytest.mark.parametrize(
    "typed",
    [
        ["", "p", "pl", "pla", "pl", "p", ""],
        ["!", "!d", "!do", "!down", "!do"],
        ["site", "site:", "site:s", "site:s1", "site:s2"],
        ["a", "a ", "a !", "a !b", "a !bc", "x a"],
        ["~a", "~ae", "~a", "ae"],
        ["edu", "", "planetlab"],
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_findings_are_what_the_filter_finds(typed: list[str], *, reverse: bool) -> None:
    findings = Findings()
    for text in typed:
        where = Where(FLEET, filter=parse(text), reverse=reverse)

        assert findings.arrange(where, MANY) == where.arrange(MANY)


def test_a_letter_more_looks_only_at_what_was_found() -> None:
    findings = Findings()
    first = findings.arrange(Where(FLEET, filter=parse("b")), NODES)
    unlike = rows(a_node("1", "other", "s9"))[0]
    first[:] = [unlike]

    assert findings.arrange(Where(FLEET, filter=parse("b.e")), NODES) == []
    assert findings.arrange(Where(FLEET, filter=parse("b")), NODES) is first


@pytest.mark.parametrize(
    "other",
    [
        Where(FLEET, column="name"),
        Where(FLEET, reverse=True),
        Where(FLEET, troubles=True),
    ],
)
def test_another_order_is_found_anew(other: Where) -> None:
    findings = Findings()
    findings.arrange(Where(FLEET), NODES)

    assert findings.arrange(other, NODES) == other.arrange(NODES)


def test_changed_rows_are_found_anew() -> None:
    findings, where = Findings(), Where(FLEET, filter=parse("s1"))
    findings.arrange(where, NODES)
    healed = [*rows(a_node("1", "b.example", "s1")), *NODES[1:]]

    assert [row.id for row in findings.arrange(where, healed)] == ["3", "1"]
