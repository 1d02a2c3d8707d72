"""Delivery: when a notice that went out, in one mail or in several, is over."""

from plcmon.model.intents import ActionKind, Intent, IntentState, Mail, MailState
from plcmon.policy.draft import Draft
from plcmon.policy.planning import move_intent


def settle_notice(draft: Draft, intent: Intent) -> None:
    """It is confirmed when the relay took every mail that it is in.

    Who was written to lately gets his part in his next mail, as long as the issue is open.
    """
    if intent.kind is not ActionKind.NOTIFY or intent.state is not IntentState.SENT:
        return
    rows = draft.rows_of(intent.id)
    if is_open(draft, intent) and not all(row.mail for row in rows):
        return
    mails = {row.mail: draft.mail(row.mail) for row in rows if row.mail}
    if any(mail is None or mail.state is MailState.FIXED for mail in mails.values()):
        return
    end(draft, intent, [m for m in mails.values() if m and m.state is MailState.ACCEPTED])


def is_open(draft: Draft, intent: Intent) -> bool:
    issue = draft.issue(intent.issue) if intent.issue else None
    return issue is None or issue.is_open


def end(draft: Draft, intent: Intent, taken: list[Mail]) -> None:
    if taken:
        mails = "one mail" if len(taken) == 1 else f"{len(taken)} mails"
        move_intent(draft, intent, IntentState.CONFIRMED, f"the relay took {mails}")
    else:
        move_intent(draft, intent, IntentState.FAILED, "the relay refused every mail")
