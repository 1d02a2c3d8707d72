"""The verbs of people: each says what it did, or which rule declined it, and changes the rest."""

from collections.abc import Callable, Mapping

from plcmon.model.beliefs import PcuBelief
from plcmon.model.bulk import Bulk
from plcmon.model.events import Event, Freeze, Refused, StatusChanged, Verb
from plcmon.model.intents import ActionKind, Intent, IntentId, IntentState, Outcome, Stage
from plcmon.model.issues import Cause, Issue, IssueId, IssueStatus, IssueType, Verdict
from plcmon.model.replacing import replace
from plcmon.model.subjects import (
    NodeKey,
    PcuKey,
    PowerPath,
    SiteKey,
    Subject,
    SubjectKind,
    fleet_subject,
)
from plcmon.policy import bulk, hostkeys, journal, penalties, trust
from plcmon.policy.climbing import pass_rung
from plcmon.policy.draft import Draft
from plcmon.policy.fold.asking import Declined, until_of
from plcmon.policy.fold.chronic import accept_baseline
from plcmon.policy.fold.intents import settle_by_person
from plcmon.policy.fold.maintenance import maintenance, maintenance_end
from plcmon.policy.fold.reinstalling import reboot, reinstall
from plcmon.policy.issues import advance, close_issue, pause, resume
from plcmon.policy.ladder import next_rung
from plcmon.policy.pinned import ladder_of
from plcmon.policy.planning import cancel_intent, move_intent, plan_intent
from plcmon.policy.proof import boot_wait
from plcmon.policy.requests import fleet_limit, objection_to_request
from plcmon.policy.review import ails, review_pcu
from plcmon.policy.second import ADMIN, approve_second, ask_second
from plcmon.policy.selections import selected
from plcmon.policy.site_guard import re_arm_site

SETTLES = tuple(v.value for v in Verdict if v is not Verdict.UNKNOWN)
FREEZES = ("site", "node", "pcu", "family", "kind")
POWER_VERBS = {
    "power-cycle": ActionKind.POWER_CYCLE,
    "power-on": ActionKind.POWER_ON,
    "power-off": ActionKind.POWER_OFF,
}


def on_verb(draft: Draft, event: Event, body: Verb) -> None:
    """Carry the verb out on paper; a declined one leaves nothing but its refusal."""
    try:
        VERBS.get(body.verb, unknown)(draft, event.subject, body)
    except Declined as declined:
        draft.undo()
        draft.tell(event.subject, Refused(body.verb, str(declined)))
        draft.audit(
            event.subject,
            f"{body.verb} declined",
            body.reason,
            actor=body.actor.name,
            detail=str(declined),
        )
        return
    said = body.arguments
    draft.audit(
        event.subject,
        body.verb,
        body.reason,
        actor=body.actor.name,
        facts={**journal.of_arguments(said), **facts_of(body)},
        intent=str(said.get("intent", "")),
        issue=str(said.get("issue", "")),
    )


def facts_of(verb: Verb) -> Mapping[str, str]:
    """What the verb means where nothing was said of it."""
    facts = {"forced": journal.yes(verb.force)}
    if verb.verb in ("freeze", "unfreeze"):
        facts["scope"] = scope_of(verb)
    return facts


def scope_of(verb: Verb) -> str:
    return str(verb.arguments.get("scope") or "all")


def unknown(_draft: Draft, _subject: Subject, verb: Verb) -> None:
    raise Declined(f"nothing implements {verb.verb!r}")


def issue_of(draft: Draft, verb: Verb) -> Issue:
    issue = draft.issue(IssueId(str(verb.arguments.get("issue", ""))))
    if issue is None or not issue.is_open:
        raise Declined("there is no such open issue")
    return issue


def intent_of(draft: Draft, verb: Verb) -> Intent:
    intent = draft.intent(IntentId(str(verb.arguments.get("intent", ""))))
    if intent is None:
        raise Declined("there is no such action")
    return intent


def approve(draft: Draft, subject: Subject, verb: Verb) -> None:
    if verb.arguments.get("intent"):
        why = approve_second(draft, intent_of(draft, verb), verb.actor)
        if why:
            raise Declined(why)
        return
    if subject.kind is SubjectKind.SITE and verb.arguments.get("penalty"):
        if not penalties.approve(draft, SiteKey(subject.key), verb.actor.name):
            raise Declined("no penalty is proposed for it")
        return
    issue = issue_of(draft, verb)
    if issue.proposal is None:
        raise Declined("nothing is proposed for it")
    refuse_another(verb, issue)
    approved = replace(issue.proposal, approved_by=verb.actor.name, reason=verb.reason)
    draft.put_issue(replace(issue, proposal=approved))


def reject(draft: Draft, subject: Subject, verb: Verb) -> None:
    """Pass the rung over for this issue, or decline the penalty of this site."""
    if subject.kind is SubjectKind.SITE and verb.arguments.get("penalty"):
        why = f"rejected by {verb.actor.name}: {verb.reason}"
        if not penalties.decline(draft, SiteKey(subject.key), why):
            raise Declined("no penalty is proposed for it")
        return
    issue = issue_of(draft, verb)
    refuse_another(verb, issue)
    rung = issue.proposal.rung if issue.proposal else next_name(draft, issue)
    if not rung:
        raise Declined("there is no rung to pass over")
    why = f"rejected by {verb.actor.name}: {verb.reason}"
    draft.put_issue(replace(issue, proposal=None, climb=pass_rung(issue.climb, rung, why)))


def refuse_another(verb: Verb, issue: Issue) -> None:
    """A word is about the rung that its speaker saw: said twice, the second meets no other one."""
    seen = str(verb.arguments.get("rung", ""))
    if seen and (issue.proposal is None or issue.proposal.rung != seen):
        raise Declined(f"{seen} is no longer proposed for it")
    if verb.arguments.get("next") in issue.climb.passed:
        raise Declined(f"{verb.arguments['next']} was passed over already")


def next_name(draft: Draft, issue: Issue) -> str:
    ladder = ladder_of(draft.policy, issue)
    rung = next_rung(ladder, issue.climb) if ladder else None
    return rung.name if rung else ""


def pause_issue(draft: Draft, _subject: Subject, verb: Verb) -> None:
    issue = issue_of(draft, verb)
    pause(draft, issue, until=until_of(draft, verb), by=verb.actor.name, reason=verb.reason)


def resume_issue(draft: Draft, _subject: Subject, verb: Verb) -> None:
    issue = issue_of(draft, verb)
    if issue.status is not IssueStatus.PAUSED:
        raise Declined("it is not paused")
    resume(draft, issue, by=verb.actor.name, why=verb.reason or "resumed")
    resumed = draft.issue(issue.id) or issue
    advance(draft, resumed, ails(draft, resumed))


def close_by_person(draft: Draft, _subject: Subject, verb: Verb) -> None:
    issue = issue_of(draft, verb)
    if issue.type is IssueType.PCU_BROKEN:
        absolve(draft, PcuKey(issue.subject.key))
    close_issue(draft, issue, Cause.CLOSED_BY_PERSON, closer=verb.actor.name, detail=verb.reason)


def absolve(draft: Draft, key: PcuKey) -> None:
    """Nothing is held against the PCU any more."""
    draft.believe(
        replace(
            draft.pcu(key),
            held_outlets=frozenset(),
            refused_outlets=frozenset(),
            not_rebooted={},
            refusals=0,
            refused=False,
            left_alone_until=None,
            failed_sessions=0,
        )
    )


def forget_proofs(draft: Draft, key: PcuKey) -> None:
    """No power path through the PCU is proven any more."""
    nodes = draft.inventory.nodes_by_pcu.get(key, ())
    paths = {str(path) for node in nodes for path in node.paths if passes(path, key)}
    kept = {path: at for path, at in draft.fleet.proven.items() if path not in paths}
    draft.patch_fleet(proven=kept)


def passes(path: PowerPath, key: PcuKey) -> bool:
    return any(outlet.pcu == key for outlet in path.outlets)


def cancel(draft: Draft, _subject: Subject, verb: Verb) -> None:
    intent = intent_of(draft, verb)
    if intent.state not in (IntentState.PLANNED, IntentState.CLAIMED):
        raise Declined(f"it is {intent.state.value}: only what is not yet sent can be cancelled")
    cancel_intent(draft, intent, verb.reason or "cancelled", actor=verb.actor.name)
    bulk.stop(draft, intent.group, f"stopped by {verb.actor.name}")


def settle(draft: Draft, _subject: Subject, verb: Verb) -> None:
    intent = intent_of(draft, verb)
    outcome = str(verb.arguments.get("outcome", ""))
    if intent.state is not IntentState.UNKNOWN:
        raise Declined(f"it is {intent.state.value}, not unknown")
    if outcome not in SETTLES:
        raise Declined(f"say how it ended: {', '.join(SETTLES)}")
    settle_by_person(draft, intent, actor=verb.actor.name, verdict=Verdict(outcome))


def confirm(draft: Draft, _subject: Subject, verb: Verb) -> None:
    """A person did what a request asked for; what it did is proven like any other action."""
    intent = intent_of(draft, verb)
    if not intent.asks_a_person:
        raise Declined(f"it is {intent.state.value} and waits for nobody")
    intent = replace(
        intent,
        off_seen=True,
        outcome=Outcome.OK,
        settled_by=verb.actor.name,
        proof_due_at=draft.now + boot_wait(draft, intent.target),
        stage=Stage.PROOF,
    )
    draft.put_intent(intent)
    move_intent(draft, intent, IntentState.CONFIRMED, f"confirmed by {verb.actor.name}")


def freeze(draft: Draft, _subject: Subject, verb: Verb) -> None:
    scope = scope_of(verb)
    word, _, name = scope.partition("/")
    if scope != "all" and not (word in FREEZES and name):
        raise Declined(f"{scope!r} is no scope: all, {', '.join(f'{w}/NAME' for w in FREEZES)}")
    draft.changes.freezes[scope] = Freeze(scope, verb.actor.name, draft.now, verb.reason)
    why = f"{scope} frozen by {verb.actor.name}"
    draft.tell(fleet_subject(), StatusChanged("", "frozen", why, "freeze"))


def unfreeze(draft: Draft, _subject: Subject, verb: Verb) -> None:
    scope = scope_of(verb)
    if scope not in draft.freezes():
        present = ", ".join(sorted(draft.freezes())) or "nothing"
        raise Declined(f"{scope} is not frozen; frozen: {present}")
    draft.changes.freezes[scope] = None
    why = f"{scope} unfrozen by {verb.actor.name}"
    draft.tell(fleet_subject(), StatusChanged("frozen", "", why, "freeze"))


def re_arm(draft: Draft, subject: Subject, verb: Verb) -> None:
    """A PCU left alone, refused or broken gets a new chance; an issue its passed-over rungs;
    a site whose pathfinders failed the next one. A tripped breaker lets its kind go on.
    """
    scope = str(verb.arguments.get("scope", ""))
    if scope:
        if not trust.re_arm(draft, scope, by=verb.actor.name):
            present = ", ".join(trust.tripped(draft)) or "nothing"
            raise Declined(f"{scope} is not stopped; stopped: {present}")
        return
    if verb.arguments.get("issue"):
        issue = issue_of(draft, verb)
        draft.put_issue(replace(issue, climb=replace(issue.climb, passed={})))
        return
    if subject.kind is SubjectKind.SITE:
        if not re_arm_site(draft, SiteKey(subject.key)):
            raise Declined("no site guard is closed there")
        return
    key = PcuKey(subject.key)
    if subject.kind is not SubjectKind.PCU or key not in draft.inventory.pcus:
        raise Declined("re-arm takes a PCU, a site, an issue, kind/NAME or family/NAME")
    absolve(draft, key)
    for kind in (IssueType.PCU_BROKEN, IssueType.PCU_CONFIG):
        found = draft.open_issue(subject, kind)
        if found is not None:
            close_issue(draft, found, Cause.CLOSED_BY_PERSON, closer=verb.actor.name)
    belief = draft.pcu(key)
    if belief.dns is not None:
        forget_proofs(draft, key)  # whether it is the same unit, the next action shows
    draft.believe(PcuBelief(key, belief.status, belief.status_since, record=belief.record))
    review_pcu(draft, key)


def power(draft: Draft, subject: Subject, verb: Verb) -> None:
    """A person's own power action: the engine's modes do not count, the world's rules do."""
    kind = POWER_VERBS[verb.verb]
    if subject.kind is SubjectKind.FLEET:
        bulk_power(draft, subject, kind, verb)
        return
    node = draft.inventory.nodes.get(NodeKey(subject.key))
    if node is None or not node.paths:
        raise Declined("the node has no power path")
    objection = objection_to_request(draft, node, kind, force=verb.force)
    if objection:
        raise Declined(objection)
    beyond = fleet_limit(draft, node, kind)
    if beyond and not (verb.force and verb.actor.role == ADMIN):
        raise Declined(f"{beyond}; --force by an admin and a second admin's approve override")
    if kind is ActionKind.POWER_OFF:
        maintenance(draft, subject, verb)
    intent = plan_intent(
        draft,
        kind,
        subject,
        actor=verb.actor.name,
        reason=verb.reason,
        path=node.paths[0],
        evidence=(draft.seq,),
        forced=verb.force,
        beyond=beyond,
    )
    if beyond:
        ask_second(draft, intent)


def bulk_power(draft: Draft, subject: Subject, kind: ActionKind, verb: Verb) -> None:
    """A power verb over a selection runs in waves."""
    nodes = selected(draft.inventory, subject.key)
    if not nodes:
        raise Declined("the selection is empty")
    beyond = [fleet_limit(draft, node, kind) for node in nodes if node.paths]
    if beyond and all(beyond):
        raise Declined(f"{beyond[0]}; say it for each node: two admins may go beyond that")
    bulk.begin(
        draft,
        Bulk(
            draft.new_id("bulk", subject, kind),
            kind.value,
            subject.key,
            verb.actor.name,
            verb.reason,
            verb.force,
            draft.now,
            tuple(node.key for node in nodes),
            until=until_of(draft, verb) if kind is ActionKind.POWER_OFF else None,
        ),
    )


def baseline_accept(draft: Draft, _subject: Subject, verb: Verb) -> None:
    """As many nodes bad for very long are what an operator lives with for now."""
    if not accept_baseline(draft, by=verb.actor.name, reason=verb.reason):
        raise Declined("no node is bad for so long")


def accept_hostkey(draft: Draft, subject: Subject, verb: Verb) -> None:
    if not hostkeys.accept(draft, subject, actor=verb.actor.name, reason=verb.reason):
        raise Declined("no other host key waits for a word there")


def adopt(draft: Draft, _subject: Subject, _verb: Verb) -> None:
    draft.patch_fleet(adopted=True)


def note(_draft: Draft, _subject: Subject, _verb: Verb) -> None:
    """Asked of the staff, not of the state: the journal says who asked, and that is all."""


VERBS: Mapping[str, Callable[[Draft, Subject, Verb], None]] = {
    "approve": approve,
    "reject": reject,
    "pause": pause_issue,
    "resume": resume_issue,
    "close": close_by_person,
    "cancel": cancel,
    "settle": settle,
    "confirm": confirm,
    "maintenance": maintenance,
    "maintenance-end": maintenance_end,
    "freeze": freeze,
    "unfreeze": unfreeze,
    "re-arm": re_arm,
    "power-cycle": power,
    "power-on": power,
    "power-off": power,
    "reboot": reboot,
    "reinstall": reinstall,
    "baseline-accept": baseline_accept,
    "db-adopt": adopt,
    "hostkey-accept": accept_hostkey,
    "inventory-accept": note,
    "scan": note,
    "pcu-test": note,
    "pcu-status": note,
    "power-status": note,
    "readings-post": note,
}
