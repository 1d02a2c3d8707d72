"""A notice that goes out in several mails: over when each of them is, or its issue."""

import pytest

from plcmon.model.events import MailDelivered, MailFixed
from plcmon.model.intents import ActionKind, Intent, IntentState, Mail, MailState, OutboxRow
from plcmon.model.readings import Observed
from plcmon.model.state import outbox_key
from plcmon.model.subjects import fleet_subject, node_subject
from tests.policy.clerk import DAY, HOUR, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
ALL = fleet_subject()


@pytest.fixture
def clerk() -> Clerk:
    """A notice to two people waits: one to the technicians was mailed a week ago."""
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N, long=49 * HOUR)
    clerk.post()
    clerk.forward(7 * DAY)
    clerk.refresh()
    return clerk


def notice(clerk: Clerk) -> Intent:
    return [i for i in clerk.intents() if i.kind is ActionKind.NOTIFY][-1]


def rows(clerk: Clerk) -> list[OutboxRow]:
    return [row for row in clerk.state.outbox.values() if row.intent == notice(clerk).id]


def fix(clerk: Clerk, row: OutboxRow) -> str:
    name = f"<{row.recipient}>"
    mail = Mail(name, row.recipient, row.site, row.notice, "body", "", clerk.now)
    clerk.tell(ALL, MailFixed(mail, (outbox_key(row),)))
    return name


def mail(clerk: Clerk, row: OutboxRow, word: MailState = MailState.ACCEPTED) -> None:
    clerk.tell(ALL, MailDelivered(fix(clerk, row), word, "250"))


def come_back(clerk: Clerk) -> None:
    clerk.observe(N, Observed.BOOT)
    clerk.forward(HOUR)


def test_it_goes_on_until_the_last_of_its_people_has_his_mail(clerk: Clerk) -> None:
    first, second = rows(clerk)
    mail(clerk, first)
    assert notice(clerk).state is IntentState.SENT

    mail(clerk, second)

    assert notice(clerk).state is IntentState.CONFIRMED
    assert notice(clerk).detail == "the relay took 2 mails"


def test_the_rest_is_judged_again(clerk: Clerk) -> None:
    first, second = rows(clerk)
    mail(clerk, first)
    clerk.say(ALL, "freeze", scope="all")

    mail(clerk, second)

    assert [row.mail for row in rows(clerk)] == [f"<{first.recipient}>", ""]


def test_when_its_issue_closes_the_rest_is_not_mailed(clerk: Clerk) -> None:
    first, second = rows(clerk)
    mail(clerk, first)
    come_back(clerk)

    mail(clerk, second)

    assert notice(clerk).state is IntentState.CONFIRMED
    assert [row.mail for row in rows(clerk)] == [f"<{first.recipient}>", ""]


def test_what_the_relay_has_is_waited_for_though_the_issue_closed(clerk: Clerk) -> None:
    first, _ = rows(clerk)
    name = fix(clerk, first)
    come_back(clerk)
    assert notice(clerk).state is IntentState.SENT

    clerk.tell(ALL, MailDelivered(name, MailState.ACCEPTED, "250"))

    assert notice(clerk).state is IntentState.CONFIRMED


def test_where_every_mail_was_refused_it_failed(clerk: Clerk) -> None:
    for row in rows(clerk):
        mail(clerk, row, MailState.REFUSED)

    assert notice(clerk).state is IntentState.FAILED
