"""Histories and availability: gaps are told apart, and nothing is counted twice."""

from datetime import UTC, datetime, timedelta

import pytest

from plcmon.errors import MistypedError
from plcmon.model.events import Body, Event, Hop, NodeObserved, RouteSeen, StatusChanged
from plcmon.model.readings import SAMPLE_EVERY, Observation, Observed, Samples
from plcmon.model.subjects import (
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    SiteKey,
    Subject,
    node_subject,
)
from plcmon.operations.history import (
    TOLD,
    availability_view,
    check_by,
    lines_of,
    refuse_no_time,
)
from plcmon.operations.reports import AvailabilityView

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PDU = Pcu(PcuKey("toml:p1"), SiteKey("uw"), "pdu1", "127.0.0.1", "apc")


def a_node(name: str, site: str = "uw", rack: str = "", *, wired: bool = False) -> Node:
    return Node(
        NodeKey(f"toml:{name}"),
        name,
        SiteKey(site),
        (),
        labels={"rack": rack} if rack else {},
        paths=(PowerPath((Outlet(PDU.key, "1"),)),) if wired else (),
    )


NODES = (a_node("a", rack="r1", wired=True), a_node("b", rack="r2"), a_node("c", "tum"))
INVENTORY = Inventory(nodes={node.key: node for node in NODES}, pcus={PDU.key: PDU})


def shares(by: str, hours: int = 1, **counts: tuple[int, int, int]) -> AvailabilityView:
    samples = Samples(
        NOON, NOON + hours * HOUR, {NodeKey(f"toml:{name}"): each for name, each in counts.items()}
    )
    return availability_view(INVENTORY, samples, NODES, by, NOON + 24 * HOUR)


def observed(at: datetime, state: Observed, seq: int) -> Event:
    return told(at, NodeObserved(Observation(state, at, at, detail="seen")), seq)


def told(at: datetime, body: Body, seq: int) -> Event:
    return Event(at, node_subject(NODES[0].key), body, seq=seq)


def name_of(subject: Subject) -> str:
    return subject.key


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("node", {"a": 1, "b": 1, "c": 1}),
        ("site", {"uw": 2, "tum": 1}),
        ("pcu", {"pdu1": 1, "-": 2}),
        ("label/rack", {"r1": 1, "r2": 1, "-": 1}),
        ("all", {"all": 3}),
    ],
)
def test_nodes_are_added_up_by_what_was_asked(by: str, groups: dict[str, int]) -> None:
    view = shares(by)

    assert {row.name: row.nodes for row in view.rows} == groups
    assert view.total.nodes == 3


def test_the_share_is_that_of_what_is_known() -> None:
    (row, *_) = shares("node", a=(3, 1, 8)).rows

    assert (row.name, row.share) == ("a", 0.75)
    assert row.known == pytest.approx(4 / 12)
    assert row.bad_s == SAMPLE_EVERY.total_seconds()


def test_a_time_that_nobody_looked_at_is_not_known() -> None:
    """The service was down: there are no samples at all."""
    (row, *_) = shares("node", hours=2, a=(12, 0, 0)).rows

    assert (row.share, row.known, row.unknown_s) == (1.0, 0.5, 3600.0)


def test_nothing_known_has_no_share_and_comes_last() -> None:
    view = shares("node", b=(12, 0, 0))

    assert [row.name for row in view.rows] == ["b", "a", "c"]
    assert view.rows[1].share is None


def test_the_worst_come_first() -> None:
    view = shares("node", a=(12, 0, 0), b=(0, 12, 0), c=(6, 6, 0))

    assert [row.name for row in view.rows] == ["b", "c", "a"]


def test_the_total_weighs_by_time() -> None:
    assert shares("node", a=(12, 0, 0), b=(0, 4, 0)).total.share == 0.75


def test_a_period_that_still_runs_ends_now() -> None:
    samples = Samples(NOON, NOON + HOUR, {NODES[0].key: (6, 0, 0)})

    view = availability_view(INVENTORY, samples, NODES[:1], "all", NOON + HOUR / 2)

    assert view.until == NOON + HOUR / 2
    assert view.total.known == 1.0


def test_a_sample_more_than_the_period_holds_is_no_more_than_all() -> None:
    (row, *_) = shares("node", a=(13, 0, 0)).rows

    assert (row.known, row.unknown_s) == (1.0, 0.0)


def test_a_run_lasts_until_the_next() -> None:
    events = [observed(NOON, Observed.BOOT, 1), observed(NOON + HOUR, Observed.SILENT, 2)]

    lines = list(lines_of(events, NOON, NOON + 3 * HOUR, name_of))

    assert [(line.observed, line.lasted_s) for line in lines] == [
        ("boot", 3600.0),
        ("silent", 7200.0),
    ]


def test_a_run_that_began_before_is_cut() -> None:
    events = [observed(NOON - 5 * HOUR, Observed.BOOT, 1)]

    (line,) = lines_of(events, NOON, NOON + HOUR, name_of)

    assert (line.at, line.lasted_s) == (NOON, 3600.0)


def test_what_was_done_stands_between_and_evidence_is_told_once() -> None:
    events = [
        observed(NOON, Observed.SILENT, 1),
        told(NOON, StatusChanged("fresh", "stale", "", what="evidence"), 2),
        told(NOON + HOUR, StatusChanged("good", "offline", "silent"), 3),
    ]

    lines = list(lines_of(events, NOON, NOON + 2 * HOUR, name_of))

    assert [line.observed for line in lines] == ["silent", ""]
    assert "offline" in lines[1].text
    assert lines[1].lasted_s is None


def test_the_way_at_the_moment_of_silence_stands_where_it_was_seen() -> None:
    route = RouteSeen("192.0.2.1", (Hop("192.0.2.254", 0.5),), reached=False)
    events = [observed(NOON, Observed.SILENT, 1), told(NOON + HOUR / 60, route, 2)]

    lines = list(lines_of(events, NOON, NOON + HOUR, name_of))

    assert "RouteSeen" in TOLD
    assert lines[1].at == NOON + HOUR / 60
    assert "192.0.2.254 0.5 ms, then nobody" in lines[1].text


def test_an_unknown_group_names_those_there_are() -> None:
    with pytest.raises(MistypedError, match="node, site, pcu, all, label/rack"):
        check_by(INVENTORY, "colour")


def test_a_time_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(MistypedError):
        refuse_no_time(NOON, NOON)
