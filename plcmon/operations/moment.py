"""One look at the engine's book: what every view of one answer needs, gathered once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from plcmon.model.decisions import Want
from plcmon.model.events import Freeze, NodeSeen, Window
from plcmon.model.intents import Intent
from plcmon.model.issues import Issue, IssueId
from plcmon.model.policy import Policy
from plcmon.model.state import State
from plcmon.model.subjects import (
    Inventory,
    Node,
    NodeKey,
    Outlet,
    PcuKey,
    PowerPath,
    Subject,
    SubjectKind,
    fleet_subject,
    pcu_subject,
    site_subject,
)
from plcmon.operations.book import Book
from plcmon.policy.selections import selection_subject, selections_of


@dataclass(frozen=True, slots=True)
class Moment:
    """The book at one instant. Not to be kept beyond one answer: the state moves on."""

    now: datetime
    state: State
    policy: Policy
    wants: Mapping[IssueId, Want]
    look: Callable[[IssueId], Want | None]  # a want with every gate as it is now
    seen: Callable[[NodeKey], NodeSeen | None]
    windows: Mapping[Subject, Window]  # in force
    working: Mapping[IssueId, Intent]  # issue -> its newest intent that is not over

    @classmethod
    def of(cls, book: Book, now: datetime) -> "Moment":
        state = book.state
        working = dict[IssueId, Intent]()
        for intent in state.intents.values():
            if intent.issue is None or not (intent.in_flight or intent.awaits_proof):
                continue
            newest = working.get(intent.issue)
            if newest is None or newest.planned_at <= intent.planned_at:
                working[intent.issue] = intent
        windows = {w.subject: w for w in state.windows.values() if w.starts_at <= now < w.ends_at}
        return cls(now, state, book.policy, book.wants, book.look, book.seen, windows, working)

    @property
    def inventory(self) -> Inventory:
        return self.state.inventory

    def name(self, subject: Subject) -> str:
        return self.inventory.name_of(subject)

    def site(self, subject: Subject) -> str:
        return self.inventory.site_of(subject) or ""

    def issues_of(self, subject: Subject) -> list[Issue]:
        """The subject's open issues, the oldest first."""
        if not self.state.open_by_subject.get(subject):
            return []
        return sorted(self.state.open_issues(subject), key=lambda i: (i.opened_at, i.id))

    def window_over(self, subject: Subject) -> Window | None:
        """The window the subject is in: its own, its PCUs', its site's or everyone's."""
        if not self.windows:
            return None
        around = [subject, site_subject(self.site(subject)), fleet_subject()]
        if subject.kind is SubjectKind.NODE and subject.key in self.inventory.nodes:
            paths = self.inventory.nodes[NodeKey(subject.key)].paths
            around += [pcu_subject(outlet.pcu) for path in paths for outlet in path.outlets]
            node = self.inventory.nodes[NodeKey(subject.key)]
            around += [selection_subject(text) for text in selections_of(node)]
        found = [self.windows[s] for s in around if s in self.windows]
        return max(found, key=lambda window: window.ends_at, default=None)

    def freezes_over(self, subject: Subject) -> list[Freeze]:
        """The freezes that stop something on the subject: the whole fleet's first."""
        scopes = {"all", str(subject), str(site_subject(self.site(subject)))}
        units = [PcuKey(subject.key)] if subject.kind is SubjectKind.PCU else []
        if subject.kind is SubjectKind.NODE and subject.key in self.inventory.nodes:
            paths = self.inventory.nodes[NodeKey(subject.key)].paths
            units = [outlet.pcu for path in paths for outlet in path.outlets]
        for key in units:
            pcu = self.inventory.pcus.get(key)
            scopes |= {str(pcu_subject(key)), f"family/{pcu.family if pcu else ''}"}
        return [
            freeze
            for scope, freeze in sorted(self.state.freezes.items())
            if scope in scopes or scope.startswith("kind/")
        ]

    def exempt_until(self, node: Node) -> datetime | None:
        """The end of the node's own or its site's exemption; None: not exempt now."""
        site = self.inventory.sites.get(node.site)
        if node.exempt_until is None and (site is None or site.exempt_until is None):
            return None
        ends = [node.exempt_until, site.exempt_until if site else None]
        return max((end for end in ends if end is not None and end > self.now), default=None)

    def outlet(self, outlet: Outlet) -> str:
        """An outlet by its PCU's name."""
        pcu = self.inventory.pcus.get(outlet.pcu)
        return f"{pcu.name if pcu else outlet.pcu} outlet {outlet.outlet}"

    def path(self, path: PowerPath) -> str:
        return " + ".join(self.outlet(outlet) for outlet in path.outlets)
