"""Lifting: no penalty outlives what claims it. No gate, guard, freeze or budget stops that."""

from plcmon.model.beliefs import Penalty
from plcmon.model.events import StatusChanged
from plcmon.model.intents import ActionKind, Intent, IntentState
from plcmon.model.replacing import replace
from plcmon.model.subjects import SiteKey, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.penalties import claims
from plcmon.policy.penalty_mail import say_lowered
from plcmon.policy.planning import cancel_intent, plan_intent
from plcmon.policy.windows import exempt

UNSENT = frozenset({IntentState.PLANNED, IntentState.CLAIMED})


def lift_undue(draft: Draft, site: SiteKey) -> None:
    """Bring the level down to what is claimed; nothing is claimed of what is exempt."""
    belief = draft.site(site)
    penalty, level = belief.penalty, due_level(draft, site)
    if penalty.asked > level:
        penalty = replace(penalty, asked=0, asked_at=None, asks=0, approved_by="", declined="")
        draft.believe(replace(belief, penalty=penalty))
    if penalty.level <= level:
        return
    subject = site_subject(site)
    applied = withdraw(draft, site, penalty)
    level = min(level, applied)
    lowered = replace(penalty, level=level, since=draft.now, changes=penalty.changes + 1, intent="")
    draft.believe(replace(belief, penalty=lowered))
    if applied > level:
        give_back(draft, site, penalty, applied)
    say_lowered(draft, site)
    why = (
        "what claimed more is over, or exempt"
        if not exempt(draft, subject)
        else "the site is exempt"
    )
    draft.tell(subject, StatusChanged(str(penalty.level), str(level), why, "penalty"))


def due_level(draft: Draft, site: SiteKey) -> int:
    """The highest claim that may stand."""
    if site not in draft.inventory.sites or exempt(draft, site_subject(site)):
        return 0
    found = [i.claim for i in claims(draft, site) if not exempt(draft, i.subject)]
    return max(found, default=0)


def withdraw(draft: Draft, site: SiteKey, penalty: Penalty) -> int:
    """Cancel what was not applied outside yet; the level that may be in force there."""
    level = penalty.level
    changes = [i for i in draft.intents_of(site_subject(site)) if i.kind is ActionKind.PENALTY]
    for intent in reversed(changes):
        if intent.state not in UNSENT:
            break
        level = int(intent.before or 0)
        cancel_intent(draft, intent, "what claimed it is over")
    return level


def give_back(draft: Draft, site: SiteKey, before: Penalty, applied: int) -> None:
    """Have the lower level applied outside; this is tried until it is done."""
    plan_intent(
        draft,
        ActionKind.PENALTY,
        site_subject(site),
        actor="engine",
        reason="no penalty outlives what claims it",
        rung="lift",
        repeat=draft.site(site).penalty.changes,
        argument=str(draft.site(site).penalty.level),
        before=str(applied),
        undoes=before.intent or "raise",
    )


def fall_back(draft: Draft, intent: Intent) -> None:
    """A level that was never applied outside was never raised: no history, no budget."""
    site = SiteKey(intent.target.key)
    belief = draft.site(site)
    penalty = belief.penalty
    if penalty.intent != intent.id or intent.undoes:
        return
    level = int(intent.before or 0)
    fallen = replace(penalty, level=level, since=draft.now, changes=penalty.changes + 1, intent="")
    draft.believe(replace(belief, penalty=fallen))
    say_lowered(draft, site)
    why = f"it was not applied: {intent.detail}"
    draft.tell(intent.target, StatusChanged(str(penalty.level), str(level), why, "penalty"))
