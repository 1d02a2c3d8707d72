"""Named regressions: stories in which tools like this one have done harm, or nothing at all."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import Finding, Status
from plcmon.model.decisions import Mode
from plcmon.model.events import InventoryRead, PcuTested
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueType
from plcmon.model.readings import Login, Mark, Observed
from plcmon.model.subjects import (
    BootState,
    NodeKey,
    PcuKey,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node
from tests.policy.mender import Mender
from tests.policy.test_effects import RUNG, TARGET, N, fallen, of_kind, set_outside

STRANGER = frozenset({Mark.HOSTKEY})


def opened_at(clerk: Clerk, key: NodeKey) -> object:
    issue = clerk.issue(node_subject(key), IssueType.NODE_DOWN)
    assert issue is not None
    return issue.opened_at


def test_a_first_outage_gets_one_power_cycle_in_the_day_after_its_issue_opens() -> None:
    clerk = Clerk().begin()
    dead = node(0, 0)
    mender = Mender(clerk, dead=[dead])
    mender.fall(dead)

    mender.work(25 * HOUR)
    opened = opened_at(clerk, dead)
    mender.work(23 * HOUR)

    assert [key for _, key in mender.cycled] == [dead]
    assert opened_at(clerk, dead) == opened


def test_a_site_of_two_silent_nodes_is_repaired_one_at_a_time() -> None:
    clerk = Clerk(inventory=make_inventory(sites=1, nodes=2)).begin()
    both = [node(0, 0), node(0, 1)]
    mender = Mender(clerk)
    mender.fall(*both)

    mender.work(4 * DAY)

    assert sorted(mender.keys) == both
    assert mender.came_back == mender.keys, "the second is cut once the first is back"
    assert all(clerk.state.nodes[key].observed is Observed.BOOT for key in both)


def test_a_fleet_with_a_fifth_long_dead_still_repairs() -> None:
    clerk = Clerk(inventory=make_inventory(sites=10, nodes=1)).begin()
    dead = [node(8, 0), node(9, 0)]
    mender = Mender(clerk, dead=dead)
    for key in dead:
        mender.fall(key)
        mender.work(DAY)
    mender.work(9 * DAY)
    mender.fall(node(0, 0))

    mender.work(2 * DAY)

    assert node(0, 0) in mender.came_back


def test_a_unit_mended_on_the_tenth_day_is_used() -> None:
    clerk = Clerk().begin()
    key, unit = node(0, 0), pcu_subject(PcuKey("toml:p0"))
    mender = Mender(clerk)
    mender.fall(key)
    for _ in range(10 * 24):
        clerk.tell(unit, PcuTested(Finding.TIMEOUT, "does not answer"))
        mender.work(HOUR)
    assert mender.keys == []

    for _ in range(24):
        clerk.tell(unit, PcuTested(Finding.OK, "logged in"))
        mender.work(HOUR)

    assert mender.came_back == [key]


def test_a_boot_loop_is_found_and_gets_no_more_power() -> None:
    clerk = Clerk().begin()
    key = node(0, 0)
    mender = Mender(clerk)
    for number in range(6):
        mender.fall(key)
        mender.work(2 * HOUR)
        clerk.boot(key, f"loop-{number}")
        mender.work(30 * MINUTE)
    assert clerk.issue(node_subject(key), IssueType.FLAPPING) is not None

    mender.fall(key)
    mender.work(2 * DAY)

    assert mender.keys == []


def test_keys_that_were_rotated_cycle_nothing() -> None:
    clerk = Clerk(inventory=make_inventory(sites=6, nodes=2)).begin()
    mender = Mender(clerk)
    for key in clerk.inventory.nodes:
        clerk.observe(key, Observed.DEAF, login=Login.HOSTKEY, marks=STRANGER)

    mender.work(10 * DAY)

    assert clerk.intents() == []
    assert {issue.type for issue in clerk.state.all_open()} <= {
        IssueType.HOSTKEY,
        IssueType.COMMON_CAUSE,
    }
    assert {belief.status for belief in clerk.state.nodes.values()} == {Status.GOOD}


def test_a_cancelled_reinstall_leaves_no_armed_boot_state() -> None:
    """The rung's second step is off, so the first is taken back: nobody boots into an installer."""
    clerk = fallen(RUNG)
    (state,) = of_kind(clerk, ActionKind.BOOT_STATE)
    set_outside(clerk, state, "boot")
    cycle = next(i for i in clerk.planned() if i.after == state.id)

    clerk.say(TARGET, "cancel", intent=cycle.id)

    (back,) = [i for i in of_kind(clerk, ActionKind.BOOT_STATE) if i.undoes]
    assert (back.undoes, back.argument) == (state.id, "boot")


def test_a_reinstall_passed_over_arms_nothing() -> None:
    clerk = fallen(replace(RUNG, mode=Mode.PROPOSE))
    issue = clerk.want(N).issue

    clerk.say(TARGET, "reject", issue=issue)
    clerk.forward(5 * DAY)

    assert of_kind(clerk, ActionKind.BOOT_STATE) == []
    assert clerk.state.nodes[N].written == ""


def test_a_node_disabled_on_purpose_is_left_in_peace() -> None:
    clerk = Clerk().begin()
    key = node(0, 0)
    told = replace(clerk.inventory.nodes[key], boot_state=BootState.DISABLED)
    inventory = replace(clerk.inventory, nodes={**clerk.inventory.nodes, key: told})
    clerk.tell(fleet_subject(), InventoryRead(inventory, "disabled"))
    mender = Mender(clerk)
    mender.fall(key)

    mender.work(20 * DAY)

    assert clerk.intents() == []
    assert list(clerk.state.outbox) == []
    assert clerk.state.open_issues(node_subject(key)) == []


@pytest.mark.timeout(180)
def test_a_storm_over_the_fleet_ends_with_every_node_repaired_in_waves() -> None:
    clerk = Clerk(inventory=make_inventory(sites=12, nodes=1)).begin()
    keys = [node(site, 0) for site in range(12)]
    mender = Mender(clerk)
    mender.fall(*keys)

    mender.work(6 * DAY)

    assert sorted(mender.came_back) == sorted(keys)
    assert len(mender.cycled) == len(keys)
    first, second, third = (at for at, _ in mender.cycled[:3])
    assert first < second <= third, "one, and only when it is back two more"


def test_one_dead_machine_does_not_condemn_its_unit() -> None:
    clerk = Clerk().begin()
    dead, other = node(0, 0), node(0, 1)
    mender = Mender(clerk, dead=[dead])
    mender.fall(dead)
    mender.work(8 * DAY)
    assert [key for _, key in mender.cycled] == [dead] * len(mender.cycled) != []

    mender.fall(other)
    mender.work(3 * DAY)

    assert other in mender.came_back
    assert clerk.issue(pcu_subject(PcuKey("toml:p0")), IssueType.PCU_BROKEN) is None
