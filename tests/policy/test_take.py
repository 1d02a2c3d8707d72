"""Taking rungs: whole, once, in order; observed, proposed, passed over, held."""

from collections import Counter
from dataclasses import replace

import pytest

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import GateName, Mode
from plcmon.model.events import AlertRaised, HoldChanged, IssueChanged, PcuTested
from plcmon.model.intents import ActionKind, IntentState
from plcmon.model.issues import Issue, IssueType
from plcmon.model.policy import Ladder, Rung
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import (
    PcuKey,
    SiteKey,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
S = SiteKey("s0")
P = PcuKey("toml:p0")


def clerk_in(mode: Mode, *, paths: bool = True) -> Clerk:
    clerk = Clerk(inventory=make_inventory(paths=paths))
    clerk.policy = replace(clerk.policy, mode=mode)
    return clerk.begin()


def down(clerk: Clerk) -> Issue:
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    return issue


def alerts(clerk: Clerk) -> list[str]:
    return [e.body.text for e in clerk.events if isinstance(e.body, AlertRaised)]


def changes(clerk: Clerk) -> Counter[str]:
    return Counter(e.body.change for e in clerk.events if isinstance(e.body, IssueChanged))


def go_dark(clerk: Clerk) -> None:
    clerk.witnesses(S, answered=False)
    for number in range(3):
        clerk.observe(node(0, number), Observed.SILENT, evidence=Evidence.UNREACHABLE)


# Observing


@pytest.mark.parametrize("mode", list(Mode))
def test_an_alert_is_raised_once_in_every_mode(mode: Mode) -> None:
    """No mode stops a message to the operators, and none makes a storm of it."""
    clerk = clerk_in(mode)
    go_dark(clerk)

    clerk.forward(5 * HOUR)

    assert len([text for text in alerts(clerk) if "site_unreachable" in text]) == 1


def test_after_an_observed_alert_the_shadow_climbs_on() -> None:
    clerk = clerk_in(Mode.OBSERVE)
    go_dark(clerk)

    clerk.forward(26 * HOUR)

    issue = clerk.issue(site_subject(S), IssueType.SITE_UNREACHABLE)
    assert issue is not None
    assert (issue.climb.rung, issue.shadow.rung) == ("alert", "tell")
    assert clerk.intents() == []


def test_leaving_observe_it_starts_at_the_first_rung_not_really_taken() -> None:
    clerk = clerk_in(Mode.OBSERVE, paths=False)
    clerk.fall_silent(N, long=10 * DAY)
    assert (down(clerk).shadow.rung, down(clerk).climb.rung) == ("tell_pi", "")

    clerk.policy = replace(clerk.policy, mode=Mode.AUTO)
    clerk.refresh()

    assert down(clerk).climb.rung == "tell"
    assert [i.argument for i in clerk.intents()] == ["down tech"]


def test_observing_sets_no_claim() -> None:
    clerk = clerk_in(Mode.OBSERVE)
    for number in range(2):
        clerk.observe(node(0, number), Observed.DEAF)
    for _ in range(60):
        clerk.tell(pcu_subject(P), PcuTested(Finding.TIMEOUT, "no answer"))
        clerk.forward(6 * HOUR)
        clerk.canaries(3, 3)

    issue = clerk.issue(pcu_subject(P), IssueType.PCU_DOWN)
    assert issue is not None and "penalty" in issue.shadow.repeats
    assert issue.claim == 0


def test_acting_records_the_claim() -> None:
    clerk = clerk_in(Mode.AUTO)
    for number in range(2):
        clerk.observe(node(0, number), Observed.DEAF)
    for _ in range(60):
        clerk.tell(pcu_subject(P), PcuTested(Finding.TIMEOUT, "no answer"))
        clerk.forward(6 * HOUR)
        clerk.canaries(3, 3)

    issue = clerk.issue(pcu_subject(P), IssueType.PCU_DOWN)
    assert issue is not None and issue.claim == 1


def test_a_rung_that_alone_observes_is_noted_once_and_passed_over() -> None:
    clerk = clerk_in(Mode.AUTO)
    set_rung(clerk, "cycle", mode=Mode.OBSERVE)

    clerk.fall_silent(N)

    assert changes(clerk)["shadow rung"] == 1
    assert down(clerk).climb.passed["cycle"] == "observe: only noted"
    assert clerk.planned() == []


def set_rung(clerk: Clerk, name: str, **fields: object) -> None:
    ladder = clerk.policy.ladders[IssueType.NODE_DOWN]
    rungs = tuple(
        replace(r, **fields) if r.name == name else r  # type: ignore[arg-type] # its fields
        for r in ladder.rungs
    )
    ladders = {**clerk.policy.ladders, IssueType.NODE_DOWN: replace(ladder, rungs=rungs)}
    clerk.policy = replace(clerk.policy, ladders=ladders)


# Proposing


def test_it_is_proposed_twice_then_passed_over_and_flagged() -> None:
    clerk = clerk_in(Mode.PROPOSE)
    clerk.fall_silent(N)
    assert len([t for t in alerts(clerk) if "waits for approval" in t]) == 1

    tick_days(clerk, 25)
    assert len([t for t in alerts(clerk) if "cycle waits for approval" in t]) == 2
    assert "cycle" not in down(clerk).climb.passed
    tick_days(clerk, 25)

    assert down(clerk).climb.passed["cycle"] == "proposed twice, nobody answered"
    assert clerk.want(N).rung != "cycle"


def tick_days(clerk: Clerk, hours: int) -> None:
    """Without any news but time, and PCUs that are tested."""
    for _ in range(hours // 5):
        clerk.forward(5 * HOUR)
        clerk.tell(pcu_subject(P), PcuTested(Finding.OK, "logged in"))


def test_a_proposal_is_made_again_by_time_alone() -> None:
    clerk = clerk_in(Mode.PROPOSE, paths=False)
    clerk.fall_silent(N, long=49 * HOUR)
    proposal = down(clerk).proposal
    assert proposal is not None

    clerk.forward(25 * HOUR)

    again = down(clerk).proposal
    assert again is not None and again.asked_at > proposal.asked_at


def test_a_proposal_of_an_action_that_was_cancelled_is_made_anew() -> None:
    clerk = clerk_in(Mode.PROPOSE)
    clerk.fall_silent(N)
    clerk.say(SUBJECT, "approve", issue=down(clerk).id)
    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)

    clerk.forward(20 * MINUTE)

    proposal = down(clerk).proposal
    assert proposal is not None and proposal.approved_by == ""


# Passing over, holding


def test_what_nothing_implements_is_passed_over_with_its_reason() -> None:
    clerk = clerk_in(Mode.AUTO)
    rung = Rung("fix", clerk.policy.ladders[IssueType.NODE_DEBUG].rungs[0].do, order=5)
    ladder = Ladder(IssueType.NODE_DOWN, (rung,))
    clerk.policy = replace(
        clerk.policy, ladders={**clerk.policy.ladders, IssueType.NODE_DOWN: ladder}
    )

    clerk.fall_silent(N)

    assert down(clerk).climb.passed["fix"] == "installed: not installed: repair"
    assert clerk.want(N).rung == ""


def test_a_condition_that_is_not_now_holds_for_two_bad_days_and_is_then_passed_over() -> None:
    clerk = clerk_in(Mode.AUTO)
    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))
    clerk.fall_silent(N)
    assert clerk.state.holds[down(clerk).id].gate is GateName.CONDITION
    clerk.forward(47 * HOUR)
    assert clerk.want(N).rung == "cycle"

    clerk.forward(2 * HOUR)

    assert clerk.want(N).rung != "cycle"


def test_a_gate_holds_without_end() -> None:
    clerk = clerk_in(Mode.AUTO)
    clerk.say(fleet_subject(), "freeze", scope="kind/power")
    clerk.fall_silent(N)
    for _ in range(40):
        clerk.forward(6 * HOUR)
        clerk.refresh()

    assert clerk.want(N).rung == "cycle"


def test_the_time_a_gate_held_is_not_held_against_the_condition() -> None:
    """Frozen for a week; the moment the PCU is busy must not pass the rung over."""
    clerk = clerk_in(Mode.AUTO)
    clerk.say(fleet_subject(), "freeze", scope="kind/power")
    clerk.fall_silent(N)
    for _ in range(28):
        clerk.forward(6 * HOUR)
        clerk.refresh()

    clerk.tell(pcu_subject(P), PcuTested(Finding.BUSY, "in use"))

    assert clerk.want(N).rung == "cycle"


def test_a_long_hold_is_alerted_once_for_its_gate() -> None:
    clerk = clerk_in(Mode.AUTO)
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)
    clerk.fall_silent(node(1, 0))

    for _ in range(12):
        clerk.refresh()
        clerk.forward(6 * HOUR)

    assert len([text for text in alerts(clerk) if text.startswith("held by freeze")]) == 1


def test_a_hold_is_told_when_it_begins_and_when_it_ends() -> None:
    clerk = clerk_in(Mode.AUTO)
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)
    clerk.say(fleet_subject(), "unfreeze", scope="all")

    told = [e.body.gate for e in clerk.events if isinstance(e.body, HoldChanged)]
    assert told[-2:] == ["freeze", ""]
    assert not clerk.state.holds


def test_the_reason_of_a_hold_stays_while_it_holds() -> None:
    """A PCU that is tested late, beside a freeze, does not make the freeze look young."""
    clerk = clerk_in(Mode.AUTO)
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)
    since = clerk.state.holds[down(clerk).id].since

    for _ in range(5):
        clerk.forward(8 * HOUR)
        clerk.refresh()

    assert clerk.state.holds[down(clerk).id].since == since


def test_a_notice_to_nobody_is_not_planned_for_ever() -> None:
    inventory = make_inventory(paths=False)
    sites = {key: replace(site, contacts=()) for key, site in inventory.sites.items()}
    clerk = Clerk(inventory=replace(inventory, sites=sites)).begin()

    clerk.fall_silent(N, long=49 * HOUR)

    (notice,) = [i for i in clerk.intents() if i.kind is ActionKind.NOTIFY]
    assert notice.state is IntentState.CANCELLED
    assert "nobody to tell" in notice.detail


def test_a_gate_that_holds_for_long_a_second_time_is_said_again() -> None:
    clerk = Clerk(inventory=make_inventory()).begin()
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)
    clerk.forward(25 * HOUR)
    clerk.observe(N, Observed.BOOT)
    clerk.forward(DAY)

    clerk.fall_silent(node(1, 0))
    clerk.forward(25 * HOUR)

    assert len([text for text in alerts(clerk) if text.startswith("held by freeze")]) == 2
