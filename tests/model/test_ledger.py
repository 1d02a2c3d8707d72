"""The one ledger: what counts against what, and when it is free again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plcmon.model.intents import (
    ActionKind,
    Intent,
    IntentId,
    IntentState,
    Mail,
    OutboxRow,
)
from plcmon.model.issues import IssueId
from plcmon.model.ledger import Account, Ledger, Spend, spend_of
from plcmon.model.subjects import node_subject

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
NODE = node_subject("n")
TOPIC = ("here", "tech@example.org")


@pytest.mark.parametrize(
    ("kind", "argument", "spend"),
    [
        (ActionKind.POWER_CYCLE, "", Spend.POWER),
        (ActionKind.POWER_ON, "", Spend.POWER),
        (ActionKind.BOOT_STATE, "reinstall", Spend.REINSTALL),
        (ActionKind.BOOT_STATE, "disabled", Spend.DISABLE),
        (ActionKind.BOOT_STATE, "boot", None),
        (ActionKind.REPAIR, "", Spend.REPAIR),
        (ActionKind.NOTIFY, "down tech", Spend.NOTICE),
        (ActionKind.PENALTY, "1", Spend.PENALTY),
        (ActionKind.ALERT, "", None),
    ],
)
def test_an_effect_counts_against_its_budget(
    kind: ActionKind, argument: str, spend: Spend | None
) -> None:
    assert spend_of(kind, argument) is spend


def intent(**changes: object) -> Intent:
    made = Intent(IntentId("N"), ActionKind.POWER_CYCLE, NODE, NOW, NOW + HOUR, "ops", "why")
    return replace(made, **changes)  # type: ignore[arg-type]  # fields of an intent


def account(*minutes: int, waiting: int = 0) -> Account:
    """Done so many minutes ago."""
    times = sorted(NOW - number * MINUTE for number in minutes)
    return Account(times, set(range(waiting)))


def test_only_the_window_counts() -> None:
    assert account(60, 59, 1).inside(NOW, HOUR) == 2


def test_what_waits_counts_in_every_window() -> None:
    assert account(90, waiting=2).inside(NOW, HOUR) == 2


def test_it_is_free_when_the_oldest_in_the_way_leaves() -> None:
    assert account(50, 20, 10).frees_at(NOW, HOUR, 2) == NOW + 40 * MINUTE
    assert account(50, 20).frees_at(NOW, HOUR, 2) == NOW + 10 * MINUTE


def test_nothing_is_in_the_way_of_what_is_free() -> None:
    assert account(50).frees_at(NOW, HOUR, 2) is None


def test_only_news_can_free_what_waits() -> None:
    assert account(waiting=2).frees_at(NOW, HOUR, 2) is None
    assert account(50, waiting=1).frees_at(NOW, HOUR, 2) == NOW + 10 * MINUTE


def test_an_intent_waits_until_it_is_sent_and_counts_from_then() -> None:
    ledger, planned = Ledger(), intent()
    ledger.note_intent(None, planned)
    assert ledger.of(Spend.POWER).inside(NOW + 3 * HOUR, HOUR) == 1

    sent = replace(planned, state=IntentState.SENT, sent_at=NOW)
    ledger.note_intent(planned, sent)

    assert ledger.of(Spend.POWER).inside(NOW + MINUTE, HOUR) == 1
    assert ledger.of(Spend.POWER).inside(NOW + 3 * HOUR, HOUR) == 0


def test_held_or_cancelled_is_not_done() -> None:
    ledger, planned = Ledger(), intent()
    ledger.note_intent(None, planned)

    ledger.note_intent(planned, replace(planned, state=IntentState.CANCELLED))

    assert ledger.of(Spend.POWER).inside(NOW, HOUR) == 0


def test_what_waits_for_a_second_admin_spends_nothing() -> None:
    ledger = Ledger()

    ledger.note_intent(None, intent(beyond="the fleet guard"))

    assert ledger.of(Spend.POWER).inside(NOW, HOUR) == 0


def mail(at: datetime) -> Mail:
    site, recipient = TOPIC
    return Mail(f"<{at}>", recipient, site, "subject", "body", "", at)


def row(at: datetime, *, bound: str = "") -> OutboxRow:
    site, recipient = TOPIC
    return OutboxRow(IssueId("I"), "tell", recipient, 1, "down", site, NODE, at, mail=bound)


def test_a_mail_counts_once() -> None:
    ledger = Ledger()
    ledger.note_mail(mail(NOW), new=True)

    ledger.note_mail(mail(NOW), new=False)

    assert ledger.of(Spend.NOTICE).inside(NOW, HOUR) == 1


def test_rows_that_wait_are_mails_to_come() -> None:
    ledger = Ledger()
    ledger.note_row(row(NOW))
    assert ledger.mails_due(NOW, HOUR, DAY) == 1

    ledger.note_row(row(NOW, bound="<1>"))

    assert ledger.mails_due(NOW, HOUR, DAY) == 0


def test_a_row_that_joins_a_later_mail_is_not_due() -> None:
    ledger = Ledger()
    ledger.note_mail(mail(NOW - 2 * HOUR), new=True)

    ledger.note_row(row(NOW))

    assert ledger.mails_due(NOW, HOUR, DAY) == 0


def test_a_release_counts_once() -> None:
    ledger = Ledger()
    ledger.note_release(None, NOW)

    ledger.note_release(NOW, NOW)

    assert ledger.of(Spend.INHERITED).inside(NOW, DAY) == 1
