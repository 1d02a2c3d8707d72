"""What the policy would do for one issue now, and when to look again."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Effect, GateName, Mode, Pass
from plcmon.model.events import PcuTested
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueType
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.model.readings import Observed
from plcmon.model.subjects import (
    Outlet,
    PcuKey,
    PowerPath,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.want import want
from tests.policy.clerk import DAY, HOUR, POLICY, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)


@pytest.fixture
def held() -> Clerk:
    """Everything is ready, and frozen."""
    clerk = Clerk().begin()
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)
    return clerk


def test_it_names_the_rung_its_effects_and_its_path(held: Clerk) -> None:
    wanted = held.want(N)

    assert (wanted.rung, [str(effect) for effect in wanted.effects]) == ("cycle", ["power-cycle"])
    assert wanted.path == held.inventory.nodes[N].paths[0]
    assert wanted.site == "s0"


def twice() -> Policy:
    """Power today, and once more three days later."""
    power = (Effect(ActionKind.POWER_CYCLE),)
    rungs = (Rung("one", power, order=1), Rung("two", power, order=2, after=3 * DAY))
    ladders = {**POLICY.ladders, IssueType.NODE_DOWN: Ladder(IssueType.NODE_DOWN, rungs)}
    return replace(POLICY, ladders=ladders)


@pytest.mark.parametrize(("readable", "mode"), [(True, Mode.AUTO), (False, Mode.PROPOSE)])
def test_what_cannot_be_read_back_is_tried_once_and_then_proposed(
    readable: bool, mode: Mode
) -> None:
    clerk = Clerk(twice(), make_inventory(readable=readable)).begin()
    clerk.fall_silent(N)
    (first,) = clerk.planned()
    clerk.carry_out(first)
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.forward(4 * DAY)
    clerk.refresh()
    clerk.observe(N, Observed.SILENT)

    (said,) = [gate for gate in clerk.want(N).gates if gate.name is GateName.READ_BACK]

    assert (clerk.want(N).rung, clerk.want(N).mode) == ("two", mode)
    assert said.answer is Pass.PASS
    assert ("only proposed" in said.fact) is not readable


def test_a_person_s_word_lets_it_be_tried_once_more() -> None:
    clerk = Clerk(twice(), make_inventory(readable=False)).begin()
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0])
    clerk.forward(4 * DAY)
    clerk.refresh()
    clerk.observe(N, Observed.SILENT)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    assert issue.proposal is not None
    assert clerk.planned() == []

    clerk.say(SUBJECT, "approve", issue=issue.id)

    assert [intent.rung for intent in clerk.planned()] == ["two"]


def test_a_want_is_pure(held: Clerk) -> None:
    issue = held.issue(SUBJECT, IssueType.NODE_DOWN)
    view = Draft(held.state, held.policy, held.now)
    assert issue is not None

    assert want(view, issue) == want(view, issue)
    assert not view.changes


def test_a_hold_is_looked_at_again_when_its_alert_is_due(held: Clerk) -> None:
    held.refresh()
    hold = held.state.holds[held.want(N).issue]

    assert held.want(N).next_at == hold.since + DAY


def test_a_hold_that_follows_an_alerted_one_has_an_alert_of_its_own(held: Clerk) -> None:
    """The want is made while the old hold is still the one that is remembered."""
    held.forward(25 * HOUR)

    held.tell(pcu_subject(PcuKey("toml:p0")), PcuTested(Finding.BUSY, "in use"))

    hold = held.state.holds[held.want(N).issue]
    assert (hold.gate, hold.alerted) == (GateName.CONDITION, False)
    assert held.want(N).next_at == hold.since + held.policy.safety.hold_alert


def test_a_wait_is_looked_at_when_it_is_over() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)

    assert issue is not None and clerk.want(N).next_at == issue.opened_at + DAY


def test_without_a_ladder_nothing_is_wanted(held: Clerk) -> None:
    ladders = dict(held.policy.ladders)
    del ladders[IssueType.NODE_DOWN]
    held.policy = replace(held.policy, ladders=ladders)

    held.refresh()

    assert held.want(N).rung == ""


def test_the_strictest_mode_counts(held: Clerk) -> None:
    ladder = held.policy.ladders[IssueType.NODE_DOWN]
    modest: Ladder = replace(ladder, mode=Mode.PROPOSE)
    held.policy = replace(held.policy, ladders={**held.policy.ladders, IssueType.NODE_DOWN: modest})

    held.refresh()

    assert held.want(N).mode is Mode.PROPOSE


def test_the_second_path_is_taken_when_the_first_is_not_in_order() -> None:
    inventory = make_inventory()
    second = PowerPath((Outlet(PcuKey("toml:p1"), "9"),), proven=True)
    paths = (*inventory.nodes[N].paths, second)
    nodes = {**inventory.nodes, N: replace(inventory.nodes[N], paths=paths)}
    clerk = Clerk(inventory=replace(inventory, nodes=nodes)).begin()
    clerk.tell(pcu_subject("toml:p0"), PcuTested(Finding.LOGIN_REFUSED, "no"))

    clerk.fall_silent(N)

    assert [intent.path for intent in clerk.planned()] == [second]


def test_when_none_is_the_preferred_one_says_why() -> None:
    clerk = Clerk().begin()
    clerk.tell(pcu_subject("toml:p0"), PcuTested(Finding.LOGIN_REFUSED, "no"))
    clerk.fall_silent(N)

    gate = next(g for g in clerk.want(N).gates if g.name is GateName.PCU)

    assert (gate.answer, gate.fact) == (Pass.HOLD, "pcu-0 refused our login")


def test_a_hold_by_a_condition_is_looked_at_when_it_is_given_up() -> None:
    clerk = Clerk().begin()
    clerk.tell(pcu_subject("toml:p0"), PcuTested(Finding.LOGIN_REFUSED, "no"))
    clerk.fall_silent(N)
    gate = next(g for g in clerk.want(N).gates if g.name is GateName.CONDITION)

    assert gate.clears_at is not None
    assert 47 * HOUR < gate.clears_at - clerk.now <= 48 * HOUR
