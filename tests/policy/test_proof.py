"""Proof: each verdict has its evidence, and a late one amends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding
from plcmon.model.events import PcuTested
from plcmon.model.intents import ActionKind, IntentState, Outcome
from plcmon.model.issues import Cause, Issue, IssueType, Verdict
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import PcuKey, fleet_subject, node_subject, pcu_subject
from plcmon.policy.draft import Draft
from plcmon.policy.judge import objection
from plcmon.policy.paths import proven
from plcmon.policy.proof import boot_wait
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
P = PcuKey("toml:p0")
SECOND = timedelta(seconds=1)


@pytest.fixture
def cycled() -> Clerk:
    """A silent node was cycled; its outlet was read off and on."""
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0])
    return clerk


def verdict(clerk: Clerk) -> Verdict | None:
    return clerk.intents()[0].verdict


def wait_it_out(clerk: Clerk) -> None:
    clerk.forward(clerk.policy.wire.boot_wait + MINUTE)


def test_what_cannot_be_read_is_not_called_not_rebooted() -> None:
    clerk = Clerk(inventory=make_inventory(readable=False)).begin()
    clerk.fall_silent(N)
    clerk.send(clerk.planned()[0])
    clerk.end(clerk.intents()[0], "confirmed", Outcome.OK)

    wait_it_out(clerk)

    assert verdict(clerk) is Verdict.UNKNOWN
    assert "cannot be read back" in clerk.intents()[0].detail
    assert clerk.issue(pcu_subject(PcuKey("toml:p0")), IssueType.PCU_BROKEN) is None


def test_a_new_boot_id_in_our_window_is_fixed(cycled: Clerk) -> None:
    cycled.boot(N)

    assert verdict(cycled) is Verdict.FIXED
    assert cycled.intents()[0].back_at is not None


def test_a_new_boot_id_in_the_boot_medium_is_sick(cycled: Clerk) -> None:
    cycled.now += MINUTE
    cycled.observe(N, Observed.DEBUG, boot_id="second", booted_at=cycled.now)

    assert verdict(cycled) is Verdict.REBOOTED_SICK


def test_the_old_boot_id_is_not_rebooted(cycled: Clerk) -> None:
    cycled.boot(N, "first")

    assert verdict(cycled) is Verdict.NOT_REBOOTED


def test_a_boot_from_before_our_command_proves_nothing(cycled: Clerk) -> None:
    cycled.now += MINUTE
    cycled.observe(N, Observed.BOOT, boot_id="second", booted_at=cycled.now - HOUR)

    assert verdict(cycled) is Verdict.UNKNOWN


def test_service_without_a_boot_id_is_fixed_by_the_outlet(cycled: Clerk) -> None:
    cycled.now += MINUTE
    cycled.observe(N, Observed.BOOT)

    assert verdict(cycled) is Verdict.FIXED
    assert "no boot id" in cycled.intents()[0].detail


def test_a_boot_medium_without_a_boot_id_is_sick(cycled: Clerk) -> None:
    cycled.now += MINUTE
    cycled.observe(N, Observed.DEBUG)

    assert verdict(cycled) is Verdict.REBOOTED_SICK


def test_silence_after_off_and_on_is_unknown_and_the_site_is_asked(cycled: Clerk) -> None:
    wait_it_out(cycled)

    assert verdict(cycled) is Verdict.UNKNOWN
    assert [row.notice for row in cycled.state.outbox.values()] == ["pcu_failed"]


def freeze(clerk: Clerk) -> None:
    clerk.say(fleet_subject(), "freeze", scope="all")


def maintain(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "maintenance", until=(clerk.now + DAY).isoformat())


@pytest.mark.parametrize("stop", [freeze, maintain])
def test_while_a_stop_holds_notices_it_is_not_asked(
    cycled: Clerk, stop: Callable[[Clerk], None]
) -> None:
    """Its ladder tells later what was tried."""
    stop(cycled)

    wait_it_out(cycled)

    assert verdict(cycled) is Verdict.UNKNOWN
    assert not cycled.planned(ActionKind.NOTIFY)


def test_a_stop_that_comes_later_holds_it(cycled: Clerk) -> None:
    wait_it_out(cycled)
    (notice,) = cycled.planned(ActionKind.NOTIFY)

    freeze(cycled)

    assert objection(Draft(cycled.state, cycled.policy, cycled.now), notice) == "all is frozen"


def test_it_is_off_when_the_node_comes_back_before_it_was_mailed(cycled: Clerk) -> None:
    wait_it_out(cycled)
    cycled.boot(N)
    cycled.forward(HOUR)

    assert not cycled.planned(ActionKind.NOTIFY)
    assert "pcu_failed" not in [row.notice for row in cycled.post()]


def test_before_the_wait_is_over_nothing_is_said(cycled: Clerk) -> None:
    cycled.forward(cycled.policy.wire.boot_wait - MINUTE)

    assert verdict(cycled) is None


@pytest.mark.parametrize(("minutes", "wait"), [(4, 15), (20, 40), (70, 90)])
def test_a_node_that_boots_slowly_is_waited_for_twice_as_long(
    cycled: Clerk, minutes: int, wait: int
) -> None:
    cycled.forward(minutes * MINUTE)
    cycled.boot(N)

    waits = boot_wait(Draft(cycled.state, cycled.policy, cycled.now), SUBJECT)

    assert verdict(cycled) is Verdict.FIXED
    assert timedelta() <= waits - wait * MINUTE <= 3 * MINUTE


def test_an_answer_from_a_node_that_gave_none_is_sick(cycled: Clerk) -> None:
    cycled.now += MINUTE
    cycled.observe(N, Observed.DEAF)
    assert verdict(cycled) is None

    wait_it_out(cycled)

    assert verdict(cycled) is Verdict.REBOOTED_SICK


def test_a_node_that_stays_wedged_gave_that_answer_before() -> None:
    clerk = Clerk().begin()
    clerk.observe(N, Observed.WEDGED)
    clerk.forward(25 * HOUR)
    clerk.refresh()
    clerk.carry_out(clerk.planned()[0])

    wait_it_out(clerk)

    assert verdict(clerk) is Verdict.UNKNOWN


def test_what_cannot_be_seen_is_waited_for(cycled: Clerk) -> None:
    """Blind at the moment the wait is over: no verdict, and nobody is written to."""
    cycled.canaries(0, 3)
    wait_it_out(cycled)
    assert verdict(cycled) is None
    assert not cycled.state.outbox
    for _ in range(3):
        cycled.canaries(3, 3)

    cycled.observe(N, Observed.SILENT)

    assert verdict(cycled) is Verdict.UNKNOWN


def test_what_is_never_seen_again_ends_unknown_without_a_mail(cycled: Clerk) -> None:
    cycled.observe(N, Observed.SILENT, evidence=Evidence.STALE)

    cycled.forward(cycled.policy.wire.boot_wait_most + MINUTE)

    assert verdict(cycled) is Verdict.UNKNOWN
    assert not cycled.state.outbox


def test_a_late_boot_amends_unknown(cycled: Clerk) -> None:
    sent_at = cycled.intents()[0].sent_at
    assert sent_at is not None
    wait_it_out(cycled)
    cycled.now += 20 * MINUTE

    cycled.observe(N, Observed.BOOT, boot_id="second", booted_at=sent_at + MINUTE)

    assert verdict(cycled) is Verdict.FIXED


def test_a_much_later_boot_amends_nothing(cycled: Clerk) -> None:
    wait_it_out(cycled)
    cycled.now += 2 * HOUR

    cycled.observe(N, Observed.BOOT, boot_id="second", booted_at=cycled.now)

    assert verdict(cycled) is Verdict.UNKNOWN


def test_a_sick_node_may_still_become_well(cycled: Clerk) -> None:
    cycled.now += MINUTE
    cycled.observe(N, Observed.DEBUG, boot_id="second", booted_at=cycled.now)

    cycled.boot(N, "third")

    assert verdict(cycled) is Verdict.FIXED


def test_an_outlet_that_never_read_off_is_not_rebooted() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)

    clerk.carry_out(clerk.planned()[0], off_seen=False)

    assert verdict(clerk) is Verdict.NOT_REBOOTED


def test_two_in_a_row_break_the_outlet() -> None:
    clerk = broken()

    assert clerk.state.pcus[PcuKey("toml:p0")].held_outlets == {"1"}
    assert clerk.issue(pcu_subject("toml:p0"), IssueType.PCU_BROKEN) is not None


def broken() -> Clerk:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0], off_seen=False)
    while not clerk.planned():
        clerk.forward(3 * HOUR)
        clerk.refresh()
    clerk.carry_out(clerk.planned()[0], off_seen=False)
    return clerk


def test_a_persons_verified_action_mends_it() -> None:
    clerk = broken()
    clerk.say(SUBJECT, "power-cycle", force=True)
    clerk.carry_out(clerk.planned()[0])

    clerk.boot(N)

    assert clerk.issue(pcu_subject("toml:p0"), IssueType.PCU_BROKEN) is None
    closed = [i for i in clerk.state.issues.values() if i.type is IssueType.PCU_BROKEN]
    assert closed[0].cause is Cause.HEALTHY


def refused_twice() -> Clerk:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    for _ in range(2):
        intent = clerk.planned()[0]
        clerk.send(intent)
        clerk.end(intent, "failed", Outcome.REFUSED)
        for _ in range(9):
            clerk.forward(3 * HOUR)
            clerk.refresh()
    return clerk


def held(clerk: Clerk) -> frozenset[str]:
    return clerk.state.pcus[P].held_outlets


def test_a_command_refused_twice_breaks_the_outlet() -> None:
    clerk = refused_twice()

    assert clerk.issue(pcu_subject(P), IssueType.PCU_BROKEN) is not None
    assert held(clerk) == clerk.state.pcus[P].refused_outlets == {"1"}


def test_a_person_s_refused_off_counts_too() -> None:
    clerk = Clerk().begin()
    for _ in range(2):
        clerk.say(SUBJECT, "power-off", force=True, until=(clerk.now + HOUR).isoformat())
        clerk.end(clerk.send(clerk.planned(ActionKind.POWER_OFF)[0]), "failed", Outcome.REFUSED)

    assert held(clerk) == {"1"}


def test_a_test_that_a_person_asked_for_mends_what_only_refused() -> None:
    clerk = refused_twice()

    clerk.tell(pcu_subject(P), PcuTested(Finding.OK, "logged in"))
    by_itself = held(clerk)
    clerk.tell(pcu_subject(P), PcuTested(Finding.OK, "logged in", asked_by="ops"))

    assert (by_itself, held(clerk)) == ({"1"}, frozenset())
    assert clerk.issue(pcu_subject(P), IssueType.PCU_BROKEN) is None
    assert clerk.state.pcus[P].refusals == 0


@pytest.mark.parametrize("finding", [Finding.TIMEOUT, Finding.BUSY])
def test_a_test_that_fails_mends_nothing(finding: Finding) -> None:
    clerk = refused_twice()

    clerk.tell(pcu_subject(P), PcuTested(finding, "no", asked_by="ops"))

    assert held(clerk) == {"1"}


def test_a_test_tells_nothing_of_an_outlet_that_did_not_reboot_its_node() -> None:
    clerk = broken()

    clerk.tell(pcu_subject(P), PcuTested(Finding.OK, "logged in", asked_by="ops"))

    assert held(clerk) == {"1"}
    assert clerk.issue(pcu_subject(P), IssueType.PCU_BROKEN) is not None


def test_an_unknown_is_no_mark_against_the_pcu(cycled: Clerk) -> None:
    wait_it_out(cycled)

    pcu = cycled.inventory.nodes[N].paths[0].outlets[0].pcu
    assert not cycled.state.pcus[pcu].held_outlets


def test_a_verified_action_proves_the_path() -> None:
    clerk = Clerk(inventory=make_inventory(proven=False)).begin()
    path = clerk.inventory.nodes[N].paths[0]
    clerk.fall_silent(N)
    issue = open_issue(clerk)
    clerk.say(SUBJECT, "approve", issue=issue.id)
    clerk.carry_out(clerk.planned()[0])
    assert not proven(Draft(clerk.state, clerk.policy, clerk.now), path)

    clerk.boot(N)

    assert proven(Draft(clerk.state, clerk.policy, clerk.now), path)


def open_issue(clerk: Clerk) -> Issue:
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    return issue


def test_two_unknowns_of_two_rungs_are_two_letters() -> None:
    """Rows of one key are in one mail only: a second notice needs a key of its own."""
    clerk = Clerk().begin()
    clerk.policy = replace(clerk.policy, limits=replace(clerk.policy.limits, cycles={DAY: 9}))
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0])
    wait_it_out(clerk)
    first = clerk.post()
    issue = open_issue(clerk)
    again = replace(clerk.intents()[0], rung="again", verdict=None, repeat=1)
    assert first and issue.id == again.issue

    clerk.state.intents[again.id] = again
    clerk.forward(MINUTE)

    assert len([row for row in clerk.state.outbox.values() if row.notice == "pcu_failed"]) == 2


def test_a_failed_action_that_was_not_sent_has_no_verdict() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)

    clerk.end(clerk.planned()[0], "cancelled")

    assert clerk.intents()[0].state is IntentState.CANCELLED
    assert verdict(clerk) is None


def test_one_dead_machine_does_not_condemn_its_pdu() -> None:
    """Its outlet reads off and on each time; that it stays silent is no mark against the unit."""
    clerk = Clerk(inventory=make_inventory(sites=1, nodes=2)).begin()
    clerk.fall_silent(N)
    for _ in range(3):
        clerk.refresh()
        if not clerk.planned():
            clerk.say(SUBJECT, "power-cycle", force=True)
        clerk.carry_out(clerk.planned()[0])
        clerk.forward(2 * clerk.policy.wire.boot_wait)
        clerk.forward(8 * DAY)

    pcu = clerk.state.pcus[PcuKey("toml:p0")]
    assert not pcu.held_outlets
    assert clerk.issue(pcu_subject(pcu.key), IssueType.PCU_BROKEN) is None
    verdicts = [i.verdict for i in clerk.intents() if i.off_seen]
    assert verdicts == [Verdict.UNKNOWN] * 3
