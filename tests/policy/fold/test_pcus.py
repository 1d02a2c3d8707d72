"""Tests of a PCU: status, findings kept apart, and when it is left alone."""

import pytest

from plcmon.model.beliefs import Finding, PcuBelief, Status
from plcmon.model.events import PcuTested
from plcmon.model.subjects import PcuKey, pcu_subject
from tests.policy.clerk import HOUR, MINUTE, Clerk

P = PcuKey("toml:p0")


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


def find(clerk: Clerk, *findings: Finding, by_claim: bool = False) -> PcuBelief:
    for finding in findings:
        clerk.tell(pcu_subject(P), PcuTested(finding, finding.value, by_claim=by_claim))
        clerk.forward(6 * MINUTE)
    return clerk.state.pcus[P]


def test_three_failures_far_enough_apart_are_offline(clerk: Clerk) -> None:
    assert find(clerk, Finding.TIMEOUT, Finding.REFUSED).status is Status.ONLINE

    assert find(clerk, Finding.TIMEOUT).status is Status.OFFLINE


def test_one_success_begins_anew(clerk: Clerk) -> None:
    found = find(clerk, Finding.TIMEOUT, Finding.TIMEOUT, Finding.OK, Finding.TIMEOUT)

    assert (found.status, found.failures) == (Status.ONLINE, 1)


def test_busy_is_no_failure_and_counts_for_none_later(clerk: Clerk) -> None:
    found = find(clerk, *[Finding.BUSY] * 5, Finding.TIMEOUT)

    assert (found.status, found.failures) == (Status.ONLINE, 1)


def test_busy_for_a_day_is_one(clerk: Clerk) -> None:
    for _ in range(26):
        find(clerk, Finding.BUSY)
        clerk.forward(HOUR)

    assert clerk.state.pcus[P].status is Status.OFFLINE


@pytest.mark.parametrize(
    "finding", [Finding.LOGIN_REFUSED, Finding.UNSUPPORTED, Finding.INCOMPLETE]
)
def test_what_the_record_is_to_blame_for_is_no_failure_of_the_unit(
    clerk: Clerk, finding: Finding
) -> None:
    found = find(clerk, *[finding] * 5)

    assert (found.status, found.failures) == (Status.ONLINE, 0)


def test_a_refused_login_is_remembered_until_a_good_one(clerk: Clerk) -> None:
    assert find(clerk, Finding.LOGIN_REFUSED, Finding.TIMEOUT).refused

    assert not find(clerk, Finding.OK).refused


def test_three_failed_sessions_of_claims_leave_it_alone(clerk: Clerk) -> None:
    find(clerk, *[Finding.TIMEOUT] * 2, by_claim=True)
    assert clerk.state.pcus[P].left_alone_until is None
    asked = clerk.now

    found = find(clerk, Finding.TIMEOUT, by_claim=True)

    assert found.left_alone_until == asked + 6 * HOUR


def test_failed_tests_do_not(clerk: Clerk) -> None:
    assert find(clerk, *[Finding.TIMEOUT] * 5).left_alone_until is None


def test_a_test_while_blind_says_nothing(clerk: Clerk) -> None:
    clerk.canaries(0, 3)

    assert find(clerk, *[Finding.TIMEOUT] * 5).failures == 0


def test_a_stranger_is_nothing(clerk: Clerk) -> None:
    clerk.tell(pcu_subject("toml:stranger"), PcuTested(Finding.OK, "hello"))

    assert PcuKey("toml:stranger") not in clerk.state.pcus
