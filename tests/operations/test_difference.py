"""What another policy would do at once, and when that is more than an hour may do."""

from dataclasses import replace
from datetime import timedelta

from plcmon.model.decisions import Mode
from plcmon.model.policy import Policy, SourceRule
from plcmon.model.subjects import fleet_subject
from plcmon.operations.difference import changed_settings, difference
from tests.policy.clerk import DAY, HOUR, POLICY, Clerk, make_inventory, node

OBSERVE = replace(POLICY, mode=Mode.OBSERVE, version="observing")


def with_silent(number: int, policy: Policy = OBSERVE) -> Clerk:
    """So many sites, each with a node that is down for a day."""
    clerk = Clerk(policy=policy, inventory=make_inventory(sites=6, nodes=2)).begin()
    for site in range(number - 1):
        clerk.fall_silent(node(site, 0), long=HOUR)
    clerk.fall_silent(node(number - 1, 0))
    return clerk


def test_the_same_policy_moves_nothing() -> None:
    clerk = with_silent(3)

    found = difference(clerk.state, OBSERVE, OBSERVE, clerk.now)

    assert (found.settings, found.moved, found.released, found.refused) == ((), (), 0, "")


def test_leaving_observe_says_what_it_would_release() -> None:
    clerk = with_silent(2)

    found = difference(clerk.state, OBSERVE, POLICY, clerk.now)

    assert found.settings == ("mode: observe -> auto",)
    assert (found.released, found.budget, found.refused) == (2, 2, "")
    assert {row.name for row in found.moved if row.releases} == {
        "n0-0.example.org",
        "n1-0.example.org",
    }
    assert all(row.after == "cycle (power-cycle) runs" for row in found.moved if row.releases)


def test_more_than_the_budget_of_an_hour_is_refused() -> None:
    clerk = with_silent(4)

    found = difference(clerk.state, OBSERVE, POLICY, clerk.now)

    assert found.released == 4
    assert found.refused.startswith(
        "it would release 4 power actions at once, and an hour may do 2"
    )


def test_a_freeze_holds_what_would_be_released() -> None:
    clerk = with_silent(4)
    clerk.say(fleet_subject(), "freeze", scope="all")

    found = difference(clerk.state, OBSERVE, POLICY, clerk.now)

    assert (found.released, found.refused) == (0, "")
    assert {row.after for row in found.moved} == {"cycle (power-cycle) is held by inherited"}


def test_a_stricter_policy_releases_nothing() -> None:
    clerk = with_silent(4, POLICY)

    found = difference(clerk.state, POLICY, OBSERVE, clerk.now)

    assert (found.released, found.notices, found.refused) == (0, 0, "")
    assert found.moved


def test_an_issue_that_would_open_is_one_that_moves() -> None:
    clerk = Clerk(policy=OBSERVE).begin()
    clerk.fall_silent(node(0, 0), long=2 * HOUR)
    limits = replace(OBSERVE.thresholds, node_down_silent=HOUR)

    found = difference(clerk.state, OBSERVE, replace(OBSERVE, thresholds=limits), clerk.now)

    (row,) = found.moved
    assert (row.type, row.before) == ("node_down", "no issue")
    assert found.settings == ("thresholds.node_down_silent: 1d -> 1h",)


def test_the_state_stays_as_it_was() -> None:
    clerk = with_silent(3)
    before = repr(clerk.state)

    difference(clerk.state, OBSERVE, POLICY, clerk.now)

    assert repr(clerk.state) == before


def test_a_changed_rung_and_limit_are_named_by_their_keys() -> None:
    kind, ladder = next(iter(POLICY.ladders.items()))
    slower = replace(ladder.rungs[0], after=3 * HOUR)
    ladders = {**POLICY.ladders, kind: replace(ladder, rungs=(slower, *ladder.rungs[1:]))}
    limits = replace(POLICY.limits, cycles={DAY: 2})

    lines = list(changed_settings(POLICY, replace(POLICY, ladders=ladders, limits=limits)))

    assert f"ladder.{kind.value}.{slower.name}.after: 0s -> 3h" in lines
    assert "limits.cycles.1d: 1 -> 2" in lines


def test_a_source_is_told_setting_by_setting() -> None:
    heeded = replace(POLICY, sources={"prom": SourceRule(HOUR, counts=True)})

    assert list(changed_settings(POLICY, heeded)) == [
        "sources.prom.counts: absent -> True",
        "sources.prom.interval: absent -> 1h",
    ]


def test_a_change_of_seconds_or_less_is_told_to_the_last_of_them() -> None:
    wire = replace(POLICY.wire, ping_gap=timedelta(milliseconds=50), dark=timedelta(seconds=90))

    assert list(changed_settings(POLICY, replace(POLICY, wire=wire))) == [
        "wire.dark: 10s -> 1m30s",
        "wire.ping_gap: 20ms -> 50ms",
    ]
