"""The verdict where nobody knows, and how sure it is where somebody does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plcmon.model.beliefs import FleetBelief
from plcmon.model.policy import Policy
from plcmon.model.ports import OwnHealth
from plcmon.model.state import State
from plcmon.operations.moment import Moment
from plcmon.operations.reports import ClusterView
from plcmon.operations.verdict import Evidences, verdict
from tests.fakes.book import NOW

MINUTE = timedelta(minutes=1)
SEEING = FleetBelief(canaries_good=5, canaries_asked=5, canaries_at=NOW)


def evidences(
    fleet: FleetBelief = SEEING, down: int = 9, clusters: Sequence[ClusterView] = ()
) -> Evidences:
    none: Any = {}
    moment = Moment(NOW, State(fleet=fleet), Policy(), none, none.get, none.get, none, none)
    return Evidences(moment, OwnHealth(), 100, down, clusters, ())


def cluster(kind: str, name: str, down: int) -> ClusterView:
    return ClusterView(kind, name, (), down, down, 1.0, 0.0, NOW, ())


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        (FleetBelief(), "no canary was asked since the start; 9 nodes down."),
        (replace(SEEING, canaries_asked=0), "no canaries are configured; 9 nodes down."),
        (replace(SEEING, canaries_at=NOW - 9 * MINUTE), "last heard 9m ago; 9 nodes down."),
    ],
)
def test_without_a_fresh_round_of_canaries_nobody_can_tell(fleet: FleetBelief, said: str) -> None:
    word, sentence = verdict(evidences(fleet))

    assert word == "can't tell"
    assert sentence.endswith(said)


def test_with_a_silent_canary_it_is_not_so_sure() -> None:
    word, sentence = verdict(evidences(replace(SEEING, canaries_good=4)))

    assert word == "not us"
    assert sentence.startswith("It is hardly us: 4 of 5 canaries answer;")


def test_an_only_canary_is_called_so() -> None:
    only = replace(SEEING, canaries_good=0, canaries_asked=1, blind=True, blind_since=NOW)

    assert "the only canary doesn't answer since 14:00" in verdict(evidences(only))[1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("site", "a", 6)], "6 of 9 down nodes are behind site a."),
        ([("site", "a", 5), ("site", "b", 4)], "9 of 9 down nodes are behind 2 sites."),
        (
            [("site", "a", 5), ("label", "country=DE", 3)],
            "8 of 9 down nodes are of site a, label country=DE.",
        ),
        (
            [("site", "a", 3), ("PCU", "p", 2), ("group", "g", 2), ("label", "k=v", 1)],
            "8 of 9 down nodes are of site a, PCU p, group g and 1 more.",
        ),
        ([("site", "a", 3)], "3 of 9 down nodes are behind site a, and the others are scattered."),
        ([], "9 nodes are down, and no group stands out."),
    ],
)
def test_what_they_share_is_said_in_few_words(rows: list[tuple[str, str, int]], said: str) -> None:
    _, sentence = verdict(evidences(clusters=[cluster(*row) for row in rows]))

    assert sentence == f"It is not us: all 5 canaries answer; {said}"


def test_where_most_is_down_everywhere_good_canaries_do_not_clear_us() -> None:
    word, sentence = verdict(evidences(down=95))

    assert word == "can't tell"
    assert sentence == (
        "Can't tell: all 5 canaries answer, yet 95 of 100 nodes are down and no group stands out;"
        " so much everywhere is rather the way from here."
    )


def test_where_most_is_down_behind_one_name_it_is_that() -> None:
    assert verdict(evidences(down=95, clusters=[cluster("site", "a", 90)]))[0] == "not us"
