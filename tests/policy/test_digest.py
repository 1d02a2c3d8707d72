"""The digest: once a day, whatever happens in between, with what waits and what stands."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from plcmon.model.beliefs import Digest
from plcmon.model.decisions import Mode
from plcmon.model.events import Started
from plcmon.model.intents import OutboxRow
from plcmon.model.policy import Policy
from plcmon.model.readings import Mark, Observed
from plcmon.model.subjects import BootState, Inventory, fleet_subject
from plcmon.policy.digest import last_due, lines, next_due
from plcmon.policy.draft import Draft
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, START, Clerk, make_inventory, node

ALL = fleet_subject()
N = node(0, 0)
TOLD = replace(POLICY, operators=("noc@example.org",), digest=time(7))
MORNING = datetime(2026, 3, 3, 7, tzinfo=UTC)  # the first one after the clerk's start


def clerk_with(policy: Policy = TOLD, inventory: Inventory | None = None) -> Clerk:
    return Clerk(policy, inventory or make_inventory()).begin()


def digests(clerk: Clerk) -> list[OutboxRow]:
    return [row for row in clerk.state.outbox.values() if row.notice == "digest"]


def said(clerk: Clerk, before: Digest | None = None) -> str:
    return "\n".join(lines(Draft(clerk.state, clerk.policy, clerk.now), before))


def test_it_is_due_at_its_time_of_the_day() -> None:
    assert (last_due(TOLD, START), next_due(TOLD, START)) == (MORNING - DAY, MORNING)
    assert last_due(TOLD, MORNING) == MORNING


@pytest.mark.parametrize("policy", [replace(TOLD, operators=()), replace(TOLD, digest=None)])
def test_without_readers_or_a_time_there_is_none(policy: Policy) -> None:
    clerk = clerk_with(policy)

    clerk.forward(3 * DAY)

    assert next_due(policy, START) is None
    assert digests(clerk) == []


def test_each_day_has_exactly_one() -> None:
    clerk = clerk_with()

    clerk.forward(3 * DAY)

    days = [row.repeat for row in digests(clerk)]
    assert len(days) == len(set(days)) == 3
    assert digests(clerk)[0].created_at - MORNING < MINUTE


def test_a_restart_in_the_morning_writes_it_neither_twice_nor_never() -> None:
    clerk = clerk_with()
    clerk.forward(MORNING + HOUR - clerk.now)

    clerk.tell(ALL, Started("test", clerk.policy.version, adopted=True))
    clerk.forward(HOUR)

    assert len(digests(clerk)) == 1


def test_a_service_that_was_away_in_the_morning_writes_it_when_it_is_back() -> None:
    clerk = clerk_with()
    clerk.now = MORNING + 5 * HOUR

    clerk.forward(MINUTE)

    assert len(digests(clerk)) == 1


def test_the_journal_says_that_it_was_written() -> None:
    clerk = clerk_with()

    clerk.forward(DAY)

    assert [row.detail for row in clerk.audit if row.verb == "digest"] == ["noc@example.org"]


def test_counts_are_told_with_their_change() -> None:
    clerk = clerk_with()
    before = Digest(clerk.now, {"nodes good": 6})

    clerk.fall_silent(N)

    assert "nodes: good 5 (-1), offline 1 (+1)" in said(clerk, before)
    assert "issues: node_down 1 (+1)" in said(clerk, before)


def test_what_waits_for_a_word_is_told() -> None:
    clerk = clerk_with(replace(TOLD, mode=Mode.PROPOSE))

    clerk.fall_silent(N)

    assert "waits for approve or reject: cycle of node_down of n0-0.example.org" in said(clerk)


def test_what_only_the_operators_hear_of_is_told_while_it_is_open() -> None:
    clerk = clerk_with()

    clerk.observe(N, Observed.DEAF, marks=frozenset({Mark.HOSTKEY}))

    assert "still open: hostkey of n0-0.example.org" in said(clerk)


def test_a_node_disabled_for_long_is_told() -> None:
    inventory = make_inventory()
    off = replace(inventory.nodes[N], boot_state=BootState.DISABLED, boot_state_at=START)
    clerk = clerk_with(inventory=replace(inventory, nodes={**inventory.nodes, N: off}))
    fresh = said(clerk)

    clerk.now = START + 61 * DAY

    assert "meant to be off" not in fresh
    assert "meant to be off for long: n0-0.example.org: disabled for 61 d" in said(clerk)


def test_one_that_was_disabled_when_it_was_first_seen_is_told_too() -> None:
    """Nobody knows since when it is so; it was so at least since then."""
    inventory = make_inventory()
    off = replace(inventory.nodes[N], boot_state=BootState.DISABLED)
    clerk = clerk_with(inventory=replace(inventory, nodes={**inventory.nodes, N: off}))

    clerk.now = START + 61 * DAY

    assert "meant to be off for long: n0-0.example.org: disabled for 61 d" in said(clerk)


def test_what_is_held_and_what_is_frozen_is_told() -> None:
    clerk = clerk_with()
    clerk.say(ALL, "freeze", scope="all")

    clerk.fall_silent(N)

    assert "held back: freeze holds 1" in said(clerk)
    assert "frozen: all by ops" in said(clerk)


def test_what_was_done_is_told_in_numbers() -> None:
    clerk = clerk_with()
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(N)

    assert "power-cycle fixed 1" in said(clerk)
