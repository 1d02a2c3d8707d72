"""Effects of a rung on a node: in order, within limits, whole or not at all."""

from dataclasses import replace

from plcmon.model.decisions import Effect, GateName, Mode, Pass
from plcmon.model.events import (
    Diagnosed,
    EffectSent,
    IntentClaimed,
    IntentEnded,
    InventoryRead,
    Started,
)
from plcmon.model.intents import ActionKind, Intent, IntentState, Outcome
from plcmon.model.issues import IssueType
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.model.readings import Observed
from plcmon.model.subjects import BootState, fleet_subject, node_subject
from tests.policy.clerk import DAY, MINUTE, POLICY, Clerk, node

N = node(0, 0)
TARGET = node_subject(N)
KINDS = (ActionKind.BOOT_STATE, ActionKind.FLAG, ActionKind.REBOOT_SHELL, ActionKind.REPAIR)
CYCLE = Effect(ActionKind.POWER_CYCLE)
REINSTALL = Effect(ActionKind.BOOT_STATE, "reinstall")
DISABLE = Effect(ActionKind.BOOT_STATE, "disabled")


def policy_with(*rungs: Rung, installed: tuple[ActionKind, ...] = KINDS) -> Policy:
    ladder = Ladder(IssueType.NODE_DOWN, rungs)
    ladders = {**POLICY.ladders, IssueType.NODE_DOWN: ladder}
    return replace(POLICY, ladders=ladders, installed=installed, mode=Mode.AUTO)


def fallen(*rungs: Rung, installed: tuple[ActionKind, ...] = KINDS) -> Clerk:
    clerk = Clerk(policy_with(*rungs, installed=installed)).begin()
    clerk.fall_silent(N)
    return clerk


def of_kind(clerk: Clerk, kind: ActionKind) -> list[Intent]:
    return [intent for intent in clerk.intents() if intent.kind is kind]


def set_outside(clerk: Clerk, intent: Intent, before: str = "boot") -> None:
    """What the effect room tells when all goes well."""
    clerk.tell(intent.target, IntentClaimed(1), intent=intent.id)
    clerk.tell(intent.target, EffectSent(intent.argument, before), intent=intent.id)
    ended = IntentEnded("confirmed", Outcome.OK, "done")
    clerk.tell(intent.target, ended, intent=intent.id)


RUNG = Rung("reinstall", (REINSTALL, CYCLE), order=10)


def test_a_rung_is_granted_whole_and_its_steps_follow_each_other() -> None:
    clerk = fallen(RUNG)

    (state,), (cycle,) = of_kind(clerk, ActionKind.BOOT_STATE), clerk.planned()

    assert (state.state, cycle.after) == (IntentState.PLANNED, state.id)
    assert not clerk.state.may_start(cycle)
    set_outside(clerk, state)
    assert clerk.state.may_start(cycle)


def test_without_an_integration_the_rung_is_never_taken() -> None:
    clerk = fallen(RUNG, Rung("tell", (Effect(ActionKind.NOTIFY, "down tech"),), order=20),
                   installed=())  # fmt: skip

    issue = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert issue is not None
    assert issue.climb.passed["reinstall"] == "installed: not installed: boot-state reinstall"
    assert of_kind(clerk, ActionKind.BOOT_STATE) == []


def test_a_cancelled_reinstall_leaves_no_armed_boot_state() -> None:
    clerk = fallen(RUNG)
    (state,), (cycle,) = of_kind(clerk, ActionKind.BOOT_STATE), clerk.planned()
    set_outside(clerk, state)

    clerk.say(TARGET, "cancel", intent=cycle.id)

    undo = of_kind(clerk, ActionKind.BOOT_STATE)[-1]
    assert (undo.argument, undo.undoes, undo.state) == ("boot", state.id, IntentState.PLANNED)
    issue = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert issue is not None
    assert (issue.climb.rung, issue.boot_states) == ("", ())


def test_a_first_step_that_failed_calls_the_second_off() -> None:
    clerk = fallen(RUNG)
    (state,), (cycle,) = of_kind(clerk, ActionKind.BOOT_STATE), clerk.planned()

    clerk.tell(TARGET, IntentClaimed(1), intent=state.id)
    clerk.tell(TARGET, IntentEnded("failed", Outcome.UNREACHABLE, "away"), intent=state.id)

    assert clerk.state.intents[cycle.id].state is IntentState.CANCELLED
    issue = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert issue is not None
    assert issue.climb.rung == ""
    held = {g.name for g in clerk.want(N).gates if g.answer is Pass.HOLD}
    assert held == {GateName.LOOK_AGAIN}


def test_what_was_taken_back_is_no_reinstall_of_the_node() -> None:
    clerk = fallen(RUNG)
    (state,), (cycle,) = of_kind(clerk, ActionKind.BOOT_STATE), clerk.planned()
    set_outside(clerk, state)
    clerk.say(TARGET, "cancel", intent=cycle.id)

    clerk.forward(61 * MINUTE)  # the budget of the fleet is free again
    clerk.refresh()

    assert len([i for i in clerk.planned() if i.id != cycle.id]) == 1


def test_between_two_reinstalls_lie_two_weeks() -> None:
    again = Rung("again", (REINSTALL,), order=20)
    clerk = fallen(Rung("first", (REINSTALL,), order=10), again)
    (state,) = of_kind(clerk, ActionKind.BOOT_STATE)

    set_outside(clerk, state)

    issue = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert issue is not None
    assert issue.climb.passed["again"].startswith("node limit: the last boot-state reinstall")


def test_a_reinstall_counts_beyond_the_end_of_its_issue() -> None:
    clerk = fallen(Rung("reinstall", (REINSTALL,), order=10))
    (state,) = of_kind(clerk, ActionKind.BOOT_STATE)
    set_outside(clerk, state)
    clerk.boot(N)
    clerk.forward(11 * MINUTE)
    assert clerk.issue(TARGET, IssueType.NODE_DOWN) is None

    clerk.forward(8 * DAY)
    clerk.fall_silent(N)

    issue = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert issue is not None
    assert issue.climb.passed["reinstall"].startswith("node limit: the last boot-state reinstall")


def test_a_closed_fleet_guard_holds_a_reinstall() -> None:
    clerk = fallen(Rung("reinstall", (REINSTALL,), order=10, after=DAY))
    clerk.state.fleet = replace(clerk.state.fleet, guard_closed=True, guard_since=clerk.now)
    clerk.observe(N, Observed.WEDGED)

    held = {g.name for g in clerk.want(N).gates if g.answer is Pass.HOLD}

    assert GateName.FLEET_GUARD in held


def test_what_an_issue_set_is_taken_back_when_it_closes() -> None:
    clerk = fallen(Rung("disable", (DISABLE,), order=10))
    (state,) = of_kind(clerk, ActionKind.BOOT_STATE)
    set_outside(clerk, state)

    clerk.boot(N)
    clerk.forward(11 * MINUTE)

    assert clerk.issue(TARGET, IssueType.NODE_DOWN) is None
    undo = of_kind(clerk, ActionKind.BOOT_STATE)[-1]
    assert (undo.argument, undo.undoes) == ("boot", state.id)


def test_two_settings_are_taken_back_one_after_the_other() -> None:
    clerk = fallen(
        Rung("disable", (DISABLE,), order=10),
        Rung("safeboot", (Effect(ActionKind.BOOT_STATE, "safeboot"),), order=20),
    )
    set_outside(clerk, of_kind(clerk, ActionKind.BOOT_STATE)[0], "boot")
    set_outside(clerk, of_kind(clerk, ActionKind.BOOT_STATE)[1], "disabled")

    clerk.say(TARGET, "close", issue=clerk.want(N).issue)

    undone = [i for i in of_kind(clerk, ActionKind.BOOT_STATE) if i.undoes]
    assert [i.argument for i in undone] == ["disabled", "boot"]
    assert undone[1].after == undone[0].id


def test_a_boot_state_that_plcmon_wrote_is_not_on_purpose() -> None:
    clerk = fallen(Rung("disable", (DISABLE,), order=10))
    set_outside(clerk, of_kind(clerk, ActionKind.BOOT_STATE)[0])
    nodes = dict(clerk.inventory.nodes)
    nodes[N] = replace(nodes[N], boot_state=BootState.DISABLED)

    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, nodes=nodes), "next"))
    clerk.forward(8 * DAY)

    assert clerk.issue(TARGET, IssueType.NODE_DOWN) is not None


def test_after_a_start_a_change_that_was_sent_is_unknown_and_one_that_was_claimed_is_off() -> None:
    clerk = fallen(Rung("disable", (DISABLE,), order=10))
    (state,) = of_kind(clerk, ActionKind.BOOT_STATE)
    clerk.tell(TARGET, IntentClaimed(1), intent=state.id)
    clerk.tell(TARGET, EffectSent("disabled", "boot"), intent=state.id)

    clerk.tell(fleet_subject(), Started("test", "", adopted=True))

    assert clerk.state.intents[state.id].state is IntentState.UNKNOWN


def test_a_flag_is_a_ticket_that_the_last_issue_of_the_site_resolves() -> None:
    clerk = fallen(Rung("flag", (Effect(ActionKind.FLAG),), order=10))
    (ticket,) = of_kind(clerk, ActionKind.FLAG)
    set_outside(clerk, ticket, "resolved")
    clerk.observe(node(0, 1), Observed.SILENT, since=clerk.now - 2 * DAY)
    clerk.forward(DAY + MINUTE)

    clerk.say(TARGET, "close", issue=clerk.want(N).issue)
    assert {intent.argument for intent in of_kind(clerk, ActionKind.FLAG)} == {"open"}
    clerk.say(node_subject(node(0, 1)), "close", issue=clerk.want(node(0, 1)).issue)

    assert of_kind(clerk, ActionKind.FLAG)[-1].argument == "resolved"


def test_a_ticket_that_is_not_open_yet_goes_with_its_issue() -> None:
    clerk = fallen(Rung("flag", (Effect(ActionKind.FLAG),), order=10))
    (ticket,) = of_kind(clerk, ActionKind.FLAG)

    clerk.say(TARGET, "close", issue=clerk.want(N).issue)

    assert clerk.state.intents[ticket.id].state is IntentState.CANCELLED


def test_a_diagnosis_of_this_trouble_may_ask_for_a_reinstall() -> None:
    rung = Rung("reinstall", (REINSTALL,), order=10,
                when=("can_reinstall", "diagnosis_wants_reinstall"))  # fmt: skip
    clerk = fallen(rung)
    assert of_kind(clerk, ActionKind.BOOT_STATE) == []

    clerk.tell(TARGET, Diagnosed(("no file system",), wants_reinstall=True))

    assert len(of_kind(clerk, ActionKind.BOOT_STATE)) == 1
