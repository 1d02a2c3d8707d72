"""Aftermath: what follows at once from what was just folded, whoever brought it about."""

from plcmon.model.intents import ActionKind, Intent, IntentState
from plcmon.model.issues import Issue, IssueId, IssueStatus
from plcmon.model.subjects import SiteKey
from plcmon.policy import bulk
from plcmon.policy.draft import Draft
from plcmon.policy.lifting import fall_back, lift_undue
from plcmon.policy.opening import close_opened
from plcmon.policy.undoing import forget_setting, take_back_all, unwind

NOT_DONE = frozenset({IntentState.CANCELLED, IntentState.FAILED})


def follow_up(draft: Draft) -> None:
    """In the same change: no penalty outlives its cause, and none counts that was not applied."""
    done: set[IssueId] = set()
    leave_nothing(draft, done)
    for intent in list(draft.changes.intents.values()):
        if just_ended(draft, intent):
            forget_setting(draft, intent)
            unwind(draft, intent)
            if intent.kind is ActionKind.PENALTY:
                fall_back(draft, intent)
    leave_nothing(draft, done)  # unwinding a rung may have closed what it opened
    if draft.fleet.bulks:
        bulk.advance(draft)


def leave_nothing(draft: Draft, done: set[IssueId]) -> None:
    """Nothing that a closed issue opened, set or claimed stays; each is asked once, by `done`."""
    close_opened(draft)
    for issue in list(draft.changes.issues.values()):
        closed = issue.status is IssueStatus.CLOSED and not was_closed(draft, issue)
        if closed and issue.id not in done:
            done.add(issue.id)
            take_back_all(draft, issue)
    for site in sorted(sites_to_ease(draft)):
        lift_undue(draft, site)


def was_closed(draft: Draft, issue: Issue) -> bool:
    before = draft.state.issues.get(issue.id)
    return before is not None and before.status is IssueStatus.CLOSED


def sites_to_ease(draft: Draft) -> set[SiteKey]:
    """Sites where a claim may have ended: of closed issues, and with a new inventory all."""
    closed = [i for i in draft.changes.issues.values() if i.status is IssueStatus.CLOSED]
    found = {draft.inventory.site_of(issue.subject) for issue in closed}
    if draft.changes.inventory is not None:
        found |= {key for key, site in draft.state.sites.items() if site.penalty.level}
    return {site for site in found if site is not None}


def just_ended(draft: Draft, intent: Intent) -> bool:
    """True for an intent that in this very change came to nothing."""
    before = draft.state.intents.get(intent.id)
    return intent.state in NOT_DONE and (before is None or before.state not in NOT_DONE)
