"""FakeDesk: a whole second implementation of the Desk over rows in memory.

`push` feeds everyone who watches; `lose` makes every call fail until `mend`.
"""

import asyncio
import difflib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from plcmon.errors import (
    DeclinedError,
    DeskError,
    ForbiddenError,
    MistypedError,
    NotFoundError,
)
from plcmon.model.audit import Selection
from plcmon.model.policy import Policy
from plcmon.operations.auditing import audit_view
from plcmon.operations.desk import ROLES, VERBS
from plcmon.operations.reports import (
    AvailabilityRow,
    AvailabilityView,
    DigestView,
    HistoryLine,
    HistoryView,
    IsItUsView,
    PostedView,
    ReadinessView,
    ReadingLine,
    RepairsView,
    RepairView,
    UnreadyView,
)
from plcmon.operations.views import (
    Answer,
    ApprovalView,
    AuditView,
    EventView,
    HandoverView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    PlanLine,
    PlanView,
    PolicyDiffView,
    SessionView,
    SiteView,
    Summary,
    VerifyView,
    View,
    WhyView,
)
from tests.fakes.fleet import NOW, Fleet, small_fleet
from tests.fakes.journal import a_journal, is_selected
from tests.fakes.posting import take_post
from tests.fakes.uplink import uplink_report

AnyRow = NodeView | PcuView | SiteView | IssueView | IntentView
Row = TypeVar("Row", NodeView, PcuView, SiteView, IssueView, IntentView)


@dataclass(frozen=True)
class Said:
    """One verb as it reached the desk."""

    verb: str
    subject: str
    reason: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False


class FakeDesk:
    """A Desk whose rows a test may change, and that remembers what was said to it."""

    def __init__(
        self, fleet: Fleet | None = None, *, role: str = "operator", now: datetime = NOW
    ) -> None:
        self.fleet = fleet or small_fleet()
        self.role = role
        self.now = now
        self.frozen: list[str] = []
        self.windows: list[str] = []
        self.said: list[Said] = []
        self.calls: Counter[str] = Counter()
        self.overrides: dict[str, Any] = {}  # fields of the summary
        self.lost: DeskError | None = None
        self.declines: DeskError | None = None  # raised by the next verb
        self.lines: tuple[str, ...] = ()  # what every answer says more
        self.intent = ""  # the action that every answer names
        self.journal = a_journal()
        self.verified = VerifyView(True, "5 rows: chain and invariants hold", 5)
        self._news = asyncio.Condition()

    # What a test does to it.

    async def push(self, event: EventView) -> None:
        """Commit one event (its number is given here) and tell everyone who watches."""
        numbered = replace(event, seq=len(self.fleet.events) + 1)
        self.fleet.events.append(numbered)
        async with self._news:
            self._news.notify_all()

    async def change(self, row: AnyRow, text: str = "it changed") -> None:
        """Put a row in the place of the one with its key and push the event that says so."""
        kind, table = self._table(row)
        key = row.id if isinstance(row, IssueView | IntentView) else row.key
        if isinstance(row, IssueView) and row.status == "closed":
            table.pop(key, None)
        else:
            table[key] = row
        subject = row.subject if isinstance(row, IssueView) else f"{kind}/{key}"
        await self.push(an_event(text, subject, row.name, (f"{kind}/{key}", subject)))

    async def lose(self, why: str = "connection refused") -> None:
        """Be gone: every call and every watcher gets a DeskError."""
        self.lost = DeskError("desk", "connecting", why)
        async with self._news:
            self._news.notify_all()

    async def mend(self) -> None:
        """Be back."""
        self.lost = None

    # The Desk.

    async def summary(self) -> Summary:
        self._answer("summary")
        fleet = self.fleet
        values: dict[str, Any] = {
            "at": self.now,
            "seq": len(fleet.events),
            "service": "0.1.0",
            "nodes": Counter(node.status for node in fleet.nodes.values()),
            "evidence": Counter(node.evidence for node in fleet.nodes.values()),
            "sites": len(fleet.sites),
            "pcus": len(fleet.pcus),
            "issues": Counter(issue.type for issue in fleet.issues.values()),
            "mode": "auto",
            "frozen": tuple(self.frozen),
            "blind": False,
            "adopted": True,
            "guard": "open, 3 of 5",
            "guard_closed": False,
            "budget": "power 1 of 2 this hour",
            "approvals": sum(issue.proposal for issue in fleet.issues.values()),
            "held": sum(bool(issue.held_by) for issue in fleet.issues.values()),
            "in_flight": sum(i.state in ("claimed", "sent") for i in fleet.intents.values()),
            "windows": len(self.windows),
            "scan_at": self.now - timedelta(minutes=2),
            "scan_late": False,
            "scan_every_s": 300.0,
            "inventory_at": self.now - timedelta(hours=4),
            "started_at": self.now - timedelta(days=6),
            "role": self.role,
            "caller": "ops",
        }
        return Summary(**{**values, **self.overrides})

    async def view(self) -> View:
        self._answer("view")
        fleet = self.fleet
        return View(
            summary=await self.summary(),
            issues=tuple(fleet.issues.values()),
            nodes=tuple(fleet.nodes.values()),
            sites=tuple(fleet.sites.values()),
            pcus=tuple(fleet.pcus.values()),
            intents=tuple(fleet.intents.values()),
        )

    async def nodes(self, match: str = "") -> list[NodeView]:
        self._answer("nodes")
        return matching(self.fleet.nodes.values(), match)

    async def sites(self, match: str = "") -> list[SiteView]:
        self._answer("sites")
        return matching(self.fleet.sites.values(), match)

    async def pcus(self, match: str = "") -> list[PcuView]:
        self._answer("pcus")
        return matching(self.fleet.pcus.values(), match)

    async def issues(self, match: str = "", *, closed: bool = False) -> list[IssueView]:
        self._answer("issues")
        rows = [i for i in self.fleet.issues.values() if closed or i.status != "closed"]
        return matching(rows, match)

    async def intents(self, match: str = "", *, limit: int = 200) -> list[IntentView]:
        self._answer("intents")
        newest = sorted(self.fleet.intents.values(), key=lambda i: i.planned_at, reverse=True)
        return matching(newest, match)[:limit]

    async def why(self, subject: str, at: datetime | None = None) -> WhyView:
        self._answer("why")
        if at is not None:
            if at > self.now:
                raise MistypedError(subject, "looking back", "this time is still to come")
            return replace(await self.why(subject), at=at, remark="as it was then")
        row = self._find(subject)
        if isinstance(row, IssueView) and row.id in self.fleet.whys:
            return replace(self.fleet.whys[row.id], issue=row, sentence=row.why)
        if isinstance(row, NodeView) and row.issues and row.issues[0] in self.fleet.issues:
            return await self.why(row.issues[0])
        sentence = row.reason if isinstance(row, IntentView) else row.why
        return WhyView(subject, row.name, sentence, (), (), None, "", (), (), "nothing")

    async def plan(self, span: timedelta) -> PlanView:
        self._answer("plan")
        if span <= timedelta():
            raise MistypedError("", "planning", "it reaches ahead by more than nothing")
        until = self.now + span
        lines = [
            PlanLine(
                issue.next_at or self.now,
                issue.subject,
                issue.name,
                issue.type,
                issue.next_rung,
                f"does: {issue.next_rung}",
                issue.held_by,
            )
            for issue in self.fleet.issues.values()
            if issue.next_rung and (issue.next_at or self.now) <= until
        ]
        lines.sort(key=lambda line: line.at)
        return PlanView(self.now, until, "Assumed: nothing changes.", tuple(lines))

    async def approvals(self) -> list[ApprovalView]:
        self._answer("approvals")
        return [self._approval(i) for i in self.fleet.issues.values() if i.proposal]

    async def repairs(self, since: datetime) -> RepairsView:
        self._answer("repairs")
        cycles = [i for i in self.fleet.intents.values() if i.kind == "power-cycle" and i.sent_at]
        verdicts = Counter(i.verdict for i in cycles)
        row = RepairView(
            "", "", "", len(cycles), verdicts["fixed"], verdicts["rebooted_sick"],
            verdicts["not_rebooted"], verdicts["unknown"], verdicts[""], None,
        )  # fmt: skip
        each = (replace(row, rung="cycle", family="apc", site="princeton"),) if cycles else ()
        return RepairsView(since, self.now, row, each, each, each, each)

    async def is_it_us(self) -> IsItUsView:
        self._answer("is_it_us")
        return uplink_report(self.fleet, self.now)

    async def history(self, node: str, since: datetime) -> HistoryView:
        self._answer("history")
        row = next((row for row in self.fleet.nodes.values() if node in (row.key, row.name)), None)
        if row is None:
            raise NotFoundError(node, "looking for a node", "there is none of this name")
        lasted = (self.now - since).total_seconds()
        line = HistoryLine(since, row.observed, row.detail, lasted)
        share = AvailabilityRow(row.name, 1, lasted, 0.0, 0.0, 1.0, 1.0)
        answer = ReadingLine(self.now, "ping", "2 of 3 answered", 12.5, 1 / 3)
        return HistoryView(row.key, row.name, row.site, since, self.now, share, (line,), (answer,))

    async def availability(
        self, since: datetime, until: datetime | None = None, *, by: str = "site", match: str = ""
    ) -> AvailabilityView:
        self._answer("availability")
        end = until or self.now
        if by not in {"node", "site", "pcu", "all"} or since >= end:
            raise MistypedError(by, "adding up availability", "it goes by node, site, pcu, all")
        rows = await self.nodes(match)
        groups = Counter(row.name if by == "node" else row.site for row in rows)
        lasted = (end - since).total_seconds()

        def row_of(name: str, nodes: int) -> AvailabilityRow:
            return AvailabilityRow(name, nodes, lasted * nodes, 0.0, 0.0, 1.0, 1.0)

        each = tuple(row_of(name, nodes) for name, nodes in sorted(groups.items()))
        return AvailabilityView(since, end, by, each, row_of("", len(rows)))

    async def sessions(self, pcu: str) -> list[SessionView]:
        self._answer("sessions")
        rows = self.fleet.pcus.values()
        found = next((row for row in rows if pcu in (row.key, row.name, f"pcu/{row.key}")), None)
        if found is None:
            raise NotFoundError(pcu, "looking for a PCU", "there is none of this name")
        said = ("< User Name :", "> apc", "< Password :", "> ***")
        return [SessionView(found.key, self.now, "", said)] if found.tested_at else []

    async def readiness(self) -> ReadinessView:
        self._answer("readiness")
        nodes = self.fleet.nodes.values()
        unready = tuple(
            UnreadyView(n.key, n.name, n.site, "", "no power path", "", "name its PCU")
            for n in nodes
            if not n.power
        )
        ready = len(nodes) - len(unready)
        share = ready / len(nodes) if nodes else 0.0
        return ReadinessView(self.now, 7776000.0, len(nodes), ready, 0, share, unready)

    async def digest(self) -> DigestView:
        self._answer("digest")
        lines = (f"nodes: good {len(self.fleet.nodes)}", "done since yesterday: nothing")
        return DigestView(self.now, lines, ("noc@example.org",), None, self.now)

    async def post_readings(self, source: str, body: bytes, *, form: str = "") -> PostedView:
        self._answer("post_readings")
        names = {row.name for row in self.fleet.nodes.values()}
        return take_post(names, self.role, source, body, form)

    async def policy_diff(self, policy: Policy) -> PolicyDiffView:
        self._answer("policy_diff")
        return PolicyDiffView("p1", policy.version, (), (), released=0, budget=2, notices=0)

    async def since(self, since: datetime) -> HandoverView:
        self._answer("since")
        told = tuple(f"{e.name}: {e.text}" for e in self.fleet.events if e.at >= since)
        waiting = tuple(i.name for i in self.fleet.issues.values() if i.proposal)
        held = tuple(f"{i.name}: {i.held_by}" for i in self.fleet.issues.values() if i.held_by)
        return HandoverView(since, self.now, told, (), (), held, waiting)

    async def audit(
        self,
        about: str = "",
        *,
        actor: str = "",
        verb: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 200,
    ) -> list[AuditView]:
        self._answer("audit")
        selection = Selection("", "", "", actor, verb, since, until, limit)
        rows = [r for r in self.journal if is_selected(r, selection)]
        if about:
            known = {about, self._subject_of(about)}
            rows = [r for r in rows if known & {r.subject, r.issue, r.intent}]
        return [audit_view(row, row.subject) for row in rows[-limit:] if limit]

    def _subject_of(self, about: str) -> str:
        kinds = {NodeView: "node", PcuView: "pcu", SiteView: "site"}
        row = self._find(about)
        if isinstance(row, IssueView | IntentView):
            return row.id
        return f"{kinds[type(row)]}/{row.key}"

    async def verify(self) -> VerifyView:
        self._answer("verify")
        return self.verified

    async def events(self, after: int, *, limit: int = 500) -> list[EventView]:
        self._answer("events")
        return self.fleet.events[after : after + limit]

    async def watch(self, after: int) -> AsyncIterator[EventView]:
        self._answer("watch")
        seen = after
        while True:
            for event in self.fleet.events[seen:]:
                seen = event.seq
                yield event
            await self._more_than(seen)
            self._answer("watch")

    async def do(
        self,
        verb: str,
        subject: str = "",
        *,
        reason: str = "",
        arguments: Mapping[str, Any] | None = None,
        force: bool = False,
    ) -> Answer:
        self._answer("do")
        spec = VERBS.get(verb)
        if spec is None:
            raise NotFoundError("desk", f"doing {verb}", f"unknown verb{nearest(verb, VERBS)}")
        if self.role not in ROLES[ROLES.index(spec.role) :]:
            raise ForbiddenError("desk", verb, f"role {self.role} may not; {spec.role} may")
        if spec.reason and not reason:
            raise DeclinedError("desk", verb, "a reason must be given")
        if self.declines is not None:
            declined, self.declines = self.declines, None
            raise declined
        name = subject or "all"
        if spec.subject not in ("", "scope"):
            name = self._find(subject).name
        self.said.append(Said(verb, subject, reason, dict(arguments or {}), force))
        await self._obey(verb, subject)
        seq = len(self.fleet.events)
        text = f"{verb} {name}: done"
        return Answer(True, text, subject, intent=self.intent, seq=seq, lines=self.lines)

    # Inside.

    def _approval(self, issue: IssueView) -> ApprovalView:
        return ApprovalView(
            issue=issue.id,
            type=issue.type,
            subject=issue.subject,
            name=issue.name,
            site=issue.site,
            rung=issue.next_rung,
            rung_number=issue.rung_number + 1,
            what=issue.next_rung,
            path="",
            why=issue.summary,
            bad_since=issue.bad_since,
            asked_at=issue.opened_at,
            expires_at=issue.opened_at + timedelta(days=1),
            then="it is asked once more",
        )

    async def _obey(self, verb: str, subject: str) -> None:
        issue = self.fleet.issues.get(subject)
        if verb == "freeze":
            self.frozen.append(subject or "all")
        elif verb == "unfreeze" and subject in self.frozen:
            self.frozen.remove(subject)
        elif verb == "maintenance":
            self.windows.append(subject)
        elif verb in ("approve", "reject") and issue:
            self.fleet.issues[subject] = replace(issue, proposal=False, held_by="")
        elif verb == "pause" and issue:
            self.fleet.issues[subject] = replace(issue, status="paused", held_by="issue")
        elif verb == "resume" and issue:
            self.fleet.issues[subject] = replace(issue, status="open", paused_until=None)
        elif verb == "close" and issue:
            del self.fleet.issues[subject]
        keys = (f"issue/{issue.id}", issue.subject) if issue else (subject,)
        await self.push(an_event(verb, issue.subject if issue else subject, "", keys))

    async def _more_than(self, seen: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self.lost or len(self.fleet.events) > seen)

    def _answer(self, call: str) -> None:
        self.calls[call] += 1
        if self.lost is not None:
            raise self.lost

    def _table(self, row: AnyRow) -> tuple[str, dict[str, Any]]:
        fleet = self.fleet
        tables: dict[type, tuple[str, dict[str, Any]]] = {
            NodeView: ("node", fleet.nodes),
            PcuView: ("pcu", fleet.pcus),
            SiteView: ("site", fleet.sites),
            IssueView: ("issue", fleet.issues),
            IntentView: ("intent", fleet.intents),
        }
        return tables[type(row)]

    def _find(self, subject: str) -> AnyRow:
        fleet = self.fleet
        bare = subject.partition("/")[2] or subject
        keyed: dict[str, AnyRow] = {
            **fleet.sites, **fleet.pcus, **fleet.nodes, **fleet.intents, **fleet.issues
        }  # fmt: skip
        if bare in keyed:
            return keyed[bare]
        named: list[AnyRow] = [*fleet.nodes.values(), *fleet.pcus.values(), *fleet.sites.values()]
        for row in named:
            if bare in (row.name, row.name.split(".")[0]):
                return row
        why = f"no such subject{nearest(bare, [row.name for row in named])}"
        raise NotFoundError(subject, "looking it up", why)


def an_event(text: str, subject: str = "", name: str = "", keys: tuple[str, ...] = ()) -> EventView:
    """An event that still wants its number."""
    return EventView(0, NOW, "StatusChanged", subject, name, text, keys or (subject,))


def matching(rows: Iterable[Row], match: str) -> list[Row]:
    """The rows with `match` in any of their text fields."""
    if not match:
        return list(rows)
    return [row for row in rows if any(match in text for text in _texts(row))]


def _texts(row: object) -> list[str]:
    values = [getattr(row, f.name) for f in fields(row)]  # type: ignore[arg-type] # rows are dataclasses
    return [value for value in values if isinstance(value, str)]


def nearest(word: str, words: Iterable[str]) -> str:
    found = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean {found[0]}?" if found else ""
