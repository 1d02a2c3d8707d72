"""The one ledger: what was done when, by what it counts against, whoever asked."""

from bisect import bisect_right, insort
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from plcmon.model.intents import POWER, ActionKind, Intent, Mail, OutboxRow

Topic = tuple[str, str]  # site, recipient: what shares a mail

DISABLED = "disabled"
REINSTALL = "reinstall"


class Spend(StrEnum):
    """What has a budget of its own."""

    POWER = "power"
    REINSTALL = "reinstall"
    DISABLE = "disable"
    REPAIR = "repair"
    PENALTY = "penalty"
    INHERITED = "inherited"  # issues from the time when plcmon only observed
    NOTICE = "notice"  # counted as mails to contacts


def spend_of(kind: ActionKind, argument: str = "") -> Spend | None:
    """What one effect counts against; None: it has no budget."""
    if kind in POWER:
        return Spend.POWER
    if kind is ActionKind.BOOT_STATE:
        word = argument.split(" ", 1)[0]
        return {REINSTALL: Spend.REINSTALL, DISABLED: Spend.DISABLE}.get(word)
    return {
        ActionKind.REPAIR: Spend.REPAIR,
        ActionKind.REBOOT_SHELL: Spend.REPAIR,
        ActionKind.PENALTY: Spend.PENALTY,
        ActionKind.NOTIFY: Spend.NOTICE,
    }.get(kind)


@dataclass
class Account:
    """When each was done, in order; and what is granted and not done yet."""

    times: list[datetime] = field(default_factory=list)
    waiting: set[Hashable] = field(default_factory=set)

    def inside(self, now: datetime, window: timedelta) -> int:
        """How many count in the window that ends now; what waits may be done at any time."""
        return len(self.times) - bisect_right(self.times, now - window) + len(self.waiting)

    def frees_at(self, now: datetime, window: timedelta, line: int) -> datetime | None:
        """When fewer than `line` count; None: they do already, or what waits fills the line."""
        done = self.inside(now, window) - len(self.waiting)
        over = done + len(self.waiting) - line
        if over < 0 or over >= done:
            return None
        return self.times[len(self.times) - done + over] + window


@dataclass
class Ledger:
    """An account for each kind of spending; kept up to date with each change of the state."""

    accounts: dict[Spend, Account] = field(default_factory=dict)
    posted: dict[Topic, datetime] = field(default_factory=dict)  # rows that wait for a mail
    mailed: dict[Topic, datetime] = field(default_factory=dict)  # the last mail about it
    version: int = 0  # grows with each note: what was counted before it may differ now

    def of(self, spend: Spend) -> Account:
        return self.accounts.setdefault(spend, Account())

    def note_intent(self, before: Intent | None, intent: Intent) -> None:
        """Sent once: it counts from then on. Granted and not over: it may be sent at any time.

        Taking something back costs nothing.
        """
        spend = spend_of(intent.kind, intent.argument)
        if spend is None or spend is Spend.NOTICE or intent.undoes:
            return
        self.version += 1
        account = self.of(spend)
        sent_before = before.sent_at if before is not None else None
        if intent.sent_at != sent_before:
            if sent_before is not None:
                account.times.remove(sent_before)
            if intent.sent_at is not None:
                insort(account.times, intent.sent_at)
        if intent.in_flight and intent.sent_at is None:
            account.waiting.add(intent.id)
        else:
            account.waiting.discard(intent.id)

    def note_release(self, before: datetime | None, released_at: datetime | None) -> None:
        """An inherited issue began to climb."""
        if released_at is not None and released_at != before:
            self.version += 1
            insort(self.of(Spend.INHERITED).times, released_at)

    def note_row(self, row: OutboxRow) -> None:
        self.version += 1
        topic = (row.site, row.recipient)
        if row.mail:
            self.posted.pop(topic, None)
        else:
            self.posted[topic] = row.created_at

    def note_mail(self, mail: Mail, *, new: bool) -> None:
        if new:
            self.version += 1
            insort(self.of(Spend.NOTICE).times, mail.created_at)
            topic = (mail.site, mail.recipient)
            self.mailed[topic] = max(mail.created_at, self.mailed.get(topic, mail.created_at))

    def mails_due(self, now: datetime, window: timedelta, between: timedelta) -> int:
        """Mails that rows of the window still ask for; what joins a later mail is left out."""
        return sum(
            at > now - window and not self.written_lately(topic, now, between)
            for topic, at in self.posted.items()
        )

    def written_lately(self, topic: Topic, now: datetime, between: timedelta) -> bool:
        last = self.mailed.get(topic)
        return last is not None and now - last < between
