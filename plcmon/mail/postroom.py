"""The post room: makes mails of what waits in the outbox, and hands them to the relay.

Each row is bound to its one mail, durably, before that is sent. So a crash may repeat a mail,
under the same Message-ID; it never invents one and never splits one.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plcmon.mail.compose import compose, domain_of, message_id_of, thread_root
from plcmon.mail.queue import FIRST_RETRY, budget_left, due_mails, retry_at, thread_of, waiting_rows
from plcmon.mail.relay import Carrier
from plcmon.mail.templating import Templates
from plcmon.model.events import (
    Event,
    IntentChanged,
    IssueChanged,
    MailDelivered,
    MailFixed,
    Noticed,
)
from plcmon.model.intents import Mail, MailState, OutboxRow
from plcmon.model.issues import IssueType
from plcmon.model.policy import Policy
from plcmon.model.ports import Inbox, Judge
from plcmon.model.replacing import replace
from plcmon.model.state import State, outbox_key
from plcmon.model.subjects import SiteKey, Subject, fleet_subject, site_subject
from plcmon.policy.jumps import widened
from plcmon.times import Clock

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=5)  # gates open without news, so the queue is looked at this often
GATHER = timedelta(seconds=10)  # what happens together is told together
OVERDUE = timedelta(hours=1)  # a mail without an answer for this long is the operators' business
UNDELIVERABLE = "mail"  # a condition of plcmon's own health; with an address, of that alone


@dataclass(frozen=True)
class Letterhead:
    """What is the same on every mail."""

    sender: str
    support: str  # whom a reader may ask; empty: the sender
    templates: Templates


@dataclass(frozen=True)
class Pace:
    """How patient the post room is; wire time."""

    every: timedelta = EVERY
    gather: timedelta = GATHER
    first_retry: timedelta = FIRST_RETRY
    overdue: timedelta = OVERDUE


class PostRoom:
    """The one worker that mails."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        judge: Judge,
        state: State,
        policy: Callable[[], Policy],
        relay: Carrier,
        letterhead: Letterhead,
        clock: Clock,
        pace: Pace = Pace(),
    ) -> None:
        self._inbox = inbox
        self._judge = judge
        self._state = state
        self._policy = policy
        self._relay = relay
        self._letterhead = letterhead
        self._clock = clock
        self._pace = pace
        self._news = asyncio.Event()

    def hear(self, events: Sequence[Event]) -> None:
        """News after a commit: perhaps there is something to tell."""
        if any(isinstance(event.body, (IssueChanged, IntentChanged)) for event in events):
            self._news.set()

    async def run(self) -> None:
        """Mail what waits; for ever. First, what an earlier run left without an answer."""
        while True:
            self._news.clear()
            await self.go_round()
            try:
                async with asyncio.timeout(self._pace.every.total_seconds()):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def go_round(self) -> None:
        """Fix what is due into mails, then hand over every mail whose time has come."""
        if not self._state.fleet.adopted:
            return
        for rows in self._due():
            await self._fix(rows)
        await self._hand_over()

    def _due(self) -> list[list[OutboxRow]]:
        policy, now, fleet = self._policy(), self._clock.now(), self._state.fleet
        waiting = waiting_rows(self._state, self._judge, now)
        if not waiting:
            return []
        mails = list(self._state.mails.values())
        hour = widened(fleet, policy.budgets.window, now)
        return due_mails(
            waiting,
            mails,
            limits=replace(policy.limits, mail=widened(fleet, policy.limits.mail, now)),
            budget_left=budget_left(mails, replace(policy.budgets, window=hour), now),
            now=now,
            gather=self._pace.gather,
        )

    async def _fix(self, rows: Sequence[OutboxRow]) -> None:
        """Write down which mail the rows are in; returns when that is durable."""
        site = self._state.inventory.sites.get(SiteKey(rows[0].site))
        zone = await asyncio.to_thread(zone_of, site.timezone if site else "UTC")
        mail = self._compose(rows, site.name if site else rows[0].site or "the fleet", zone)
        keys = tuple(outbox_key(row) for row in rows)
        await self._inbox.tell(subject_of(mail), MailFixed(mail, keys))

    def _compose(self, rows: Sequence[OutboxRow], site_name: str, zone: tzinfo) -> Mail:
        head = self._letterhead
        domain, site, recipient = domain_of(head.sender), rows[0].site, rows[0].recipient
        thread = [
            thread_root(site, domain),
            *thread_of(self._state.mails.values(), site, recipient),
        ]
        return compose(
            rows,
            sender=head.sender,
            support=head.support,
            recipient=recipient,
            site_name=site_name,
            message_id=message_id_of(rows, domain),
            in_reply_to=thread[-1],
            references=thread,
            now=self._clock.now(),
            timezone=zone,
            templates=head.templates,
        )

    async def _hand_over(self) -> None:
        async with self._relay:
            for mail in sorted(self._state.unsent_mail(), key=lambda mail: mail.created_at):
                if not self._is_time(mail, self._clock.now()):
                    continue
                await self._hand_over_one(mail)
                if not self._relay.connected:
                    return  # the relay is away: the others wait without being tried in vain

    def _is_time(self, mail: Mail, now: datetime) -> bool:
        at = retry_at(mail, self._pace.first_retry)
        return at is None or now >= at

    async def _hand_over_one(self, mail: Mail) -> None:
        answer = await self._relay.send(mail)
        await self._inbox.tell(subject_of(mail), answer)
        log.info(
            "mail handed over",
            extra={
                "message_id": mail.message_id,
                "site": mail.site,
                "state": answer.state.value,
                "detail": answer.detail,
            },
        )
        await self._judge_health(mail, answer)

    async def _judge_health(self, mail: Mail, answer: MailDelivered) -> None:
        """Mail that does not go out is a matter of plcmon's own health, as is one address."""
        address = f"{UNDELIVERABLE} {mail.recipient}"
        if answer.state is MailState.ACCEPTED:
            await self._notice(UNDELIVERABLE, False, "the relay takes mail")
            await self._notice(address, False, "the relay took a mail to this address")
        elif answer.state is MailState.REFUSED:
            await self._notice(UNDELIVERABLE, False, "the relay answers")
            await self._notice(address, True, f"refused for good: {answer.detail}")
        elif self._clock.now() - mail.created_at >= self._pace.overdue:
            detail = f"a mail waits since {mail.created_at:%Y-%m-%d %H:%M UTC}: {answer.detail}"
            await self._notice(UNDELIVERABLE, True, detail)

    async def _notice(self, condition: str, on: bool, detail: str) -> None:
        """Say it once when a condition begins, and once when it ends."""
        subject = fleet_subject(condition)
        known = self._state.open_issue(subject, IssueType.SELF) is not None
        if known is not on:
            await self._inbox.tell(subject, Noticed(condition, on, detail))


def subject_of(mail: Mail) -> Subject:
    return site_subject(mail.site) if mail.site else fleet_subject()


def zone_of(name: str) -> tzinfo:
    """The IANA zone; UTC when there is none of that name. Reads a file the first time."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
