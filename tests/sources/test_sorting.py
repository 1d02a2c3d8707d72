"""Which samples are readings, and why the others are not."""

from dataclasses import replace
from datetime import timedelta

from plcmon.config.sources import Source
from plcmon.model.policy import Wire
from plcmon.model.readings import Probe
from plcmon.policy.hearsay import FUTURE, OLD
from plcmon.sources.samples import Sample
from plcmon.sources.sorting import NONSENSE, TWICE, UNKNOWN, Names, Sorted, sort_out
from tests.fakes.clock import NOON
from tests.policy.clerk import make_inventory, node

SOURCE = Source(kind="json", url="https://x")
N = node(0, 0)
INVENTORY = make_inventory(sites=1, nodes=2)


def sorted_out(*samples: Sample) -> Sorted:
    return sort_out(
        "comon",
        SOURCE,
        samples,
        Names(INVENTORY),
        asked_at=NOON,
        arrived_at=NOON + timedelta(seconds=1),
        wire=Wire(),
    )


def test_a_sample_of_a_known_node_is_a_reading_from_there() -> None:
    found = sorted_out(Sample("N0-0.example.org", "1"))

    reading = found.readings[N]
    assert (reading.probe, reading.vantage, reading.up) == (Probe.EXTERNAL, "comon", True)
    assert (reading.at, reading.arrived_at) == (NOON, NOON + timedelta(seconds=1))
    assert not found.refused


def test_what_cannot_be_used_is_counted_by_its_reason() -> None:
    found = sorted_out(
        Sample("elsewhere", "1"),
        Sample("", "1"),
        Sample(N, "maybe"),
        Sample(N, "1", "noon"),
        Sample(N, "1", (NOON + timedelta(minutes=2)).isoformat()),
        Sample(N, "1", (NOON - timedelta(minutes=11)).isoformat()),
    )

    assert not found.readings
    assert found.refused == {UNKNOWN: 1, NONSENSE: 3, FUTURE: 1, OLD: 1}


def test_two_samples_that_contradict_each_other_say_nothing() -> None:
    found = sorted_out(Sample(N, "1"), Sample(N, "0"), Sample(N, "1"))

    assert not found.readings
    assert found.refused == {TWICE: 1}


def test_of_two_that_agree_the_newer_counts() -> None:
    older = Sample(N, "1", (NOON - timedelta(minutes=1)).isoformat())

    assert sorted_out(older, Sample(N, "1"), older).readings[N].at == NOON


def test_a_node_is_found_by_name_key_or_address_with_a_port_or_without() -> None:
    record = replace(INVENTORY.nodes[N], addresses=("192.0.2.1", "2001:db8::1"))
    names = Names(replace(INVENTORY, nodes={**INVENTORY.nodes, N: record}))
    calls = ("n0-0.example.org:9100", N, "192.0.2.1", "192.0.2.1:80", "2001:db8::1",
             "[2001:db8::1]:22")  # fmt: skip

    assert [names.find(call) for call in calls] == [N] * len(calls)


def test_an_address_that_two_nodes_share_names_neither() -> None:
    assert Names(INVENTORY).find("127.0.0.1") is None
