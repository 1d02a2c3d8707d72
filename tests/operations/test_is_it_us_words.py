"""Sentences about canaries, health, sources, witnesses and clusters."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.operations.is_it_us_words import (
    canary_line,
    cluster_name,
    cluster_note,
    down_line,
    health_line,
    percent_of,
    shown_clusters,
    source_note,
    unexplained_line,
    witness_note,
)
from plcmon.operations.reports import ClusterView, IsItUsView, SourceView, WitnessView
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import NOW

AGO = NOW - timedelta(minutes=3)


@pytest.fixture
async def view() -> IsItUsView:
    return await FakeDesk().is_it_us()


def test_canaries_say_how_many_must_answer(view: IsItUsView) -> None:
    assert canary_line(view) == "canaries: 2 of 3 answer, 2 must; the last round was 0s ago"
    blind = replace(view, blind=True, blind_since=AGO)
    assert canary_line(blind).endswith("; blind for 3m")
    assert canary_line(replace(view, asked=0)) == "canaries: none was asked"


def test_own_health_is_in_numbers(view: IsItUsView) -> None:
    assert health_line(view) == (
        "our own health: well; the loop is 2 ms late, 10% of the descriptors are in use,"
        " 0 failed readings did not count"
    )


def test_what_only_seems_down_is_told_apart(view: IsItUsView) -> None:
    some = replace(view, nodes=10, down=5, unreachable=2, suspect=1, set_aside=4)

    assert down_line(some) == (
        "down: 5 of 10 nodes in question (2 out of reach with their site's witnesses;"
        " 1 suspect: failed once, which does not count yet);"
        " 4 more are in maintenance, or bad for very long"
    )


def test_a_source_says_when_it_was_heard_and_what_it_weighs(view: IsItUsView) -> None:
    row = SourceView("prom", True, 0, 0, 0, 0, AGO)

    assert source_note(row, view) == "heard 3m ago; its up keeps power away"
    silent = replace(row, counts=False, heard_at=None, trouble="it answered 503")
    assert source_note(silent, view) == "it answered 503; never heard; it only informs"


def test_witnesses_answer_are_silent_or_are_none(view: IsItUsView) -> None:
    rows = [
        WitnessView("a", 1, 2, "answer", 1, AGO),
        WitnessView("a", 1, 2, "answer", 2, AGO),
        WitnessView("a", 1, 2, "silent", 0, AGO),
        WitnessView("a", 1, 2, "none", 0, None),
    ]

    assert [witness_note(row, view) for row in rows] == [
        "1 witness answers, heard 3m ago",
        "2 witnesses answer, heard 3m ago",
        "all that answered are silent, for 3m",
        "nothing there has answered lately",
    ]


def test_a_cluster_has_a_name_and_what_is_known_of_it() -> None:
    row = ClusterView("site", "a", ("PCU p",), 3, 3, 1.0, 0.0, NOW, ("site guard closed",))

    assert cluster_name(row) == "site a"
    assert cluster_note(row) == "site guard closed; also PCU p"
    assert cluster_name(replace(row, kind="time", name="03:02 to 03:06")) == "fell 03:02 to 03:06"


@pytest.mark.parametrize(
    ("share", "said"), [(None, "-"), (0, "0%"), (0.004, "<1%"), (0.999, "99%"), (1, "100%")]
)
def test_a_share_is_never_rounded_to_nothing_or_all(share: float | None, said: str) -> None:
    assert percent_of(share) == said


def test_what_is_in_no_group_is_counted(view: IsItUsView) -> None:
    some = replace(view, down=9, unexplained=2)

    assert unexplained_line(some) == "2 of the 9 are in none of these"
    many = replace(some, clusters=some.clusters[:1] * 13)
    assert len(shown_clusters(many)) == 10
    assert unexplained_line(many) == "3 groups more stand out; 2 of the 9 are in none"
    assert unexplained_line(replace(some, clusters=())) == "no group stands out"
    assert unexplained_line(replace(some, down=0)) == ""
