"""Mail and alerts: composed, delivered, refused; what the relay's word changes."""

from plcmon.model.events import AlertDelivered, AlertRaised, Event, MailDelivered, MailFixed
from plcmon.model.intents import ActionKind, IntentState, MailState, OutboxRow
from plcmon.model.issues import Cause, Issue, IssueId, IssueType
from plcmon.model.replacing import replace
from plcmon.policy import journal
from plcmon.policy.delivery import settle_notice
from plcmon.policy.draft import Draft
from plcmon.policy.issues import SAID_DOWN, say_back
from plcmon.policy.judge import objection
from plcmon.policy.notices import mark_told, mark_warned
from plcmon.policy.planning import move_intent
from plcmon.policy.windows import spared

TROUBLE = frozenset({"down", "login", "site_unreachable"})  # notices that a "back" answers

NO_WARNING = frozenset({"online", "penalty_raised", "penalty_cleared", "test"})


def on_mail_fixed(draft: Draft, event: Event, body: MailFixed) -> None:
    """Bind the rows to the one mail that they are in, before anything is sent.

    A row whose notice was cancelled or stopped meanwhile would make the mail say what may not be
    said: then the mail is not taken, and its rows are composed anew.
    """
    rows = [draft.outbox_row((IssueId(i), rung, to, n)) for i, rung, to, n in body.rows]
    if any(row is None or row.mail or is_void(draft, row) for row in rows):
        return
    draft.put_mail(body.mail)
    bound = [replace(row, mail=body.mail.message_id) for row in rows if row is not None]
    draft.audit(
        event.subject,
        "mail fixed",
        body.mail.subject,
        facts={**journal.of_mail(body.mail), **journal.outbox_rows(bound)},
        detail=body.mail.message_id,
    )
    for row in bound:
        draft.post(row)
        hand_over(draft, row)


def is_void(draft: Draft, row: OutboxRow) -> bool:
    """True when its notice is over, or is stopped by now, or its reader is exempt."""
    if spared(draft.inventory, row.site, row.recipient, draft.now):
        return True
    intent = draft.intent(row.intent) if row.intent else None
    if intent is None or intent.kind is not ActionKind.NOTIFY:
        return False
    return bool(objection(draft, intent))


def hand_over(draft: Draft, row: OutboxRow) -> None:
    intent = draft.intent(row.intent) if row.intent else None
    if intent is not None and intent.state is IntentState.PLANNED:
        intent = move_intent(draft, intent, IntentState.CLAIMED, "composed")
        intent = replace(intent, sent_at=draft.now)
        draft.put_intent(intent)
        move_intent(draft, intent, IntentState.SENT, "handed to the relay")


def on_mail_delivered(draft: Draft, event: Event, body: MailDelivered) -> None:
    mail = draft.mail(body.message_id)
    if mail is None:
        return
    mail = replace(
        mail,
        state=body.state,
        tried=mail.tried + 1,
        tried_at=draft.now,
        detail=body.detail,
    )
    draft.put_mail(mail)
    if body.state is MailState.FIXED:
        return  # a temporary failure: the same mail again, later
    draft.audit(
        event.subject,
        f"mail {body.state.value}",
        body.detail,
        outcome=body.state.value,
        facts=journal.of_mail(mail),
        detail=f"{mail.recipient} {mail.message_id}",
    )
    for row in draft.rows_of(body.message_id):
        settle_row(draft, row, body.state)


def settle_row(draft: Draft, row: OutboxRow, state: MailState) -> None:
    issue = draft.issue(row.issue)
    accepted = state is MailState.ACCEPTED
    told = issue is not None and issue.type in SAID_DOWN and row.notice in TROUBLE
    if accepted and told and issue is not None and row.recipient not in issue.told:
        mark_told(draft, issue, row.recipient)
        say_back(draft, issue, (row.recipient,))  # where it closed before the relay's word
        heir = heir_of(draft, issue)
        if heir is not None:
            mark_told(draft, heir, row.recipient)
    if accepted and row.notice not in NO_WARNING:
        mark_warned(draft, row)
    intent = draft.intent(row.intent) if row.intent else None
    if intent is not None:
        settle_notice(draft, intent)


def heir_of(draft: Draft, issue: Issue) -> Issue | None:
    """The open issue that took this one over, and says "back" for it."""
    if issue.cause is not Cause.SUPERSEDED:
        return None
    return draft.open_issue(issue.subject, IssueType.NODE_DOWN)


def on_alert_raised(draft: Draft, event: Event, body: AlertRaised) -> None:
    """The staff has something to say to the operators: its event is all that it takes."""
    draft.audit(event.subject, "alert", body.text, intent=event.intent, detail=body.topic)


def on_alert_delivered(draft: Draft, event: Event, body: AlertDelivered) -> None:
    draft.audit(
        event.subject,
        "alert delivered" if body.ok else "alert failed",
        body.detail,
        evidence=(body.alert,),
        outcome="ok" if body.ok else "failed",
        detail=body.channel,
    )
