from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.cli.columns import next_of, nothing
from plcmon.operations.views import IssueView
from tests.fakes.fleet import NOW, an_issue

ISSUE = an_issue("01A", "node_down", "node/toml:1", "n1", "s")


@pytest.mark.parametrize(
    ("issue", "says"),
    [
        (ISSUE, "cycle in 1h 19m"),
        (replace(ISSUE, next_at=NOW - timedelta(minutes=1)), "cycle now"),
        (replace(ISSUE, held_by="budget"), "cycle held"),
        (replace(ISSUE, next_at=None), "cycle"),
        (replace(ISSUE, held_by="acting"), "acting"),
        (replace(ISSUE, proposal=True), "cycle awaits approval"),
        (replace(ISSUE, status="paused"), "paused"),
        (replace(ISSUE, status="closed"), "closed"),
        (replace(ISSUE, next_rung=""), "-"),
    ],
)
def test_what_comes_next_is_said_in_words(issue: IssueView, says: str) -> None:
    assert next_of(issue, NOW) == says


def test_nothing_is_said_with_its_filter() -> None:
    assert nothing("node", "") == "no node"
    assert nothing("node", "x") == 'no node matches "x"'
