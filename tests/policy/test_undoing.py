"""Undoing: what cannot be taken back is said aloud; what was not set is nobody's."""

from dataclasses import replace

from plcmon.model.events import AlertRaised, EffectSent, IntentClaimed, IntentEnded
from plcmon.model.intents import ActionKind, Outcome
from plcmon.model.issues import IssueType
from plcmon.model.policy import Rung
from tests.policy.test_effects import DISABLE, TARGET, N, fallen, of_kind, set_outside

RUNG = Rung("disable", (DISABLE,), order=10)


def test_a_value_whose_predecessor_nobody_knows_stays_and_is_told() -> None:
    clerk = fallen(RUNG)
    (state,) = of_kind(clerk, ActionKind.BOOT_STATE)
    set_outside(clerk, state, "")

    told = clerk.say(TARGET, "close", issue=clerk.want(N).issue)

    alerts = [event.body.text for event in told if isinstance(event.body, AlertRaised)]
    assert any("boot state disabled stays" in text for text in alerts)
    assert [i for i in of_kind(clerk, ActionKind.BOOT_STATE) if i.undoes] == []


def test_a_change_that_certainly_failed_is_not_taken_back() -> None:
    clerk = fallen(RUNG)
    (state,) = of_kind(clerk, ActionKind.BOOT_STATE)
    clerk.tell(TARGET, IntentClaimed(1), intent=state.id)
    clerk.tell(TARGET, EffectSent("disabled", "boot"), intent=state.id)
    assert clerk.state.nodes[N].written == "disabled"

    clerk.tell(TARGET, IntentEnded("failed", Outcome.REFUSED, "no"), intent=state.id)

    issue = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert issue is not None
    assert (issue.boot_states, clerk.state.nodes[N].written) == ((), "")


def test_each_setting_is_taken_back_once() -> None:
    clerk = fallen(RUNG)
    set_outside(clerk, of_kind(clerk, ActionKind.BOOT_STATE)[0])
    issue = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.say(TARGET, "close", issue=issue.id)
    assert clerk.state.issues[issue.id].boot_states == ()

    clerk.state.issues[issue.id] = replace(clerk.state.issues[issue.id], summary="seen again")
    clerk.observe(N, clerk.state.nodes[N].observed)

    assert len([i for i in of_kind(clerk, ActionKind.BOOT_STATE) if i.undoes]) == 1
