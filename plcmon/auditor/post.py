"""Mail and penalties: each notice in one mail (15), and no penalty unasked or unannounced (14)."""

from datetime import datetime
from functools import partial

from plcmon.auditor.book import Book, Intent, Issue
from plcmon.auditor.family import Ears, Found, broken
from plcmon.auditor.limits import Limits
from plcmon.auditor.violation import Violation
from plcmon.model.events import AuditRow

ROW = "row "
RECOVERY = frozenset({"online", "penalty_cleared"})  # good news waits for nobody
DIGEST = "digest"  # its row names the day in which it is the only one


class Post:
    """Which notice is in which mail, what the relay took, and who is punished for what."""

    def __init__(self, book: Book, limits: Limits) -> None:
        self._book = book
        self._limits = limits
        self._written: dict[tuple[str, str], tuple[datetime, str]] = {}  # topic -> last mail
        self._digests: dict[str, int] = {}  # person -> day of the last digest
        self._told: dict[str, list[str]] = {}  # message without an answer -> issues in it

    @property
    def ears(self) -> Ears:
        return {
            "mail fixed": self.fixed,
            "mail accepted": self.answered,
            "mail refused": self.answered,
            "intent": self.intent,
            "issue closed": self.closed,
        }

    # 15

    def fixed(self, row: AuditRow) -> Found:
        message, to = row.gates.get("message", ""), row.gates.get("to", "")
        notices = [row.gates[name].split(" ", 3) for name in row.gates if name.startswith(ROW)]
        if not message or not to or not notices or any(len(n) != 4 for n in notices):
            yield broken(15, row, f"a mail without {missing(message, to)}")
            return
        if message in self._told:
            yield broken(15, row, f"{message} is fixed once more")
        for key, repeat, _, rung in notices:
            yield from self.bind(row, key, (rung, to, repeat), message)
        for _, repeat, notice, _ in notices:
            if notice == DIGEST:
                yield from self.daily(row, to, int(repeat))
        if not {notice for _, _, notice, _ in notices} <= RECOVERY | {DIGEST}:
            yield from self.topic(row, (row.gates.get("site", ""), to), message)
        self._told[message] = [notice[0] for notice in notices]

    def daily(self, row: AuditRow, to: str, day: int) -> Found:
        """One digest of one day to one person."""
        if day <= self._digests.get(to, 0):
            yield broken(15, row, f"{to} gets the digest of day {day} once more")
        self._digests[to] = day

    def bind(self, row: AuditRow, key: str, notice: tuple[str, str, str], message: str) -> Found:
        issue = self._book.issues.get(key)
        if issue is None:
            return  # it closed so long ago that nothing is known of it
        other = issue.mailed.get(notice)
        if other is not None:
            rung, to, repeat = notice
            yield broken(15, row, f"{rung} ({repeat}) of {key} to {to} is in {other} already")
        issue.mailed[notice] = message

    def topic(self, row: AuditRow, topic: tuple[str, str], message: str) -> Found:
        """One mail to one person about one site; the rest waits (4)."""
        last, apart = self._written.get(topic), self._limits.mail_pause
        if last is not None and row.at - last[0] < apart - self._limits.slack:
            site, to = topic
            yield broken(4, row, f"{to} is written to about {site} after {row.at - last[0]}")
        self._written[topic] = row.at, message

    def answered(self, row: AuditRow) -> Found:
        message = row.gates.get("message", "")
        issues = self._told.pop(message, None)
        if issues is None:
            yield broken(15, row, f"an answer to {message or 'a mail'} that was never fixed")
            return
        if row.verb == "mail refused":
            topic = row.gates.get("site", ""), row.gates.get("to", "")
            if self._written.get(topic, (None, ""))[1] == message:
                del self._written[topic]
            return
        for key in issues:
            issue = self._book.issues.get(key)
            if issue is not None and issue.accepted_at is None:
                issue.accepted_at = row.at

    # 14

    def intent(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        if intent.kind == "penalty" and intent.raises and intent.state in ("planned", "sent"):
            yield from self.rise(row, intent)

    def rise(self, row: AuditRow, intent: Intent) -> Found:
        claiming = [i for i in self.claims(intent.site) if i.claim >= intent.raises]
        if not claiming:
            yield broken(14, row, f"level {intent.raises}, which no open issue claims")
            return
        known = row.at - (self._book.began_at or row.at)
        if known < self._limits.new_site:
            yield broken(14, row, f"level {intent.raises} for a site that is known for {known}")
        before = row.at - self._limits.penalty_notice
        if not any(i.accepted_at is not None and i.accepted_at <= before for i in claiming):
            yield broken(14, row, f"level {intent.raises} without a notice taken in time before")

    def claims(self, site: str) -> list[Issue]:
        return [i for i in self._book.open_at(site) if i.claim]

    def closed(self, row: AuditRow) -> Found:
        """Its cause gone, the level is lifted."""
        issue = self._book.issues.get(row.issue)
        if issue is not None and self._book.levels.get(issue.site):
            due = row.at + self._limits.slack
            self._book.remind(due, partial(self.outlives, row, issue.site))
        yield from ()

    def outlives(self, row: AuditRow, site: str, now: datetime) -> Found:
        level = self._book.levels.get(site, 0)
        claimed = max((issue.claim for issue in self.claims(site)), default=0)
        lifting = any(
            i.kind == "penalty" and i.site == site and i.recovers
            for i in self._book.intents.values()
            if i.state in ("planned", "claimed", "sent", "unknown")
        )
        if level > claimed and not lifting:
            text = f"site/{site} stands at level {level}, its open issues claim {claimed}"
            yield Violation(14, now, row.seq, text)


def missing(message: str, to: str) -> str:
    if not message:
        return "a Message-ID"
    return "a recipient" if not to else "readable rows"
