"""People reboot and reinstall: through integrations, within limits, in order."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Mode
from plcmon.model.events import Actor, EffectSent, Event, IntentClaimed, IntentEnded, Refused
from plcmon.model.intents import ActionKind, IntentState, Outcome
from plcmon.model.subjects import NodeKey, fleet_subject, node_subject
from tests.policy.clerk import ADMIN, DAY, MINUTE, OPS, POLICY, SECOND, Clerk, make_inventory, node
from tests.policy.test_effects import KINDS, of_kind, set_outside

N = node(0, 0)
TARGET = node_subject(N)


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(replace(POLICY, installed=KINDS, mode=Mode.OBSERVE)).begin()


def refusal(told: list[Event]) -> str:
    return next((e.body.why for e in told if isinstance(e.body, Refused)), "")


def test_a_reboot_is_planned_whatever_the_mode(clerk: Clerk) -> None:
    clerk.say(TARGET, "reboot", reason="stuck updates")

    (intent,) = clerk.intents()
    assert (intent.kind, intent.actor) == (ActionKind.REBOOT_SHELL, OPS.name)


def test_without_an_integration_it_says_so() -> None:
    clerk = Clerk().begin()

    said = [refusal(clerk.say(TARGET, verb)) for verb in ("reboot", "reinstall")]

    assert said == [
        "nothing here can do it: no integration carries out reboot-shell",
        "nothing here can do it: no integration carries out boot-state",
    ]
    assert clerk.intents() == []


def test_power_follows_the_boot_state_of_a_reinstall(clerk: Clerk) -> None:
    clerk.say(TARGET, "reinstall", reason="broken image")

    (state,), (cycle,) = of_kind(clerk, ActionKind.BOOT_STATE), clerk.planned()
    assert (state.argument, cycle.after) == ("reinstall", state.id)
    assert not clerk.state.may_start(cycle)
    set_outside(clerk, state)
    assert clerk.state.may_start(cycle)


def test_no_power_follows_a_boot_state_that_failed(clerk: Clerk) -> None:
    clerk.say(TARGET, "reinstall")
    (state,), (cycle,) = of_kind(clerk, ActionKind.BOOT_STATE), clerk.planned()
    clerk.tell(TARGET, IntentClaimed(1), intent=state.id)
    clerk.tell(TARGET, EffectSent("reinstall", "boot"), intent=state.id)

    clerk.tell(TARGET, IntentEnded("failed", Outcome.REFUSED, "no"), intent=state.id)

    assert clerk.state.intents[cycle.id].state is IntentState.CANCELLED


def test_a_node_without_power_path_is_only_marked() -> None:
    inventory = make_inventory(paths=False)
    clerk = Clerk(replace(POLICY, installed=KINDS), inventory).begin()

    clerk.say(TARGET, "reinstall")

    assert [i.kind for i in clerk.intents()] == [ActionKind.BOOT_STATE]


def test_a_second_reinstall_within_the_limit_needs_force(clerk: Clerk) -> None:
    clerk.say(TARGET, "reinstall")
    set_outside(clerk, of_kind(clerk, ActionKind.BOOT_STATE)[0])
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(N)
    clerk.forward(2 * DAY)
    clerk.refresh()

    assert "--force overrides" in refusal(clerk.say(TARGET, "reinstall"))
    assert refusal(clerk.say(TARGET, "reinstall", force=True)) == ""


def test_a_freeze_stops_it(clerk: Clerk) -> None:
    clerk.say(fleet_subject(), "freeze", scope="all")

    assert refusal(clerk.say(TARGET, "reboot", force=True)) == "all is frozen; unfreeze first"


def test_a_closed_fleet_guard_needs_two_admins() -> None:
    clerk = Clerk(replace(POLICY, installed=KINDS), make_inventory(sites=12, nodes=1)).begin()
    for site in range(1, 12):
        clerk.fall_silent(node(site, 0), long=MINUTE)
    assert clerk.state.fleet.guard_closed

    assert "second admin" in refusal(ask(clerk, N, OPS))
    assert refusal(ask(clerk, N, ADMIN)) == ""
    (state,) = of_kind(clerk, ActionKind.BOOT_STATE)
    assert state.waits_for_second
    clerk.say(TARGET, "approve", by=SECOND, intent=state.id)
    assert not clerk.state.intents[state.id].waits_for_second


def ask(clerk: Clerk, key: NodeKey, by: Actor) -> list[Event]:
    return clerk.say(node_subject(key), "reinstall", by=by, force=True)
