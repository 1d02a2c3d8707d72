"""Mail: each row in exactly one, and what the relay's word changes."""

from dataclasses import replace

import pytest

from plcmon.model.events import AlertDelivered, InventoryRead, MailDelivered, MailFixed
from plcmon.model.intents import Intent, IntentState, Mail, MailState
from plcmon.model.issues import Issue, IssueType
from plcmon.model.readings import Observed
from plcmon.model.state import outbox_key
from plcmon.model.subjects import SiteKey, fleet_subject, node_subject
from tests.policy.clerk import DAY, HOUR, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
TECH = "tech@s0.example.org"


@pytest.fixture
def clerk() -> Clerk:
    """One notice waits."""
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N, long=49 * HOUR)
    return clerk


def issue(clerk: Clerk) -> Issue:
    return next(i for i in clerk.state.issues.values() if i.type is IssueType.NODE_DOWN)


def notice(clerk: Clerk) -> Intent:
    return clerk.intents()[0]


def fix(clerk: Clerk, name: str) -> None:
    (row,) = clerk.state.outbox.values()
    mail = Mail(name, TECH, "s0", "down", "body", "", clerk.now)
    clerk.tell(fleet_subject(), MailFixed(mail, (outbox_key(row),)))


def test_a_fixed_mail_binds_its_rows_before_it_is_sent(clerk: Clerk) -> None:
    fix(clerk, "<1@plcmon>")

    assert [row.mail for row in clerk.state.outbox.values()] == ["<1@plcmon>"]
    assert notice(clerk).state is IntentState.SENT


def test_a_row_is_bound_once(clerk: Clerk) -> None:
    fix(clerk, "<1@plcmon>")

    fix(clerk, "<2@plcmon>")

    assert [row.mail for row in clerk.state.outbox.values()] == ["<1@plcmon>"]


def test_a_notice_that_a_stop_holds_by_now_is_in_no_mail(clerk: Clerk) -> None:
    """The post room asked before it composed; a person may have spoken since."""
    clerk.say(fleet_subject(), "freeze", scope="all")

    fix(clerk, "<1@plcmon>")

    assert [row.mail for row in clerk.state.outbox.values()] == [""]
    assert notice(clerk).state is IntentState.PLANNED


def test_the_relays_yes_confirms_the_notice_and_who_was_told(clerk: Clerk) -> None:
    clerk.post()

    assert notice(clerk).state is IntentState.CONFIRMED
    assert issue(clerk).told == (TECH,)


def test_its_no_tells_nobody(clerk: Clerk) -> None:
    clerk.post(MailState.REFUSED)

    assert notice(clerk).state is IntentState.FAILED
    assert issue(clerk).told == ()


def test_a_later_answer_changes_nothing_yet(clerk: Clerk) -> None:
    fix(clerk, "<1@plcmon>")

    clerk.tell(fleet_subject(), MailDelivered("<1@plcmon>", MailState.FIXED, "451 later"))

    assert notice(clerk).state is IntentState.SENT
    assert clerk.state.mails["<1@plcmon>"].tried == 1


def come_back(clerk: Clerk) -> list[str]:
    clerk.observe(N, Observed.BOOT)
    clerk.forward(HOUR)
    return [row.recipient for row in clerk.state.outbox.values() if row.notice == "online"]


def test_who_was_told_down_is_told_back(clerk: Clerk) -> None:
    clerk.post()

    assert come_back(clerk) == [TECH]


def test_who_was_not_is_not(clerk: Clerk) -> None:
    clerk.post(MailState.REFUSED)

    assert come_back(clerk) == []


def test_who_is_told_down_after_it_is_back_is_told_back_too(clerk: Clerk) -> None:
    """The mail was with the relay when the node came back: nobody is left in the belief."""
    fix(clerk, "<1@plcmon>")
    assert come_back(clerk) == []

    clerk.tell(fleet_subject(), MailDelivered("<1@plcmon>", MailState.ACCEPTED, "250"))

    assert come_back(clerk) == [TECH]


def spare(clerk: Clerk) -> None:
    """From now on the inventory spares the technician."""
    site = clerk.inventory.sites[SiteKey("s0")]
    tech, pi = site.contacts
    contacts = (replace(tech, exempt_until=clerk.now + DAY), pi)
    sites = {**clerk.inventory.sites, site.key: replace(site, contacts=contacts)}
    clerk.inventory = replace(clerk.inventory, sites=sites)
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, "spared"))


def test_who_is_exempt_by_now_is_in_no_mail(clerk: Clerk) -> None:
    spare(clerk)

    fix(clerk, "<1@plcmon>")

    assert [row.mail for row in clerk.state.outbox.values()] == [""]


def test_who_is_exempt_by_now_is_not_told_back(clerk: Clerk) -> None:
    clerk.post()
    spare(clerk)

    assert come_back(clerk) == []


def test_who_is_told_of_what_was_superseded_meanwhile_is_told_back_too() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.observe(N, Observed.DEAF)
    clerk.forward(25 * HOUR)
    clerk.refresh()
    fix(clerk, "<1@plcmon>")
    clerk.observe(N, Observed.SILENT)
    clerk.forward(25 * HOUR)
    assert issue(clerk).told == ()

    clerk.tell(fleet_subject(), MailDelivered("<1@plcmon>", MailState.ACCEPTED, "250"))

    assert issue(clerk).told == (TECH,)
    assert come_back(clerk) == [TECH]


def test_a_notice_that_was_not_sent_goes_down_with_its_issue(clerk: Clerk) -> None:
    come_back(clerk)

    assert notice(clerk).state is IntentState.CANCELLED
    assert clerk.post() == []


def test_a_notice_waits_for_days_without_lapsing(clerk: Clerk) -> None:
    clerk.forward(3 * DAY)

    assert notice(clerk).state is IntentState.PLANNED


def test_what_became_of_an_alert_is_in_the_journal(clerk: Clerk) -> None:
    told = clerk.tell(SUBJECT, AlertDelivered(3, "webhook", False, "timeout"))

    assert [event.kind for event in told] == ["AlertDelivered"]
