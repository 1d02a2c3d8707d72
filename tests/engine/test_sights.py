"""Sights: what each node shows just now, and what of it is news."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plcmon.config.load import default_policy
from plcmon.engine.sights import Sights
from plcmon.model.beliefs import SiteBelief
from plcmon.model.events import NodeSeen
from plcmon.model.readings import Evidence, Login, Observed, PortAnswer, Probe, Reading
from plcmon.model.state import State
from plcmon.model.subjects import Inventory, NodeKey, SiteKey, node_subject, site_subject
from tests.policy.clerk import make_inventory, node

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = default_policy()
N = node(0, 0)


class Watch:
    """Sights over a state, and whom they asked attention for."""

    def __init__(self) -> None:
        self.state = State(inventory=make_inventory())
        self.attended: list[tuple[NodeKey, bool]] = []
        self.sights = Sights(self.state, lambda key, on: self.attended.append((key, on)))
        self.now = NOON

    def ssh(self, login: Login) -> object:
        port = PortAnswer.OPEN if login is Login.OK else PortAnswer.FILTERED
        reading = Reading(node_subject(N), Probe.SSH, self.now, self.now, port=port, login=login)
        return self.sights.take(reading, POLICY)

    def tcp(self, answer: PortAnswer) -> object:
        reading = Reading(node_subject(N), Probe.TCP, self.now, self.now, ports={22: answer})
        return self.sights.take(reading, POLICY)

    def fall_silent(self) -> None:
        for _ in range(4):
            self.now += 6 * MINUTE
            self.tcp(PortAnswer.FILTERED)
            self.ssh(Login.NO_CONNECT)

    def review(self) -> list[tuple[NodeKey, Observed, Evidence]]:
        found = self.sights.review(self.sights.all(), POLICY, self.now)
        return [(key, seen.state, seen.evidence) for key, seen in found]

    def testify(self, *, silent: bool) -> None:
        since = self.now if silent else None
        site = SiteKey("s0")
        self.state.sites[site] = SiteBelief(site, witnesses_silent_since=since)


@pytest.fixture
def watch() -> Watch:
    made = Watch()
    made.ssh(Login.OK)
    return made


def test_the_first_good_reading_is_news_and_its_repetition_is_not(watch: Watch) -> None:
    watch.now += MINUTE

    assert watch.ssh(Login.OK) is None


def test_a_reading_about_a_site_is_not_for_us(watch: Watch) -> None:
    reading = Reading(site_subject("s0"), Probe.TCP, NOON, NOON)

    assert watch.sights.take(reading, POLICY) is None


def test_attention_is_asked_for_once_while_the_doubt_lasts(watch: Watch) -> None:
    watch.fall_silent()

    assert watch.attended == [(N, True), (N, False)]


def test_a_node_whose_witnesses_fall_silent_too_is_unreachable(watch: Watch) -> None:
    watch.fall_silent()
    watch.testify(silent=True)
    assert watch.review() == [(N, Observed.UNREACHABLE, Evidence.UNREACHABLE)]
    assert watch.review() == [], "said once"

    watch.testify(silent=False)
    assert watch.review() == [(N, Observed.SILENT, Evidence.FRESH)]


def test_without_readings_it_grows_stale(watch: Watch) -> None:
    watch.now += 2 * POLICY.intervals.ssh + MINUTE

    assert watch.review() == [(N, Observed.BOOT, Evidence.STALE)]


def test_a_node_that_left_the_inventory_is_not_reviewed(watch: Watch) -> None:
    watch.state.inventory = Inventory()
    watch.now += timedelta(days=1)

    assert watch.review() == []


def test_the_nodes_of_a_site_are_those_of_the_inventory(watch: Watch) -> None:
    assert watch.sights.of_site(SiteKey("s0")) == [node(0, n) for n in range(3)]
    assert watch.sights.of_site(SiteKey("nowhere")) == []


def test_forgetting_ends_doubt_and_makes_the_next_reading_news(watch: Watch) -> None:
    watch.now += MINUTE
    watch.tcp(PortAnswer.FILTERED)
    assert watch.attended == [(N, True)]
    watch.sights.forget()
    assert watch.attended == [(N, True), (N, False)]

    watch.now += MINUTE
    assert watch.ssh(Login.OK) is not None


def test_blind_nothing_is_taken(watch: Watch) -> None:
    watch.state.fleet = replace(watch.state.fleet, blind=True)
    watch.now += MINUTE

    assert watch.ssh(Login.NO_CONNECT) is None
    assert watch.attended == []


def test_when_it_was_last_heard_of_outlives_a_restart() -> None:
    watch = Watch()
    before = NodeSeen(N, NOON - MINUTE, None)
    watch.state.seen[N] = before
    assert watch.sights.seen(N) == before

    watch.ssh(Login.OK)
    assert watch.sights.seen(N) == NodeSeen(N, NOON, NOON)


def test_only_what_changed_is_to_be_saved(watch: Watch) -> None:
    assert watch.sights.unsaved() == [NodeSeen(N, NOON, NOON)]
    assert watch.sights.unsaved() == []
