"""Stops by people: maintenance windows, exemptions, freezes; who is inside which."""

from datetime import datetime

from plcmon.model.events import Window
from plcmon.model.intents import POWER, Intent
from plcmon.model.subjects import (
    Inventory,
    NodeKey,
    PcuKey,
    SiteKey,
    Subject,
    SubjectKind,
    pcu_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.selections import selection_subject, selections_of


def scopes_of(draft: Draft, subject: Subject) -> set[Subject]:
    """The subject, its site, and for a node its PCUs, its groups and its labels."""
    found = {subject}
    site = draft.inventory.site_of(subject)
    if site is not None:
        found.add(Subject(SubjectKind.SITE, site))
    if subject.kind is SubjectKind.NODE:
        node = draft.inventory.nodes.get(NodeKey(subject.key))
        if node is not None:
            found |= {pcu_subject(o.pcu) for path in node.paths for o in path.outlets}
            found |= {selection_subject(text) for text in selections_of(node)}
    return found


def in_maintenance(draft: Draft, subject: Subject) -> Window | None:
    """The window that covers the subject now, the one that ends last."""
    windows = draft.windows()
    if not windows:
        return None
    scopes = scopes_of(draft, subject)
    covering = [
        window
        for window in windows.values()
        if window.subject in scopes and window.starts_at <= draft.now < window.ends_at
    ]
    return max(covering, key=lambda window: window.ends_at, default=None)


def exempt(draft: Draft, subject: Subject) -> bool:
    """True while the inventory marks the node or its site as never to be acted on."""
    return exempt_until(draft, subject) is not None


def exempt_until(draft: Draft, subject: Subject) -> datetime | None:
    """When the exemption of the node and its site ends; None: it is not exempt."""
    inventory = draft.inventory
    key = inventory.site_of(subject)
    site = inventory.sites.get(key) if key is not None else None
    node = inventory.nodes.get(NodeKey(subject.key)) if subject.kind is SubjectKind.NODE else None
    ends = [marked.exempt_until for marked in (site, node) if marked and marked.exempt_until]
    return max((end for end in ends if draft.now < end), default=None) if ends else None


def spared(inventory: Inventory, site: str, address: str, now: datetime) -> bool:
    """True while the inventory exempts this person of the site: nobody writes to them."""
    known = inventory.sites.get(SiteKey(site))
    return any(
        contact.email == address and contact.exempt_until is not None and now < contact.exempt_until
        for contact in (known.contacts if known is not None else ())
    )


def frozen(draft: Draft, subject: Subject, kind: str) -> str:
    """The scope of the freeze that stops this kind of action on this subject; empty: none."""
    freezes = draft.freezes()
    if not freezes:
        return ""
    scopes = {"all", f"kind/{kind}", str(subject)}
    site = draft.inventory.site_of(subject)
    scopes |= {f"site/{site}"} if site else set()
    if subject.kind is SubjectKind.NODE:
        node = draft.inventory.nodes.get(NodeKey(subject.key))
        for path in node.paths if node else ():
            for outlet in path.outlets:
                scopes |= pcu_scopes(draft, outlet.pcu)
    if subject.kind is SubjectKind.PCU:
        scopes |= pcu_scopes(draft, PcuKey(subject.key))
    return next((scope for scope in sorted(freezes) if scope in scopes), "")


def pcu_scopes(draft: Draft, key: PcuKey) -> set[str]:
    pcu = draft.inventory.pcus.get(key)
    return {f"pcu/{key}", f"family/{pcu.family}"} if pcu else {f"pcu/{key}"}


def frozen_intent(draft: Draft, intent: Intent) -> str:
    """The freeze that stops this intent now; a freeze of `kind/power` stops every power action."""
    kind = "power" if intent.kind in POWER else intent.kind.value
    return frozen(draft, intent.target, kind) or frozen(draft, intent.target, intent.kind.value)
