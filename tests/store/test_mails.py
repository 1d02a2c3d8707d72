"""The outbox: nothing forgotten, nothing in two mails."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.errors import StoreError
from plcmon.model.intents import Mail, MailState, OutboxRow
from plcmon.model.retention import Retention
from plcmon.model.state import Changes, outbox_key
from plcmon.store import Database, database
from tests.fakes.clock import NOON, FakeClock
from tests.store.examples import a_closed_issue, a_mail, an_issue, an_outbox_row

MONTHS = timedelta(days=90)
OVER = a_closed_issue(2, NOON)


async def put(db: Database, *rows: OutboxRow, mails: tuple[Mail, ...] = ()) -> None:
    await db.commit(
        Changes(
            outbox={outbox_key(row): row for row in rows},
            mails={mail.message_id: mail for mail in mails},
        )
    )


async def test_row_and_mail_come_back_whole(db: Database) -> None:
    mail = a_mail(tried=2, tried_at=NOON, detail="greylisted")
    row = an_outbox_row(an_issue(), mail=mail.message_id)
    await put(db, row, mails=(mail,))

    state = await db.load()
    assert state.outbox == {outbox_key(row): row}
    assert state.mails == {mail.message_id: mail}


async def test_row_is_bound_to_a_mail_once(db: Database) -> None:
    row = an_outbox_row(an_issue())
    await put(db, row)
    bound = replace(row, mail="<1@plcmon.example>")
    await put(db, bound)

    with pytest.raises(StoreError, match="a row of the outbox is in exactly one mail"):
        await put(db, replace(row, mail="<2@plcmon.example>"))

    assert (await db.load()).outbox == {outbox_key(row): bound}


async def test_row_is_not_taken_out_of_its_mail(db: Database) -> None:
    row = an_outbox_row(an_issue(), mail="<1@plcmon.example>")
    await put(db, row)

    with pytest.raises(StoreError, match="exactly one mail"):
        await put(db, replace(row, mail=""))


async def test_bound_row_may_be_written_again(db: Database) -> None:
    row = an_outbox_row(an_issue(), mail="<1@plcmon.example>")
    await put(db, row)

    await put(db, row)

    assert (await db.load()).outbox == {outbox_key(row): row}


async def test_repeats_are_rows_of_their_own(db: Database) -> None:
    await put(db, an_outbox_row(an_issue(), 1), an_outbox_row(an_issue(), 2))

    assert len((await db.load()).outbox) == 2


async def test_row_without_a_mail_is_remembered_for_ever(db: Database, clock: FakeClock) -> None:
    await put(db, an_outbox_row(an_issue()))
    clock.advance(MONTHS)

    assert len((await db.load()).outbox) == 1


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
async def test_told_rows_are_remembered_while_their_issue_is_open(
    db: Database, clock: FakeClock, is_open: bool
) -> None:
    issue = an_issue() if is_open else a_closed_issue(1, NOON)
    await db.commit(Changes(issues={issue.id: issue}))
    await put(db, an_outbox_row(issue, mail="<1@plcmon.example>"))
    clock.advance(MONTHS)

    assert bool((await db.load()).outbox) is is_open


@pytest.mark.parametrize(
    ("state", "kept"),
    [(MailState.FIXED, True), (MailState.ACCEPTED, False), (MailState.REFUSED, False)],
)
async def test_only_an_unsent_mail_is_remembered_beyond_a_month(
    db: Database, clock: FakeClock, state: MailState, kept: bool
) -> None:
    await put(db, mails=(a_mail(state=state),))
    clock.advance(MONTHS)

    assert bool((await db.load()).mails) is kept


async def test_mail_changes_its_state(db: Database) -> None:
    await put(db, mails=(a_mail(),))
    accepted = a_mail(state=MailState.ACCEPTED, detail="250 ok")
    await put(db, mails=(accepted,))

    state = await db.load()
    assert state.mails == {accepted.message_id: accepted}
    assert state.unsent_mail() == []


async def test_old_mails_of_issues_that_are_over_are_deleted_a_batch_at_a_time(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BATCH", 2)
    mails = [a_mail(n, state=MailState.ACCEPTED) for n in range(5)]
    rows = [
        replace(an_outbox_row(OVER, mail=mail.message_id), repeat=n) for n, mail in enumerate(mails)
    ]
    await db.commit(Changes(issues={OVER.id: OVER}))
    await put(db, *rows, mails=tuple(mails))

    early = await db.prune(NOON + Retention().mails / 2)
    pruned = await db.prune(NOON + Retention().mails + MONTHS)

    assert (early.mails, pruned.mails) == (0, 10)


async def test_what_may_still_decide_is_not_deleted(db: Database) -> None:
    unsent = an_outbox_row(OVER)
    of_open = an_outbox_row(an_issue(), mail="<1@plcmon.example>")
    waits = a_mail(2, state=MailState.FIXED)
    issues = (an_issue(), OVER)
    await db.commit(Changes(issues={issue.id: issue for issue in issues}))
    await put(db, unsent, of_open, mails=(waits,))

    pruned = await db.prune(NOON + 10 * Retention().mails)

    assert pruned.mails == 0
