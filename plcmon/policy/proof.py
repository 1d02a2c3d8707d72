"""Proof: what a power action did, by outlet readings, boot id and boot time."""

from datetime import datetime, timedelta

from plcmon.model.beliefs import PcuBelief
from plcmon.model.events import IntentChanged
from plcmon.model.intents import ActionKind, Intent, IntentId, IntentState, Outcome
from plcmon.model.issues import Cause, Issue, IssueType, Verdict
from plcmon.model.readings import Evidence, Observation, Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import (
    NodeKey,
    Outlet,
    PcuKey,
    PowerPath,
    Subject,
    node_subject,
    pcu_subject,
)
from plcmon.policy import journal
from plcmon.policy.draft import Draft
from plcmon.policy.issues import close_issue, open_issue
from plcmon.policy.judge import objection
from plcmon.policy.notices import post_notice
from plcmon.policy.paths import unread
from plcmon.policy.planning import cancel_intent, move_intent, plan_intent
from plcmon.policy.trust import cut_short, tally_verdict

SLACK = timedelta(seconds=2)  # a node counts its uptime from a little before or after power
BROKEN_AFTER = 2  # verdicts `not_rebooted` in a row on one outlet, or refused commands
DARK = frozenset({Observed.SILENT, Observed.WEDGED})
ANSWERS = frozenset({Observed.DEAF, Observed.WEDGED, Observed.DEBUG})
DECLINED = frozenset({Outcome.REFUSED, Outcome.PERMISSION_DENIED})
PROVES = frozenset({Verdict.FIXED, Verdict.REBOOTED_SICK})
ENGINE = "engine"
PCU_FAILED = "pcu_failed"


def seek_proof(draft: Draft, key: NodeKey, seen: Observation | None) -> None:
    """Give a verdict on each action that waits for one, if what is seen allows it.

    While we are blind nothing that is seen proves anything.
    """
    if draft.fleet.blind:
        return
    for intent in list(draft.intents_of(node_subject(key))):
        if intent.kind is not ActionKind.POWER_CYCLE or intent.sent_at is None:
            continue
        if intent.awaits_proof:
            verdict, why, back_at = judge(draft, intent, seen)
        elif intent.asks_a_person:
            verdict, why, back_at = judge_request(intent, seen)
        elif amendable(draft, intent):
            verdict, why, back_at = judge_late(intent, seen)
        else:
            continue
        if verdict is None or verdict is intent.verdict:
            continue
        if intent.asks_a_person:
            intent = move_intent(draft, intent, IntentState.CONFIRMED, why)  # noqa: PLW2901
        give_verdict(draft, intent, verdict, why, back_at)


def boot_wait(draft: Draft, target: Subject) -> timedelta:
    """How long a node may take to come back before its silence is a verdict.

    Twice as long as it took at most, of the cycles that are remembered: of so few, the longest is
    the 99th percentile.
    """
    wire = draft.policy.wire
    took = [
        intent.verdict_at - intent.lit_at
        for intent in draft.intents_of(target)
        if intent.verdict in PROVES and intent.verdict_at is not None and intent.lit_at is not None
    ]
    return min(wire.boot_wait_most, max([wire.boot_wait, *(2 * time for time in took)]))


def amendable(draft: Draft, intent: Intent) -> bool:
    """A verdict that left something open may be amended for a while; a person's word stands."""
    late = draft.policy.wire.boot_wait_most
    return (
        intent.verdict in (Verdict.UNKNOWN, Verdict.REBOOTED_SICK)
        and intent.settled_by in ("", ENGINE)
        and intent.sent_at is not None
        and draft.now - intent.sent_at <= late
    )


Judgement = tuple[Verdict | None, str, datetime | None]


NOT_YET: Judgement = (None, "", None)


def judge(draft: Draft, intent: Intent, seen: Observation | None) -> Judgement:
    verdict, why, back_at = judge_boot(intent, seen)
    if verdict is not None:
        return verdict, why, back_at
    if intent.proof_due_at is None or draft.now < intent.proof_due_at:
        return NOT_YET
    return judge_at_last(draft, intent)


def judge_at_last(draft: Draft, intent: Intent) -> Judgement:
    """The time for coming back is over: what is believed of the node now decides.

    Without fresh evidence nothing can be said of it; that is waited for, though not for ever.
    """
    belief = draft.node(NodeKey(intent.target.key))
    sent_at = intent.sent_at or draft.now
    if belief.evidence is not Evidence.FRESH:
        if draft.now < sent_at + draft.policy.wire.boot_wait_most:
            return NOT_YET
        return Verdict.UNKNOWN, f"the evidence is {belief.evidence.value} all the time", None
    turned = belief.observed_since is not None and belief.observed_since > sent_at
    if belief.observed in ANSWERS and turned:
        return Verdict.REBOOTED_SICK, f"it answers now, but is {belief.observed.value}", None
    if belief.observed is Observed.BOOT:
        return Verdict.UNKNOWN, "it serves, but nothing shows when it booted", None
    if not intent.off_seen and intent.path is not None and unread(draft, intent.path):
        why = f"the outlet cannot be read back; the node is still {belief.observed.value}"
        return Verdict.UNKNOWN, why, None
    if not intent.off_seen:
        return Verdict.NOT_REBOOTED, "the outlet was never read off", None
    seen = f"the outlet was read off and on; the node is still {belief.observed.value}"
    return Verdict.UNKNOWN, seen, None


def judge_request(intent: Intent, seen: Observation | None) -> Judgement:
    """A boot that lies in our window answers a request that nobody confirmed."""
    verdict, why, back_at = judge_boot(intent, seen)
    proven = verdict in (Verdict.FIXED, Verdict.REBOOTED_SICK)
    return (verdict, f"{why}; nobody confirmed it", back_at) if proven else NOT_YET


def judge_late(intent: Intent, seen: Observation | None) -> Judgement:
    """Unknown may become anything that is known; sick only well."""
    verdict, why, back_at = judge_boot(intent, seen)
    known = verdict is not None and verdict is not Verdict.UNKNOWN
    amends = verdict is Verdict.FIXED or (known and intent.verdict is Verdict.UNKNOWN)
    return (verdict, f"late: {why}", back_at) if amends else NOT_YET


def judge_boot(intent: Intent, seen: Observation | None) -> Judgement:
    """What a fresh sight of a running system proves, if anything."""
    if seen is None or seen.evidence is not Evidence.FRESH or intent.sent_at is None:
        return None, "", None
    if seen.state not in (Observed.BOOT, Observed.DEBUG) or seen.at <= intent.sent_at:
        return None, "", None
    if not seen.boot_id:
        if not intent.off_seen:
            return None, "", None
        if seen.state is Observed.DEBUG:
            return Verdict.REBOOTED_SICK, "it stays in its boot medium", seen.at
        return Verdict.FIXED, "the outlet was read off, and service returned (no boot id)", seen.at
    if seen.boot_id == intent.boot_id_before:
        return Verdict.NOT_REBOOTED, "the old boot id is back", None
    inside = seen.booted_at is not None and seen.booted_at >= intent.sent_at - SLACK
    if not inside:
        return Verdict.UNKNOWN, "it booted, but before our command", seen.booted_at
    if seen.state is Observed.DEBUG:
        return Verdict.REBOOTED_SICK, "a new boot id, but it stays in its boot medium", None
    return Verdict.FIXED, "a new boot id, and its boot time lies in our window", seen.booted_at


def give_verdict(
    draft: Draft,
    intent: Intent,
    verdict: Verdict,
    why: str,
    back_at: datetime | None,
    *,
    actor: str = ENGINE,
) -> None:
    intent = replace(intent, verdict=verdict, verdict_at=draft.now, detail=why, back_at=back_at)
    draft.put_intent(intent)
    draft.tell(
        intent.target,
        IntentChanged(intent.id, intent.kind.value, f"verdict {verdict.value}", why),
        intent=intent.id,
    )
    draft.audit(
        intent.target,
        f"{intent.kind.value} verdict",
        why,
        actor=actor,
        intent=intent.id,
        issue=intent.issue or "",
        outcome=verdict.value,
        evidence=intent.evidence,
        facts=journal.of_verdict(draft, intent),
    )
    issue = draft.issue(intent.issue) if intent.issue else None
    if issue is not None:
        issue = replace(issue, verdict=verdict)
        draft.put_issue(issue)
    learn(draft, intent, verdict)
    tally_verdict(draft, intent, verdict)
    unhelped = verdict is Verdict.UNKNOWN and intent.off_seen
    if unhelped and issue is not None and issue.is_open and still_dark(draft, intent):
        say_pcu_failed(draft, intent, issue)


def still_dark(draft: Draft, intent: Intent) -> bool:
    belief = draft.node(NodeKey(intent.target.key))
    return belief.evidence is Evidence.FRESH and belief.observed in DARK


def learn(draft: Draft, intent: Intent, verdict: Verdict) -> None:
    """A proven path is remembered; an outlet that does nothing twice is broken."""
    if intent.path is None:
        return
    if verdict in PROVES:
        draft.patch_fleet(proven={**draft.fleet.proven, str(intent.path): draft.now})
    if verdict is Verdict.NOT_REBOOTED and cut_short(intent):
        return  # it was cut short: whether the unit was told at all, nobody knows
    if intent.outcome in DECLINED:
        return  # counted apart: the outlet was never told
    for outlet in intent.path.outlets:
        belief = draft.pcu(outlet.pcu)
        count = belief.not_rebooted.get(outlet.outlet, 0)
        count = count + 1 if verdict is Verdict.NOT_REBOOTED else 0
        belief = replace(belief, not_rebooted={**belief.not_rebooted, outlet.outlet: count})
        draft.believe(belief)
        if count >= BROKEN_AFTER:
            belief = replace(belief, refused_outlets=belief.refused_outlets - {outlet.outlet})
            condemn(draft, belief, outlet, f"{count} power cycles of it did not reboot its node")
        elif verdict in PROVES and intent.actor != ENGINE:
            acquit(draft, belief, outlet)


def acquit(draft: Draft, belief: PcuBelief, outlet: Outlet) -> None:
    """A person's verified action shows that a broken outlet works again."""
    release(draft, belief, frozenset({outlet.outlet}), f"outlet {outlet.outlet} was verified")


def rehearsed(draft: Draft, key: PcuKey, by: str) -> None:
    """A test that a person asked for went well: what was held for refusals alone is used again.

    Of an outlet that did nothing a login tells nothing.
    """
    belief = draft.pcu(key)
    if belief.refused_outlets:
        release(draft, belief, belief.refused_outlets, f"{by} asked for a test, which went well")


def release(draft: Draft, belief: PcuBelief, outlets: frozenset[str], why: str) -> None:
    """The outlets get power again; with the last one the issue is over."""
    left = belief.held_outlets - outlets
    refused = belief.refused_outlets - outlets
    draft.believe(replace(belief, held_outlets=left, refused_outlets=refused, refusals=0))
    issue = draft.open_issue(pcu_subject(belief.key), IssueType.PCU_BROKEN)
    if issue is not None and not left:
        close_issue(draft, issue, Cause.HEALTHY, detail=why)


def note_refusal(draft: Draft, intent: Intent) -> None:
    """A power command refused twice in a row breaks the outlets it was for."""
    for outlet in intent.path.outlets if intent.path else ():
        belief = draft.pcu(outlet.pcu)
        belief = replace(belief, refusals=belief.refusals + 1)
        draft.believe(belief)
        if belief.refusals >= BROKEN_AFTER:
            refused = belief.refused_outlets | ({outlet.outlet} - belief.held_outlets)
            belief = replace(belief, refused_outlets=refused)
            condemn(draft, belief, outlet, f"it refused power commands {belief.refusals} times")


def condemn(draft: Draft, belief: PcuBelief, outlet: Outlet, why: str) -> None:
    """Hold the outlet; the PCU as a whole from two outlets on (the gate counts them)."""
    draft.believe(replace(belief, held_outlets=belief.held_outlets | {outlet.outlet}))
    open_issue(
        draft,
        IssueType.PCU_BROKEN,
        pcu_subject(outlet.pcu),
        bad_since=draft.now,
        summary=f"outlet {outlet.outlet}: {why}",
        outlet=outlet,
    )


def say_pcu_failed(draft: Draft, intent: Intent, issue: Issue) -> None:
    """The unit said yes and read off and on, yet the node did not come back: ask the site.

    Not while a stop holds notices: the ladder's own tell later what was tried.
    """
    notice = Intent(
        IntentId(""),
        ActionKind.NOTIFY,
        issue.subject,
        planned_at=draft.now,
        expires_at=draft.now,
        actor=ENGINE,
        reason=f"{issue.type.value}: {issue.summary}",
        issue=issue.id,
        rung=f"{intent.rung} proof",
        repeat=intent.repeat,
        argument=f"{PCU_FAILED} tech",
        approved_by=intent.approved_by,
    )
    if not objection(draft, notice):
        post_pcu_failed(draft, notice, issue, intent.path)


def post_pcu_failed(draft: Draft, said: Intent, issue: Issue, path: PowerPath | None) -> None:
    notice = plan_intent(
        draft,
        said.kind,
        said.target,
        actor=said.actor,
        reason=said.reason,
        issue=issue,
        rung=said.rung,
        repeat=said.repeat,
        argument=said.argument,
        evidence=issue.evidence,
    )
    draft.put_intent(replace(notice, approved_by=said.approved_by))
    outlets = path.outlets if path is not None else ()
    rows = post_notice(
        draft,
        issue,
        notice=PCU_FAILED,
        roles=("tech",),
        rung=said.rung,
        repeat=said.repeat,
        intent=notice.id,
        extra={
            "pcu": ", ".join(draft.name(pcu_subject(o.pcu)) for o in outlets),
            "outlet": ", ".join(o.outlet for o in outlets),
        },
    )
    if not rows:
        cancel_intent(draft, notice, "there is nobody to tell")


def ended_badly(draft: Draft, intent: Intent, outcome: Outcome | None) -> None:
    """A sent action failed: a node that was to be cycled was not rebooted."""
    if intent.state is not IntentState.FAILED or intent.sent_at is None:
        return
    if outcome in DECLINED:
        note_refusal(draft, intent)
    if intent.kind is ActionKind.POWER_CYCLE:
        give_verdict(draft, intent, Verdict.NOT_REBOOTED, intent.detail, None)
