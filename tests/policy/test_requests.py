"""A person's own power action: what still declines it."""

import pytest

from plcmon.model.intents import ActionKind
from plcmon.model.readings import Observed
from plcmon.model.subjects import node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.requests import objection_to_request
from tests.policy.clerk import DAY, Clerk, node

N = node(0, 0)


def objection(clerk: Clerk, kind: ActionKind, *, force: bool = False) -> str:
    view = Draft(clerk.state, clerk.policy, clerk.now)
    return objection_to_request(view, clerk.inventory.nodes[N], kind, force=force)


@pytest.mark.parametrize("state", [Observed.BOOT, Observed.SILENT, Observed.DEAF])
def test_what_is_seen_of_the_node_is_the_persons_business(state: Observed) -> None:
    clerk = Clerk().begin()
    clerk.observe(N, state)

    assert objection(clerk, ActionKind.POWER_CYCLE) == ""


def test_neither_maintenance_nor_blindness_stops_a_person() -> None:
    clerk = Clerk().begin()
    clerk.say(node_subject(N), "maintenance", until=(clerk.now + DAY).isoformat())
    clerk.canaries(0, 3)

    assert objection(clerk, ActionKind.POWER_CYCLE) == ""


def test_a_cycle_spends_the_nodes_limit_and_off_does_not_ask_for_it() -> None:
    clerk = Clerk().begin()
    clerk.say(node_subject(N), "power-cycle")
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(N)

    assert "--force overrides" in objection(clerk, ActionKind.POWER_CYCLE)
    assert objection(clerk, ActionKind.POWER_CYCLE, force=True) == ""
    assert objection(clerk, ActionKind.POWER_OFF) == ""


@pytest.mark.parametrize("kind", [ActionKind.POWER_ON, ActionKind.POWER_OFF])
def test_an_action_in_flight_stops_every_other(kind: ActionKind) -> None:
    clerk = Clerk().begin()
    clerk.say(node_subject(node(0, 1)), "power-cycle")

    assert "in use" in objection(clerk, kind, force=True)
