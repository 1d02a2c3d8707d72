"""The six sheets: order, names, troubles, and what each row is asked by."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plcmon.tui import sheets
from plcmon.tui.filter import parse
from plcmon.tui.sheets import SHEETS, Sheet, order_by
from tests.fakes.fleet import NOW, a_node, an_issue, small_fleet

HOUR = timedelta(hours=1)


def issue(id_: str, **more: Any) -> Any:
    return an_issue(id_, "node_down", "node/k", f"n{id_}", "s", **more)


def ordered(sheet: Sheet[Any], views: list[Any], column: str = "") -> list[str]:
    return [sheet.key(view) for view in sorted(views, key=order_by(sheet, column))]


def test_numbers_are_the_keys() -> None:
    assert [sheet.number for sheet in SHEETS] == [1, 2, 3, 4, 5, 6]
    assert SHEETS[0].id == "issues"


def test_issues_that_ask_come_first_paused_ones_last() -> None:
    views = [
        issue("mild", worry=1),
        issue("paused", worry=0, status="paused"),
        issue("worst", worry=0),
        issue("asks", worry=1, proposal=True),
    ]

    assert ordered(sheets.ISSUES, views) == ["asks", "worst", "mild", "paused"]


def test_outcome_unknown_tops_its_group() -> None:
    views = [
        issue("old", worry=0, bad_since=NOW - 90 * HOUR),
        issue("puzzle", worry=0, verdict="unknown"),
    ]

    assert ordered(sheets.ISSUES, views) == ["puzzle", "old"]


def test_longest_trouble_first() -> None:
    views = [issue("new", bad_since=NOW - HOUR), issue("old", bad_since=NOW - 9 * HOUR)]

    assert ordered(sheets.ISSUES, views) == ["old", "new"]
    assert ordered(sheets.ISSUES, views, "open") == ["old", "new"]


def test_fleet_is_ordered_by_worry_then_site_and_name() -> None:
    views = [
        a_node("4", "b", "s2"),
        a_node("3", "a", "s2"),
        a_node("2", "z", "s9", "failboot"),
        a_node("1", "y", "s9", "down"),
    ]

    assert ordered(sheets.FLEET, views) == ["1", "2", "3", "4"]


def test_unfinished_actions_come_first_then_the_newest() -> None:
    intents = list(small_fleet().intents.values())

    found = sorted(intents, key=sheets.ACTIONS.order)

    assert [one.state for one in found] == ["unknown", "sent", "confirmed", "confirmed"]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.id)
def test_every_column_can_be_sorted_by(sheet: Sheet[Any]) -> None:
    fleet = small_fleet()
    views: dict[str, list[Any]] = {
        "issue": list(fleet.issues.values()), "node": list(fleet.nodes.values()),
        "site": list(fleet.sites.values()), "pcu": list(fleet.pcus.values()),
        "intent": list(fleet.intents.values()), "event": list(fleet.events),
    }  # fmt: skip
    for column in sheet.columns:
        assert len(ordered(sheet, views[sheet.kind], column.key)) == len(views[sheet.kind])


@pytest.mark.parametrize(
    ("text", "found"),
    [("status:proposal", 1), ("status:held", 2), ("type:login", 1), ("kind:pcu", 1), ("kth", 1)],
)
def test_issues_are_found_by(text: str, found: int) -> None:
    hays = [sheets.ISSUES.hay(view) for view in small_fleet().issues.values()]

    assert sum(parse(text).matches(hay) for hay in hays) == found


def test_troubles_leave_out_what_is_well() -> None:
    views = list(small_fleet().nodes.values())

    troubled = [view.status for view in views if sheets.FLEET.trouble(view)]

    assert sorted(troubled) == ["down", "failboot", "new", "offline", "offline", "offline"]


def test_subjects_are_what_the_desk_takes() -> None:
    fleet = small_fleet()

    assert sheets.FLEET.subject(fleet.nodes["toml:kth-1"]) == "node/toml:kth-1"
    assert sheets.SITES.subject(fleet.sites["kth"]) == "site/kth"
    assert sheets.ISSUES.subject(issue("01A")) == "01A"
    assert sheets.ACTIONS.subject(next(iter(fleet.intents.values()))) == "node/toml:princeton-3"


def test_why_of_an_action_joins_reason_and_detail() -> None:
    intent = next(iter(small_fleet().intents.values()))

    assert sheets.ACTIONS.why(replace(intent, reason="silent", detail="")) == "silent"
    assert sheets.ACTIONS.why(replace(intent, reason="silent", detail="off")) == "silent: off"
