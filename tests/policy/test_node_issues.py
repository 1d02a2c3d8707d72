"""The rarer issues of a node: opened, gone on, closed."""

import pytest

from plcmon.model.beliefs import Status
from plcmon.model.events import Diagnosed, DnsChecked, LogLine
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueType
from plcmon.model.readings import Evidence, Mark, Observed
from plcmon.model.subjects import node_subject
from plcmon.policy.node_issues import RULES
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
OLD = frozenset({Mark.OLDBOOTCD})
WALL = frozenset({Mark.FIREWALLED})
STRANGER = frozenset({Mark.HOSTKEY})


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(inventory=make_inventory(sites=1, nodes=2)).begin()


def types(clerk: Clerk) -> set[IssueType]:
    return {issue.type for issue in clerk.state.open_issues(SUBJECT)}


def the(clerk: Clerk, kind: IssueType) -> Issue:
    found = clerk.issue(SUBJECT, kind)
    assert found is not None
    return found


# node_debug


def test_six_hours_in_debug_are_an_issue(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEBUG)
    clerk.forward(6 * HOUR - MINUTE)
    assert not types(clerk)

    clerk.forward(2 * MINUTE)

    assert types(clerk) == {IssueType.NODE_DEBUG}
    assert clerk.state.nodes[N].status is Status.FAILBOOT


def test_a_node_that_was_not_good_before_has_its_debug_at_once(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT)
    clerk.forward(7 * HOUR)

    clerk.observe(N, Observed.DEBUG)

    assert types(clerk) == {IssueType.NODE_DEBUG}


def test_half_an_hour_of_boot_ends_it(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEBUG)
    clerk.forward(7 * HOUR)
    clerk.observe(N, Observed.BOOT)
    clerk.forward(29 * MINUTE)
    assert types(clerk) == {IssueType.NODE_DEBUG}

    clerk.forward(2 * MINUTE)

    assert not types(clerk)


def test_a_node_in_debug_gets_no_power(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEBUG)
    clerk.forward(20 * DAY)

    assert not [i for i in clerk.intents() if i.kind is ActionKind.POWER_CYCLE]


def test_node_down_takes_debug_over_without_a_word_of_back(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEBUG)
    clerk.forward(2 * DAY)
    clerk.refresh()
    clerk.post()
    assert the(clerk, IssueType.NODE_DEBUG).told

    clerk.fall_silent(N)

    assert types(clerk) == {IssueType.NODE_DOWN}
    assert "online" not in {row.notice for row in clerk.state.outbox.values()}


# old_bootcd


def test_an_old_boot_medium_is_its_own_issue_and_not_node_debug(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEBUG, marks=OLD)
    clerk.forward(7 * HOUR)

    assert types(clerk) == {IssueType.OLD_BOOTCD}


def test_a_new_medium_ends_it_though_it_still_does_not_boot(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEBUG, marks=OLD)
    clerk.forward(7 * HOUR)

    clerk.observe(N, Observed.DEBUG)

    assert types(clerk) == {IssueType.NODE_DEBUG}


def test_silence_does_not_end_it(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEBUG, marks=OLD)

    clerk.observe(N, Observed.SILENT)

    assert types(clerk) == {IssueType.OLD_BOOTCD}


def test_the_site_is_told_of_an_old_medium_at_once(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEBUG, marks=OLD)

    assert [row.notice for row in clerk.post()] == ["new_boot_image"]


# firewalled


def test_a_closed_port_is_an_issue_after_a_day(clerk: Clerk) -> None:
    clerk.observe(N, Observed.BOOT, marks=WALL)
    clerk.forward(24 * HOUR - MINUTE)
    assert not types(clerk)

    clerk.forward(2 * MINUTE)

    assert types(clerk) == {IssueType.FIREWALLED}


def test_the_flag_gone_ends_it_and_silence_does_not(clerk: Clerk) -> None:
    clerk.observe(N, Observed.BOOT, marks=WALL)
    clerk.forward(25 * HOUR)
    clerk.observe(N, Observed.SILENT)
    assert types(clerk) == {IssueType.FIREWALLED}

    clerk.observe(N, Observed.BOOT)

    assert not types(clerk)


def test_stale_time_does_not_count_for_the_flag(clerk: Clerk) -> None:
    clerk.observe(N, Observed.BOOT, marks=WALL)
    clerk.forward(20 * HOUR)
    clerk.observe(N, Observed.BOOT, marks=WALL, evidence=Evidence.STALE)
    clerk.forward(20 * HOUR)
    clerk.observe(N, Observed.BOOT, marks=WALL)
    clerk.forward(3 * HOUR)
    assert not types(clerk)

    clerk.forward(2 * HOUR)

    assert types(clerk) == {IssueType.FIREWALLED}


# hostkey


def test_another_host_key_is_an_issue_and_moves_nothing_else(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF, marks=STRANGER)
    clerk.forward(20 * DAY)

    assert types(clerk) == {IssueType.HOSTKEY}
    assert clerk.state.nodes[N].status is Status.GOOD
    assert not [i for i in clerk.intents() if i.kind is ActionKind.POWER_CYCLE], "cycles nothing"


def test_time_with_another_key_brings_no_power_nearer(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF, marks=STRANGER)
    clerk.forward(47 * HOUR)
    clerk.observe(N, Observed.SILENT)
    clerk.forward(23 * HOUR)

    assert IssueType.NODE_DOWN not in types(clerk)
    assert clerk.state.nodes[N].status is Status.OFFLINE


def test_an_accepted_key_closes_it(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF, marks=STRANGER)
    issue = the(clerk, IssueType.HOSTKEY)

    clerk.say(SUBJECT, "hostkey-accept", reason="reinstalled by hand")

    assert not types(clerk)
    closed = clerk.state.issues[issue.id]
    assert (closed.cause, closed.closer) == ("accepted", "ops")


def test_a_node_that_goes_on_to_show_another_key_opens_it_anew(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF, marks=STRANGER)
    clerk.say(SUBJECT, "hostkey-accept")
    clerk.forward(2 * clerk.policy.intervals.ssh - MINUTE)
    assert not types(clerk)

    clerk.forward(2 * MINUTE)

    assert types(clerk) == {IssueType.HOSTKEY}


def test_the_pinned_key_shown_again_ends_it(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF, marks=STRANGER)

    clerk.observe(N, Observed.BOOT)

    assert not types(clerk)


# dns_error


def test_three_rounds_that_disagree_are_an_issue(clerk: Clerk) -> None:
    for _ in range(2):
        clerk.tell(SUBJECT, DnsChecked(False, "the name has another address"))
        clerk.forward(HOUR)
    assert not types(clerk)

    clerk.tell(SUBJECT, DnsChecked(False, "the name has another address"))

    assert the(clerk, IssueType.DNS_ERROR).summary == "the name has another address"


def test_agreement_ends_it(clerk: Clerk) -> None:
    for _ in range(3):
        clerk.tell(SUBJECT, DnsChecked(False, "no such name"))

    clerk.tell(SUBJECT, DnsChecked(True))

    assert not types(clerk)


def test_a_round_that_agrees_begins_the_count_anew(clerk: Clerk) -> None:
    for agree in (False, False, True, False, False):
        clerk.tell(SUBJECT, DnsChecked(agree, "no such name"))

    assert not types(clerk)


# node_config, bad_hardware


def test_what_a_diagnosis_finds_in_the_configuration_is_an_issue(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, Diagnosed(("no gateway is set", "the disk is full")))

    assert the(clerk, IssueType.NODE_CONFIG).summary == "no gateway is set; the disk is full"


def test_a_clean_diagnosis_of_a_good_node_ends_it(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, Diagnosed(("no gateway is set",)))
    clerk.observe(N, Observed.SILENT)
    clerk.tell(SUBJECT, Diagnosed(()))
    assert IssueType.NODE_CONFIG in types(clerk), "it is not good"

    clerk.observe(N, Observed.BOOT)
    clerk.forward(13 * HOUR)

    assert not types(clerk)


def test_old_lines_about_hardware_are_no_news(clerk: Clerk) -> None:
    line = LogLine(clerk.now - DAY, "sda: I/O error")
    clerk.tell(SUBJECT, Diagnosed((), hardware=(line,)))
    assert the(clerk, IssueType.BAD_HARDWARE).summary == "sda: I/O error"
    clerk.tell(SUBJECT, Diagnosed((), hardware=()))
    assert not types(clerk)

    clerk.tell(SUBJECT, Diagnosed((), hardware=(line,)))

    assert not types(clerk)


def test_a_newer_line_is_the_issue_again(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, Diagnosed((), hardware=()))
    clerk.forward(HOUR)

    clerk.tell(SUBJECT, Diagnosed((), hardware=(LogLine(clerk.now, "sda: I/O error"),)))

    assert types(clerk) == {IssueType.BAD_HARDWARE}


def test_a_log_that_cannot_be_read_says_nothing(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, Diagnosed((), hardware=(LogLine(clerk.now, "sda: I/O error"),)))

    clerk.tell(SUBJECT, Diagnosed((), hardware=None))

    assert types(clerk) == {IssueType.BAD_HARDWARE}


# All of them


@pytest.mark.parametrize("kind", sorted(RULES))
def test_none_opens_on_a_healthy_node(clerk: Clerk, kind: IssueType) -> None:
    clerk.forward(3 * DAY)

    belief = clerk.state.nodes[N]
    assert not RULES[kind].opens(clerk.policy, belief, clerk.now)
    assert RULES[kind].says(belief) is False


@pytest.mark.parametrize("kind", sorted(RULES))
def test_blind_nothing_says_anything(clerk: Clerk, kind: IssueType) -> None:
    clerk.canaries(0, 3)

    assert RULES[kind].says(clerk.state.nodes[N]) is None


def test_a_person_closes_a_finding_and_it_stays_closed_until_found_again(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, Diagnosed(("no gateway is set",)))
    issue = the(clerk, IssueType.NODE_CONFIG)
    clerk.say(SUBJECT, "close", issue=issue.id)
    clerk.forward(5 * HOUR)
    assert not types(clerk)

    clerk.tell(SUBJECT, Diagnosed(("no gateway is set",)))

    assert types(clerk) == {IssueType.NODE_CONFIG}
