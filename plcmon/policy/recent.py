"""What was looked at a moment ago: of a want that could run, only what others may take is asked
anew. Whatever else changes near an issue, or over the whole, makes it be looked at in full.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from plcmon.model.beliefs import SiteBelief
from plcmon.model.issues import Issue, IssueId
from plcmon.model.state import Changes
from plcmon.model.subjects import Inventory, SiteKey, Subject, SubjectKind

OF_A_SITE = frozenset({SubjectKind.NODE, SubjectKind.SITE})  # a PCU may feed another site's nodes


@dataclass
class Recent:
    """The issues of one sitting whose wants could run, while nothing near them has changed."""

    inventory: Inventory
    by_site: dict[SiteKey, dict[IssueId, Issue]] = field(default_factory=dict)

    def note(self, issue: Issue) -> None:
        """It was looked at in full, and may run. What has two wants in one is left out."""
        site = self.inventory.site_of(issue.subject)
        if site is not None and not issue.climb.owed and not issue.claim:
            self.by_site.setdefault(site, {})[issue.id] = issue

    def knows(self, issue: Issue) -> bool:
        site = self.inventory.site_of(issue.subject)
        return site is not None and self.by_site.get(site, {}).get(issue.id) is issue

    def forget(self, changes: Changes) -> None:
        """Whatever these changes may bear on."""
        if not self.by_site:
            return
        whole = changes.windows or changes.freezes or changes.inventory is not None
        sites = set(self._sites(changes))
        if whole or None in sites:
            self.by_site.clear()
            return
        for site in sites:
            if site is not None:
                self.by_site.pop(site, None)

    def _sites(self, changes: Changes) -> Iterator[SiteKey | None]:
        """The sites to which the changes are confined; None: they are not."""
        for kind, key in changes.beliefs:
            yield SiteKey(key) if kind is SiteBelief else None
        for issue in changes.issues.values():
            yield self._site(issue.subject)
        for intent in changes.intents.values():
            yield self._site(intent.target)

    def _site(self, subject: Subject) -> SiteKey | None:
        return self.inventory.site_of(subject) if subject.kind in OF_A_SITE else None
