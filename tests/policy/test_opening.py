"""An issue that a rung opens: about the same subject, and over with its opener."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Effect, Mode
from plcmon.model.events import EffectSent, IntentClaimed
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Cause, Issue, IssueStatus, IssueType
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.model.readings import Observed
from plcmon.model.subjects import PcuKey, node_subject, pcu_subject
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, Clerk, node

N = node(0, 0)
SUBJECT = node_subject(N)
OPEN = Effect(ActionKind.OPEN, "bad_hardware")


def opening(*more: Effect, mode: Mode = Mode.AUTO) -> Policy:
    """A silent node opens `bad_hardware`, whose ladder tells its technician after two days."""
    tell = (Effect(ActionKind.NOTIFY, "bad_disk tech"),)
    ladders = {
        **POLICY.ladders,
        IssueType.NODE_DOWN: Ladder(IssueType.NODE_DOWN, (Rung("open", (OPEN, *more)),)),
        IssueType.BAD_HARDWARE: Ladder(
            IssueType.BAD_HARDWARE, (Rung("tell", tell, after=2 * DAY),)
        ),
    }
    return replace(POLICY, ladders=ladders, mode=mode, installed=(ActionKind.BOOT_STATE,))


def opened(policy: Policy) -> Clerk:
    clerk = Clerk(policy).begin()
    clerk.fall_silent(N)
    return clerk


def child(clerk: Clerk) -> Issue:
    (issue,) = [i for i in clerk.state.issues.values() if i.type is IssueType.BAD_HARDWARE]
    return issue


def well_again(clerk: Clerk) -> None:
    clerk.boot(N)
    clerk.forward(HOUR)
    clerk.observe(N, Observed.BOOT, boot_id="second")


def test_a_rung_opens_another_issue_about_the_same_subject() -> None:
    clerk = opened(opening())

    opener = clerk.issue(SUBJECT, IssueType.NODE_DOWN)

    assert opener is not None
    assert child(clerk).opened_by == opener.id
    assert child(clerk).summary.startswith("opened by node_down: silent for")


@pytest.mark.parametrize(("mode", "opens"), [(Mode.OBSERVE, False), (Mode.PROPOSE, True)])
def test_observing_opens_nothing_and_proposing_asks_nobody(mode: Mode, opens: bool) -> None:
    clerk = opened(opening(mode=mode))

    assert (clerk.issue(SUBJECT, IssueType.BAD_HARDWARE) is not None) is opens


def test_it_climbs_its_own_ladder_while_its_opener_is_bad() -> None:
    clerk = opened(opening())

    clerk.forward(3 * DAY)
    clerk.refresh()
    clerk.observe(N, Observed.SILENT)

    assert [row.notice for row in clerk.state.outbox.values()] == ["bad_disk"]


def test_it_closes_with_its_opener_and_for_the_same_cause() -> None:
    clerk = opened(opening())

    well_again(clerk)

    assert (child(clerk).status, child(clerk).cause) == (IssueStatus.CLOSED, Cause.HEALTHY)


def test_a_person_who_closes_the_opener_closes_both() -> None:
    clerk = opened(opening())
    opener = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert opener is not None

    clerk.say(SUBJECT, "close", issue=opener.id)

    assert (child(clerk).cause, child(clerk).closer) == (Cause.CLOSED_BY_PERSON, "ops")


def test_what_a_person_closed_lately_is_not_opened_again() -> None:
    clerk = opened(opening())
    clerk.say(SUBJECT, "close", issue=child(clerk).id)
    opener = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert opener is not None
    clerk.say(SUBJECT, "re-arm", issue=opener.id)

    clerk.forward(HOUR)

    assert clerk.issue(SUBJECT, IssueType.BAD_HARDWARE) is None


def test_what_is_found_by_itself_outlives_its_opener() -> None:
    clerk = Clerk(login_opens_down()).begin()
    clerk.observe(N, Observed.DEAF, since=clerk.now)
    clerk.forward(DAY + MINUTE)
    down = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert down is not None
    assert down.opened_by
    clerk.observe(N, Observed.SILENT)
    clerk.forward(DAY + MINUTE)

    found = clerk.issue(SUBJECT, IssueType.NODE_DOWN)

    assert found is not None
    assert (found.id, found.opened_by) == (down.id, None)
    assert clerk.issue(SUBJECT, IssueType.NODE_LOGIN) is None


def login_opens_down() -> Policy:
    rung = Rung("open", (Effect(ActionKind.OPEN, "node_down"),))
    down = Ladder(IssueType.NODE_DOWN, (Rung("flag", (Effect(ActionKind.FLAG),)),))
    login = Ladder(IssueType.NODE_LOGIN, (rung,))
    return replace(
        POLICY,
        ladders={**POLICY.ladders, IssueType.NODE_LOGIN: login, IssueType.NODE_DOWN: down},
    )


def test_a_rung_that_comes_to_nothing_closes_what_it_opened() -> None:
    clerk = opened(opening(Effect(ActionKind.BOOT_STATE, "disabled")))
    (planned,) = clerk.planned(ActionKind.BOOT_STATE)

    clerk.say(SUBJECT, "cancel", intent=planned.id)

    assert (child(clerk).status, child(clerk).cause) == (IssueStatus.CLOSED, Cause.CONDITION_GONE)


def test_what_the_opened_issue_had_set_is_taken_back_then() -> None:
    policy = opening(Effect(ActionKind.BOOT_STATE, "disabled"))
    at_once = Rung("set", (Effect(ActionKind.BOOT_STATE, "safeboot"),))
    own = Ladder(IssueType.BAD_HARDWARE, (at_once,))
    policy = replace(policy, ladders={**policy.ladders, IssueType.BAD_HARDWARE: own})
    clerk = opened(policy)
    planned = {i.argument: i for i in clerk.planned(ActionKind.BOOT_STATE)}
    step = planned["safeboot"].id
    clerk.tell(SUBJECT, IntentClaimed(1), intent=step)
    clerk.tell(SUBJECT, EffectSent("safeboot", "boot"), intent=step)

    clerk.say(SUBJECT, "cancel", intent=planned["disabled"].id)

    assert child(clerk).status is IssueStatus.CLOSED
    assert [i.argument for i in clerk.planned(ActionKind.BOOT_STATE) if i.undoes == step] == [
        "boot"
    ]


def test_a_pcu_s_issue_stands_while_its_opener_does() -> None:
    pcu = pcu_subject(PcuKey("toml:p0"))
    opens = Rung("open", (Effect(ActionKind.OPEN, "pcu_config"),))
    broken = Ladder(IssueType.PCU_BROKEN, (opens,))
    clerk = Clerk(replace(POLICY, ladders={**POLICY.ladders, IssueType.PCU_BROKEN: broken}))
    clerk.begin()
    for _ in range(2):
        clerk.power_by_hand(N, works=False)
    clerk.refresh()
    assert clerk.issue(pcu, IssueType.PCU_CONFIG) is not None

    clerk.say(pcu, "re-arm")

    assert clerk.state.open_issues(pcu) == []
