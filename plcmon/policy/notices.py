"""Who is told what: recipients by role, and the facts that a notice needs."""

from datetime import timedelta

from plcmon.model.beliefs import NodeBelief
from plcmon.model.intents import ActionKind, IntentId, OutboxRow
from plcmon.model.issues import Issue
from plcmon.model.readings import Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import (
    Contact,
    Inventory,
    NodeKey,
    PcuKey,
    Role,
    SiteKey,
    Subject,
    SubjectKind,
    node_subject,
    outlets_by_name,
    pcu_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.issues import names, stamp, words


def recipients(draft: Draft, subject: Subject, roles: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses behind the roles, each once; a site without anybody falls to the operators."""
    site = draft.inventory.site_of(subject)
    found: dict[str, None] = {}
    for role in roles:
        people = holders(draft, site, Role(role)) or holders(draft, site, Role.PI)
        found |= dict.fromkeys(people)
    return tuple(found) or draft.policy.operators


def holders(draft: Draft, site: SiteKey | None, role: Role) -> list[str]:
    return [
        contact.email
        for contact in contacts_of(draft.inventory, site)
        if role in contact.roles
        and (contact.exempt_until is None or contact.exempt_until <= draft.now)
    ]


def post_notice(
    draft: Draft,
    issue: Issue,
    *,
    notice: str,
    roles: tuple[str, ...],
    rung: str,
    repeat: int,
    intent: IntentId | None = None,
    following: str = "",
    extra: dict[str, str] | None = None,
) -> list[OutboxRow]:
    """One row for each recipient; the post room makes mails of them."""
    facts = {**facts_of(draft, issue), "next": following, **(extra or {})}
    rows = [
        OutboxRow(
            issue.id,
            rung,
            recipient,
            repeat,
            notice,
            str(draft.inventory.site_of(issue.subject) or ""),
            issue.subject,
            draft.now,
            facts=facts,
            intent=intent,
            lowest=only_user(draft, issue.subject, recipient),
        )
        for recipient in recipients(draft, issue.subject, roles)
    ]
    for row in rows:
        draft.post(row)
    return rows


def only_user(draft: Draft, subject: Subject, address: str) -> bool:
    """True for somebody who has no other role at the site than using it."""
    contacts = contacts_of(draft.inventory, draft.inventory.site_of(subject))
    roles = {role for contact in contacts if contact.email == address for role in contact.roles}
    return roles == {Role.USER}


def facts_of(draft: Draft, issue: Issue) -> dict[str, str]:
    """What every notice about the issue can say."""
    facts = {
        **names(draft, issue.subject),
        "since": stamp(issue.bad_since),
        "duration": words(draft.now - issue.bad_since),
        "seen": issue.summary,
        "evidence": issue.summary,
        "tried": tried(draft, issue),
    }
    if issue.subject.kind is SubjectKind.NODE:
        facts |= node_facts(draft, draft.node(NodeKey(issue.subject.key)))
    if issue.subject.kind is SubjectKind.PCU:
        facts |= pcu_facts(draft, PcuKey(issue.subject.key), issue)
    if issue.subject.kind is SubjectKind.SITE:
        nodes = draft.inventory.nodes_by_site.get(SiteKey(issue.subject.key), ())
        witnesses = draft.site(SiteKey(issue.subject.key)).witnesses_answered_at
        facts |= {
            "node": ", ".join(node.hostname for node in nodes),
            "evidence": f"witnesses asked: {', '.join(sorted(witnesses)) or 'none'}",
        }
    return facts


def node_facts(draft: Draft, belief: NodeBelief) -> dict[str, str]:
    good = belief.good_until
    healthy = belief.observed is Observed.BOOT
    return {
        "last_good": stamp(good) if good else "never seen good",
        "seen": "SSH login works" if healthy else belief.detail or belief.observed.value,
    }


def pcu_facts(draft: Draft, key: PcuKey, issue: Issue) -> dict[str, str]:
    belief = draft.pcu(key)
    nodes = [
        node
        for node in draft.inventory.nodes_by_pcu.get(key, ())
        if issue.outlet is None or any(issue.outlet in path.outlets for path in node.paths)
    ]
    return {
        "pcu": draft.name(pcu_subject(key)),
        "node": ", ".join(node.hostname for node in nodes),
        "finding": belief.finding.value if belief.finding else "not tested yet",
        "outlet": issue.outlet.outlet if issue.outlet else "",
        "last_good": stamp(belief.tested_good_at) if belief.tested_good_at else "never",
    }


def tried(draft: Draft, issue: Issue) -> str:
    """What plcmon has done about the subject, with results, one line each."""
    lines = []
    targets = [issue.subject]
    if issue.subject.kind is SubjectKind.PCU:
        nodes = draft.inventory.nodes_by_pcu.get(PcuKey(issue.subject.key), ())
        targets = [node_subject(node.key) for node in nodes]
    for target in targets:
        for intent in draft.intents_of(target):
            if intent.kind is ActionKind.NOTIFY or intent.sent_at is None:
                continue
            if intent.sent_at < issue.bad_since - timedelta(days=1):
                continue
            result = intent.verdict.value if intent.verdict else intent.state.value
            lines.append(
                f"{stamp(intent.sent_at)} {intent.kind.value} of {draft.name(target)}: "
                f"{result} ({outlets_by_name(intent.detail, draft.name)})"
            )
    return "; ".join(lines[-5:]) or "nothing yet"


def has_contact(inventory: Inventory, subject: Subject, role: Role) -> bool:
    contacts = contacts_of(inventory, inventory.site_of(subject))
    return any(role in contact.roles for contact in contacts)


def contacts_of(inventory: Inventory, key: SiteKey | None) -> tuple[Contact, ...]:
    site = inventory.sites.get(key) if key is not None else None
    return site.contacts if site else ()


def mark_told(draft: Draft, issue: Issue, address: str) -> None:
    """The relay accepted a notice of trouble for this address."""
    if address not in issue.told:
        draft.put_issue(replace(issue, told=(*issue.told, address)))


def mark_warned(draft: Draft, row: OutboxRow) -> None:
    """The relay accepted a notice for somebody of the site; the operators do not stand in here."""
    issue = draft.issue(row.issue)
    people = contacts_of(draft.inventory, SiteKey(row.site))
    of_site = any(contact.email == row.recipient for contact in people)
    if issue is not None and issue.is_open and issue.warned_at is None and of_site:
        draft.put_issue(replace(issue, warned_at=draft.now))
