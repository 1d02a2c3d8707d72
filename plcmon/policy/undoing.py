"""Undoing: what an issue set is taken back when it closes, and a rung is whole or not at all."""

from plcmon.model.events import AlertRaised
from plcmon.model.intents import ActionKind, Intent, IntentId, IntentState
from plcmon.model.issues import Issue, Setting
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, SiteKey, Subject, SubjectKind, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.effects import RESOLVED
from plcmon.policy.gates import STEPS
from plcmon.policy.opening import close_vain
from plcmon.policy.penalties import issues_at
from plcmon.policy.planning import cancel_intent, plan_intent

UNSENT = frozenset({IntentState.PLANNED, IntentState.CLAIMED})


def unwind(draft: Draft, ended: Intent) -> None:
    """A step came to nothing: those after it are off, and if nothing was sent, those before too."""
    if ended.kind not in STEPS or not ended.group:
        return
    siblings = [i for i in draft.intents_of(ended.target) if i.group == ended.group]
    for intent in siblings:
        if intent.kind in STEPS and intent.state in UNSENT:
            cancel_intent(draft, intent, f"{ended.kind.value} before it came to nothing")
    issue = draft.issue(ended.issue) if ended.issue else None
    if issue is None or ended.sent_at is not None:
        return
    close_vain(draft, issue, ended.rung)
    group = {intent.id for intent in siblings}
    vain = [s for s in issue.boot_states if s.intent in group]
    take_back(draft, issue, vain)
    for setting in vain:
        done = draft.intent(IntentId(setting.intent))
        if done is not None:
            draft.put_intent(replace(done, undone=True))


def take_back_all(draft: Draft, issue: Issue) -> None:
    """The issue closed: nothing that it set outlives it."""
    take_back(draft, issue, list(issue.boot_states))
    site = draft.inventory.site_of(issue.subject)
    if site is None:
        return
    for intent in list(draft.intents_of(site_subject(site))):
        if intent.kind is ActionKind.FLAG and intent.issue == issue.id and intent.state in UNSENT:
            cancel_intent(draft, intent, "its issue closed")
    resolve_ticket(draft, site)


def take_back(draft: Draft, issue: Issue, settings: list[Setting]) -> None:
    """The newest first, each once the one before is done."""
    after = ""
    for setting in reversed(settings):
        after = undo(draft, issue, setting, after=after) or after
    left = tuple(s for s in issue.boot_states if s not in settings)
    if settings:
        present = draft.issue(issue.id) or issue
        draft.put_issue(replace(present, boot_states=left))


def undo(draft: Draft, issue: Issue, setting: Setting, *, after: str) -> str:
    """Plan that the value before comes back, where ours still stands; its id."""
    if not setting.before:
        text = f"{draft.name(issue.subject)}: boot state {setting.value} stays: nobody knows of one"
        draft.tell(issue.subject, AlertRaised(f"undo {setting.intent}", f"{text} before it"))
        return ""
    return plan_undo(
        draft,
        ActionKind.BOOT_STATE,
        issue.subject,
        value=setting.before,
        undoes=setting.intent,
        reason=f"{issue.type.value}: what it set is taken back",
        after=after,
    )


def plan_undo(
    draft: Draft,
    kind: ActionKind,
    target: Subject,
    *,
    value: str,
    undoes: str,
    reason: str,
    after: str = "",
) -> str:
    intent = plan_intent(
        draft,
        kind,
        target,
        actor="engine",
        reason=reason,
        rung="undo",
        argument=value,
        after=after,
        undoes=undoes,
    )
    return intent.id


def forget_setting(draft: Draft, ended: Intent) -> None:
    """A boot state that certainly was not set is nobody's to take back."""
    if ended.kind is not ActionKind.BOOT_STATE or ended.sent_at is None:
        return
    belief = draft.node(NodeKey(ended.target.key))
    if belief.written == ended.argument:
        draft.believe(replace(belief, written=""))
    issue = draft.issue(ended.issue) if ended.issue else None
    if issue is not None:
        left = tuple(s for s in issue.boot_states if s.intent != ended.id)
        draft.put_issue(replace(issue, boot_states=left))


def resolve_ticket(draft: Draft, site: SiteKey) -> None:
    """The ticket of a site is resolved when the last of its issues closes."""
    belief = draft.site(site)
    if not belief.ticket or issues_at(draft, site):
        return
    draft.believe(replace(belief, ticket=""))
    plan_undo(
        draft,
        ActionKind.FLAG,
        site_subject(site),
        value=RESOLVED,
        undoes=belief.ticket,
        reason="the last issue of the site is closed",
    )


def note_ticket(draft: Draft, intent: Intent) -> None:
    """A ticket is open now, by us."""
    site = intent.target.kind is SubjectKind.SITE
    if intent.kind is ActionKind.FLAG and site and not intent.undoes and intent.sent_at:
        belief = draft.site(SiteKey(intent.target.key))
        draft.believe(replace(belief, ticket=intent.id))
        resolve_ticket(draft, SiteKey(intent.target.key))
