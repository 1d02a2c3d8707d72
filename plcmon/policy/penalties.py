"""Penalties: the level that a site is under follows from what its open issues claim.

It is raised through gates that are all shown, and lifted in the change that ends its reason.
"""

from collections.abc import Callable
from datetime import datetime

from plcmon.model.beliefs import Penalty, Status
from plcmon.model.decisions import Gate, GateName, Mode, Pass, strictest
from plcmon.model.events import AlertRaised, StatusChanged
from plcmon.model.intents import ActionKind, Intent, IntentState
from plcmon.model.issues import Issue, IssueStatus
from plcmon.model.ledger import Spend
from plcmon.model.replacing import replace
from plcmon.model.subjects import SiteKey, node_subject, pcu_subject, site_subject
from plcmon.policy import gates
from plcmon.policy.draft import Draft
from plcmon.policy.issues import stamp, words
from plcmon.policy.jumps import widened
from plcmon.policy.ledger import budget
from plcmon.policy.penalty_mail import LEGEND, say_raised
from plcmon.policy.planning import plan_intent
from plcmon.policy.replies import reply_gate

ORDER = {name: place for place, name in enumerate(GateName)}
MOST_ASKS = 2  # a proposal that nobody answered so often is dropped


def issues_at(view: Draft, site: SiteKey) -> list[Issue]:
    """Every open issue of the site, of its nodes and of its PCUs."""
    inventory = view.inventory
    subjects = [
        site_subject(site),
        *(node_subject(node.key) for node in inventory.nodes_by_site.get(site, ())),
        *(pcu_subject(pcu.key) for pcu in inventory.pcus_by_site.get(site, ())),
    ]
    return [issue for subject in subjects for issue in view.open_issues(subject)]


def claims(view: Draft, site: SiteKey) -> list[Issue]:
    """The open issues that claim a penalty, the highest claim first, then the oldest."""
    found = [issue for issue in issues_at(view, site) if issue.claim]
    return sorted(found, key=lambda issue: (-issue.claim, issue.bad_since, issue.id))


def claimant(view: Draft, site: SiteKey) -> Issue | None:
    """The issue that speaks for a higher level; one whose people were told in time goes first."""
    standing = view.site(site).penalty.level
    found = [i for i in claims(view, site) if i.claim > standing and i.status is IssueStatus.OPEN]
    return next((i for i in found if warned(view, i).answer is Pass.PASS), next(iter(found), None))


def penalty_gates(view: Draft, site: SiteKey, issue: Issue) -> list[Gate]:
    """Everything that bears on raising the site's level to what the issue claims."""
    asked = [
        *standing_gates(view, site, issue),
        mode_gate(view, site, issue),
        warned(view, issue),
        budget(view, [Spend.PENALTY]),
        last_attempt(view, site),
    ]
    return sorted(asked, key=lambda gate: ORDER[gate.name])


def standing_gates(view: Draft, site: SiteKey, issue: Issue) -> list[Gate]:
    """What must still hold when the level is about to be applied outside."""
    return [
        claim(view, issue),
        gates.adopted(view),
        gates.evidence(view, issue),
        gates.issue_open(view, issue),
        gates.canaries(view),
        gates.fleet_guard(view),
        min_up(view, site),
        new_site(view, site),
        reach(view, site),
        gates.window(view, issue),
        gates.exemption(view, issue),
        reply_gate(view, site),
        gates.grace(view),
        gates.freeze(view, issue, [ActionKind.PENALTY]),
    ]


def claim(view: Draft, issue: Issue) -> Gate:
    fact = f"{issue.type.value} of {view.name(issue.subject)} claims {level_words(issue.claim)}"
    return gates.gate(GateName.CLAIM, issue.claim > 0, fact)


def warned(view: Draft, issue: Issue) -> Gate:
    """The site's own people must have been told, and given time."""
    needed = widened(view.fleet, view.policy.limits.penalty_after, view.now)
    if issue.warned_at is None:
        fact = "the relay accepted no notice about it to anybody of the site so far"
        return gates.gate(GateName.WARNED, False, fact)
    ago, due_at = view.now - issue.warned_at, issue.warned_at + needed
    fact = f"the relay accepted a notice {words(ago)} ago, {words(needed)} needed"
    return gates.gate(
        GateName.WARNED, view.now >= due_at, fact, at=issue.warned_at, clears_at=due_at
    )


def min_up(view: Draft, site: SiteKey) -> Gate:
    belief = view.site(site)
    fact = f"{belief.up} up, {belief.needed} needed"
    return gates.gate(GateName.MIN_UP, belief.up < belief.needed, fact)


def new_site(view: Draft, site: SiteKey) -> Gate:
    needed = widened(view.fleet, view.policy.limits.new_site, view.now)
    since = view.site(site).first_seen_at
    if since is None:
        return gates.gate(GateName.NEW_SITE, False, "the site was not seen yet")
    due_at = since + needed
    fact = f"known for {words(view.now - since)}, {words(needed)} needed"
    return gates.gate(GateName.NEW_SITE, view.now >= due_at, fact, at=since, clears_at=due_at)


def reach(view: Draft, site: SiteKey) -> Gate:
    belief = view.site(site)
    gone = belief.status is Status.UNREACHABLE
    fact = "the whole site is out of reach" if gone else "something of the site answers"
    return gates.gate(GateName.REACH, not gone, fact, at=belief.status_since)


def last_attempt(view: Draft, site: SiteKey) -> Gate:
    """A level that could not be applied is not tried again at once."""
    ended = (IntentState.CANCELLED, IntentState.FAILED)
    tried = [i for i in view.intents_of(site_subject(site)) if i.kind is ActionKind.PENALTY]
    last = tried[-1] if tried and tried[-1].state in ended else None
    if last is None or last.state_at is None:
        return gates.gate(GateName.LOOK_AGAIN, True, "no attempt failed lately")
    again_at = last.state_at + view.policy.safety.retry_after
    fact = f"the last attempt was not applied: {last.detail}"
    return gates.gate(
        GateName.LOOK_AGAIN, view.now >= again_at, fact, at=last.state_at, clears_at=again_at
    )


def mode_of(view: Draft, issue: Issue) -> Mode:
    ladder = view.policy.ladders.get(issue.type)
    return strictest(view.policy.mode, ladder.mode) if ladder else Mode.OBSERVE


def mode_gate(view: Draft, site: SiteKey, issue: Issue) -> Gate:
    mode, penalty = mode_of(view, issue), view.site(site).penalty
    if mode is not Mode.PROPOSE:
        fact = "auto" if mode is Mode.AUTO else "observe: no level is raised"
        return gates.gate(GateName.MODE, mode is Mode.AUTO, fact)
    if penalty.asked != issue.claim or penalty.asked_at is None:
        return gates.gate(GateName.MODE, False, "propose: waits to be proposed")
    if penalty.approved_by:
        return gates.gate(GateName.MODE, True, f"approved by {penalty.approved_by}")
    if penalty.declined:
        return gates.gate(GateName.MODE, False, f"propose: {penalty.declined}")
    return gates.gate(
        GateName.MODE,
        False,
        "propose: waits for approve or reject of the site",
        at=penalty.asked_at,
        clears_at=penalty.asked_at + view.policy.safety.approval_wait,
        distance=f"asked {words(view.now - penalty.asked_at)} ago",
    )


def weigh(draft: Draft, site: SiteKey) -> datetime | None:
    """Raise the level where every gate passes; else the time to look again, if time can tell."""
    issue = claimant(draft, site)
    if issue is None:
        return None
    looked = penalty_gates(draft, site, issue)
    held = [gate for gate in looked if gate.answer is not Pass.PASS]
    if not held:
        raise_level(draft, site, issue, looked)
        return None
    if [gate.name for gate in held] == [GateName.MODE] and mode_of(draft, issue) is Mode.PROPOSE:
        ask(draft, site, issue)
    opening = [gate.clears_at for gate in held if gate.clears_at is not None]
    return min((at for at in opening if at > draft.now), default=None)


def raise_level(draft: Draft, site: SiteKey, issue: Issue, looked: list[Gate]) -> None:
    """The new level, its intent and its notice, in one change."""
    subject, before = site_subject(site), draft.site(site).penalty
    group = draft.new_id("penalty", site, issue.id, before.changes)
    intent = plan_intent(
        draft,
        ActionKind.PENALTY,
        subject,
        actor="engine",
        reason=f"{issue.type.value} of {draft.name(issue.subject)}: {issue.summary}",
        issue=issue,
        rung=f"penalty {issue.claim}",
        repeat=before.changes + 1,
        argument=str(issue.claim),
        group=group,
        evidence=issue.evidence,
        gates={str(gate.name): f"{gate.answer}: {gate.fact}" for gate in looked},
        before=str(before.level),
    )
    after = Penalty(
        issue.claim,
        draft.now,
        before.changes + 1,
        began=before.began if before.level else draft.now,
        intent=intent.id,
    )
    draft.believe(replace(draft.site(site), penalty=after))
    say_raised(draft, site, issue, group)
    why = f"{issue.type.value} of {draft.name(issue.subject)}, {min_up(draft, site).fact}"
    draft.tell(subject, StatusChanged(str(before.level), str(after.level), why, "penalty"))


def ask(draft: Draft, site: SiteKey, issue: Issue) -> None:
    """Ask a person once, once more after the wait, then let it rest until the claim changes."""
    subject, belief = site_subject(site), draft.site(site)
    penalty, wait = belief.penalty, draft.policy.safety.approval_wait
    again = penalty.asked == issue.claim and penalty.asked_at is not None
    if again and (penalty.declined or draft.now - (penalty.asked_at or draft.now) < wait):
        return
    asks = penalty.asks + 1 if again else 1
    if asks > MOST_ASKS:
        why = "proposed twice, nobody answered"
        draft.believe(replace(belief, penalty=replace(penalty, declined=why)))
        draft.audit(subject, "flag", why, issue=issue.id, detail=f"penalty {issue.claim}")
        return
    asked = replace(
        penalty, asked=issue.claim, asked_at=draft.now, asks=asks, approved_by="", declined=""
    )
    draft.believe(replace(belief, penalty=asked))
    text = f"penalty {level_words(issue.claim)} for site {site} waits: approve or reject {site}"
    draft.tell(subject, AlertRaised(f"penalty {site}", text, urgent=False))
    draft.audit(subject, "proposed", text, issue=issue.id, evidence=issue.evidence)


def objection(view: Draft, intent: Intent) -> str:
    """Why the level must not be applied, or told of, after all; empty when it may."""
    site = SiteKey(intent.target.key)
    penalty = view.site(site).penalty
    if intent.kind is ActionKind.PENALTY and intent.id != penalty.intent:
        return "another level was decided since"
    found = [issue for issue in claims(view, site) if issue.claim >= penalty.level > 0]
    if not found:
        return "nothing claims it any more"
    rises = intent.kind is ActionKind.PENALTY
    return min((first_held(view, site, issue, rises=rises) for issue in found), key=len)


def first_held(view: Draft, site: SiteKey, issue: Issue, *, rises: bool) -> str:
    """What stands against it, by this claim; to be raised, its people must have been told."""
    if mode_of(view, issue) is Mode.OBSERVE:
        return "mode: observe"
    looked = standing_gates(view, site, issue)
    looked += [warned(view, issue)] if rises else []
    held = next((gate for gate in looked if gate.answer is not Pass.PASS), None)
    return f"{held.name.value}: {held.fact}" if held else ""


def level_words(level: int) -> str:
    return f"{level} ({LEGEND[level]})"


def is_about_penalty(intent: Intent) -> bool:
    """True for the intent that applies a level, and for the notice that tells of it."""
    told = intent.kind is ActionKind.NOTIFY and intent.argument.startswith("penalty_")
    return told or intent.kind is ActionKind.PENALTY


def approve(draft: Draft, site: SiteKey, actor: str) -> bool:
    """A person lets the proposed level be raised; False: none is proposed."""
    return answer(draft, site, lambda penalty: replace(penalty, approved_by=actor))


def decline(draft: Draft, site: SiteKey, why: str) -> bool:
    """A person declines the proposed level; it is not asked for again while the claim stands."""
    return answer(draft, site, lambda penalty: replace(penalty, declined=why))


def answer(draft: Draft, site: SiteKey, change: Callable[[Penalty], Penalty]) -> bool:
    belief = draft.site(site)
    if not proposed(belief.penalty):
        return False
    draft.believe(replace(belief, penalty=change(belief.penalty)))
    return True


def proposed(penalty: Penalty) -> bool:
    """True while a level waits for a person's word."""
    return bool(penalty.asked_at and not penalty.approved_by and not penalty.declined)


def claim_lines(view: Draft, site: SiteKey) -> list[str]:
    """What claims a penalty there, and since when it has; for people."""
    return [
        f"{issue.type.value} of {view.name(issue.subject)} claims {level_words(issue.claim)}, "
        f"bad since {stamp(issue.bad_since)}"
        for issue in claims(view, site)
    ]
