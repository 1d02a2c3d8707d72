"""What is said of penalties: raised, lowered, lifted; to whom, and with which legend."""

from plcmon.model.intents import ActionKind, IntentState, MailState, OutboxRow
from plcmon.model.issues import Issue, IssueId
from plcmon.model.subjects import SiteKey, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.issues import stamp, words
from plcmon.policy.notices import recipients
from plcmon.policy.planning import cancel_intent, plan_intent
from plcmon.policy.windows import spared

LEGEND = {0: "none", 1: "no new slices", 2: "slices suspended"}
RAISED, CLEARED = "penalty_raised", "penalty_cleared"
TOLD = {1: ("tech", "pi"), 2: ("tech", "pi", "user")}


def say_raised(draft: Draft, site: SiteKey, issue: Issue, group: str) -> None:
    """One row for each person of the site; cancelled if the level falls before it is mailed."""
    penalty, subject = draft.site(site).penalty, site_subject(site)
    roles = TOLD[penalty.level]
    intent = plan_intent(
        draft,
        ActionKind.NOTIFY,
        subject,
        actor="engine",
        reason=f"penalty {penalty.level}",
        issue=issue,
        rung=f"penalty {penalty.level}",
        repeat=penalty.changes,
        argument=" ".join((RAISED, *roles)),
        group=group,
        evidence=issue.evidence,
    )
    told = recipients(draft, subject, roles)
    for recipient in told:
        draft.post(
            OutboxRow(
                issue.id,
                intent.rung,
                recipient,
                penalty.changes,
                RAISED,
                site,
                subject,
                draft.now,
                facts=facts_of(draft, site, issue),
                intent=intent.id,
            )
        )
    if not told:
        cancel_intent(draft, intent, "there is nobody to tell")


def facts_of(draft: Draft, site: SiteKey, issue: Issue | None) -> dict[str, str]:
    belief = draft.site(site)
    facts = {
        "site": site,
        "level": f"{belief.penalty.level}, {LEGEND[belief.penalty.level]}",
        "legend": "; ".join(f"{level} {word}" for level, word in LEGEND.items()),
        "seen": f"{belief.up} of the site's nodes are up, at least {belief.needed} are needed",
    }
    if issue is not None:
        facts |= {
            "node": draft.name(issue.subject),
            "since": stamp(issue.bad_since),
            "duration": words(draft.now - issue.bad_since),
            "evidence": issue.summary,
        }
    return facts


def say_lowered(draft: Draft, site: SiteKey) -> None:
    """To everybody whose mail said that it was raised; what was not mailed yet is not said."""
    penalty, subject = draft.site(site).penalty, site_subject(site)
    told = said_raised(draft, site)
    for intent in list(draft.intents_of(subject)):
        unsaid = intent.kind is ActionKind.NOTIFY and intent.state is IntentState.PLANNED
        if unsaid and intent.argument.startswith(RAISED):
            cancel_intent(draft, intent, f"the level is {penalty.level} again")
    for recipient, issue in told.items():
        if spared(draft.inventory, site, recipient, draft.now):
            continue
        draft.post(
            OutboxRow(
                issue,
                "penalty cleared",
                recipient,
                penalty.changes,
                CLEARED,
                site,
                subject,
                draft.now,
                facts=facts_of(draft, site, None),
            )
        )


def said_raised(draft: Draft, site: SiteKey) -> dict[str, IssueId]:
    """Who was mailed that this penalty was raised, and about which issue."""
    began = draft.site(site).penalty.began
    merged = {**draft.state.outbox, **draft.changes.outbox}
    found = {}
    for row in merged.values():
        if row.notice != RAISED or row.site != site or not row.mail:
            continue
        mail = draft.mail(row.mail)
        refused = mail is not None and mail.state is MailState.REFUSED
        if not refused and began is not None and row.created_at >= began:
            found[row.recipient] = row.issue
    return found
