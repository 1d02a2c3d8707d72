"""The queue: which notices may be mailed now, and which of them share a mail. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import zip_longest

from plcmon.mail.notices import is_recovery
from plcmon.model.intents import ActionKind, IntentState, Mail, MailState, OutboxRow
from plcmon.model.policy import Budgets, Limits
from plcmon.model.ports import Judge
from plcmon.model.state import State, outbox_key
from plcmon.model.subjects import SiteKey
from plcmon.policy.issues import FLAPS
from plcmon.policy.windows import spared

NOTICES_HEADER = "X-Plcmon-Notices"  # which notices a mail holds, so that recovery can be told
FIRST_RETRY = timedelta(minutes=1)  # wire time
LAST_RETRY = timedelta(hours=1)

DIGEST = "digest"
MAILED = frozenset({IntentState.PLANNED, IntentState.SENT})  # sent: to some of its people so far

Topic = tuple[str, str]  # site, recipient


def waiting_rows(state: State, judge: Judge, now: datetime) -> list[OutboxRow]:
    """Rows in no mail yet that may be mailed now, oldest first.

    A notice that is over is out; one that a gate holds waits, as far as it has not gone yet.
    """
    if not state.fleet.adopted:
        return []
    rows = [row for row in state.outbox.values() if not row.mail and _may(row, state, judge, now)]
    return sorted(rows, key=lambda row: (row.created_at, outbox_key(row)))


def _may(row: OutboxRow, state: State, judge: Judge, now: datetime) -> bool:
    if spared(state.inventory, row.site, row.recipient, now):
        return False
    intent = state.intents.get(row.intent) if row.intent else None
    if intent is None or intent.kind is not ActionKind.NOTIFY:
        return not in_peace(row, state, now)  # it says what already happened
    return intent.state in MAILED and not judge.objection(intent, now)


def in_peace(row: OutboxRow, state: State, now: datetime) -> bool:
    """True while a reply holds the site's notices back; that something is over is always said."""
    site = state.sites.get(SiteKey(row.site))
    until = site.reply_until if site is not None else None
    return until is not None and now < until and not is_recovery(row.notice)


def due_mails(
    rows: Iterable[OutboxRow],
    mails: Iterable[Mail],
    *,
    limits: Limits,
    budget_left: int,
    now: datetime,
    gather: timedelta = timedelta(),
) -> list[list[OutboxRow]]:
    """Rows that go out now, one list for each mail; what is left waits for a later call.

    One mail to one person about one site within `limits.mail`; recovery never waits for that,
    except of what flaps. A
    group waits until its oldest row is `gather` old, so that what happens together is told
    together. At most `budget_left` mails, in a fair order.
    """
    written = last_written(mails)
    due = []
    for topic, waiting in by_topic(row for row in rows if not row.mail).items():
        last = written.get(topic)
        lately = last is not None and now - last < limits.mail
        group = [row for row in waiting if not lately or may_hurry(row)]
        if group and now - min(row.created_at for row in group) >= gather:
            due.append(group)
    return fair(due)[: max(0, budget_left)]


def fair(groups: Iterable[list[OutboxRow]]) -> list[list[OutboxRow]]:
    """Sites in turn, oldest first; who is only a user of a site comes after all others."""
    queues: dict[bool, dict[str, list[list[OutboxRow]]]] = {False: {}, True: {}}
    for group in sorted(groups, key=lambda rows: rows[0].created_at):
        lowest = all(row.lowest for row in group)
        queues[lowest].setdefault(group[0].site, []).append(group)
    return [
        group
        for by_site in queues.values()
        for turn in zip_longest(*by_site.values())
        for group in turn
        if group is not None
    ]


def may_hurry(row: OutboxRow) -> bool:
    """Good news need not wait for the next mail; of a flapping node it would be a stream.

    A digest comes once a day by itself.
    """
    if row.notice == DIGEST:
        return True
    return is_recovery(row.notice) and not row.facts.get(FLAPS)


def by_topic(rows: Iterable[OutboxRow]) -> dict[Topic, list[OutboxRow]]:
    """The rows by site and person, in the order in which they came."""
    groups: dict[Topic, list[OutboxRow]] = {}
    for row in sorted(rows, key=lambda row: (row.created_at, outbox_key(row))):
        groups.setdefault((row.site, row.recipient), []).append(row)
    return groups


def last_written(mails: Iterable[Mail]) -> dict[Topic, datetime]:
    """When each person was last written to about each site; what was refused doesn't count."""
    found: dict[Topic, datetime] = {}
    for mail in mails:
        if mail.state is MailState.REFUSED or only_recovery(mail):
            continue
        topic = (mail.site, mail.recipient)
        found[topic] = max(mail.created_at, found.get(topic, mail.created_at))
    return found


def only_recovery(mail: Mail) -> bool:
    names = mail.headers.get(NOTICES_HEADER, "").split()
    return bool(names) and all(is_recovery(name) for name in names)


def budget_left(mails: Iterable[Mail], budgets: Budgets, now: datetime) -> int:
    """How many more mails the short window has room for."""
    lately = sum(now - mail.created_at < budgets.window for mail in mails)
    return max(0, budgets.notices - lately)


def thread_of(mails: Iterable[Mail], site: str, recipient: str) -> list[str]:
    """Message-IDs of what this person was written about this site, oldest first."""
    found = [m for m in mails if (m.site, m.recipient) == (site, recipient)]
    taken = [m for m in found if m.state is not MailState.REFUSED]
    return [m.message_id for m in sorted(taken, key=lambda m: (m.created_at, m.message_id))]


def retry_at(mail: Mail, first: timedelta = FIRST_RETRY) -> datetime | None:
    """When a mail without an answer is to be handed over again; None: at once."""
    if mail.tried_at is None or not mail.tried:
        return None
    doublings = min(mail.tried - 1, 10)  # beyond ten the last wait rules anyway
    return mail.tried_at + min(first * (1 << doublings), LAST_RETRY)
