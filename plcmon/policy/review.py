"""Which issues a subject should have now: opened, advanced, closed."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from plcmon.model.beliefs import Finding, NodeBelief, PcuBelief, SiteBelief, Status
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Cause, Issue, IssueType
from plcmon.model.policy import Policy
from plcmon.model.readings import Evidence, Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import (
    NodeKey,
    PcuKey,
    SiteKey,
    SubjectKind,
    node_subject,
    pcu_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.issues import advance, close_issue, closed_by_word, open_issue, words
from plcmon.policy.node_issues import RULES
from plcmon.policy.opening import opener_of
from plcmon.policy.purpose import off_on_purpose
from plcmon.policy.status import OFFLINE_OR_DOWN, belief_span, deaf_by_key_alone
from plcmon.policy.windows import in_maintenance

SAYS: Mapping[IssueType, frozenset[Observed]] = {
    IssueType.NODE_DOWN: frozenset({Observed.SILENT, Observed.WEDGED}),
    IssueType.NODE_LOGIN: frozenset({Observed.DEAF}),
}
CONFIG_FINDINGS = frozenset({Finding.LOGIN_REFUSED, Finding.UNSUPPORTED, Finding.INCOMPLETE})


def review_node(draft: Draft, key: NodeKey) -> None:
    """Advance the node's open issues, close what is over, open what has become due."""
    belief, subject = draft.node(key), node_subject(key)
    if key not in draft.inventory.nodes or belief.status is Status.RETIRED:
        for issue in draft.open_issues(subject):
            close_issue(draft, issue, Cause.RETIRED)
        return
    wanted = off_on_purpose(draft, subject)
    quiet = wanted is not None or in_maintenance(draft, subject) is not None
    for issue in draft.open_issues(subject):
        issue = advance(draft, issue, None if quiet else ails(draft, issue))  # noqa: PLW2901
        over = "" if opener_of(draft, issue) else why_over(draft, belief, issue.type)
        if over:
            close_issue(draft, issue, Cause.HEALTHY, detail=over)
        elif wanted and draft.now >= ends_on_purpose(draft.policy, belief, issue):
            close_issue(draft, issue, Cause.ON_PURPOSE, detail=f"it is meant to be {wanted.value}")
    if not quiet:
        open_due(draft, belief)


def why_over(draft: Draft, belief: NodeBelief, kind: IssueType) -> str:
    """Why the node's issue of this type is over; empty: it is not."""
    if kind in RULES:
        return RULES[kind].closes(draft.policy, belief, draft.now)
    over = CLOSERS.get(kind)
    return (belief.detail or "it boots") if over is not None and over(draft, belief) else ""


def ends_on_purpose(policy: Policy, belief: NodeBelief, issue: Issue) -> datetime:
    """When the issue of a node that is meant to be as it is closes."""
    since = max(belief.desired_since or issue.opened_at, issue.opened_at)
    return since + policy.thresholds.on_purpose_close


def says(belief: NodeBelief, kind: IssueType) -> bool | None:
    """Whether the present observation says so; None without fresh evidence."""
    if kind in RULES:
        return RULES[kind].says(belief)
    if belief.evidence is not Evidence.FRESH:
        return None
    return belief.observed in SAYS.get(kind, frozenset())


def open_due(draft: Draft, belief: NodeBelief) -> None:
    open_dark_or_deaf(draft, belief)
    for kind, rule in RULES.items():
        why = rule.opens(draft.policy, belief, draft.now)
        if why:
            raise_node_issue(draft, belief, kind, why, since=rule.since(belief))


def open_dark_or_deaf(draft: Draft, belief: NodeBelief) -> None:
    down = down_summary(draft, belief)
    if down:
        before = draft.open_issue(node_subject(belief.key), IssueType.NODE_DOWN)
        raise_node_issue(draft, belief, IssueType.NODE_DOWN, down)
        if before is None or before.opened_by:
            supersede(draft, belief.key)
        return
    deaf_for = belief_span(belief, "deaf").value(draft.now)
    due = deaf_for >= draft.policy.thresholds.node_login
    if due and says(belief, IssueType.NODE_LOGIN) and not deaf_by_key_alone(belief):
        raise_node_issue(
            draft,
            belief,
            IssueType.NODE_LOGIN,
            f"alive or blocked for {words(deaf_for)}: {belief.detail}",
        )


def down_summary(draft: Draft, belief: NodeBelief) -> str:
    """Why `node_down` should be open now; empty when it should not."""
    limits = draft.policy.thresholds
    if not says(belief, IssueType.NODE_DOWN):
        return ""
    for name, limit in (("silent", limits.node_down_silent), ("wedged", limits.node_down_wedged)):
        held = belief_span(belief, name).value(draft.now)
        if held >= limit:
            return f"{name} for {words(held)}: {belief.detail}"
    if belief.status is Status.DOWN:
        return f"down, and {belief.observed.value}: {belief.detail}"
    return ""


def raise_node_issue(
    draft: Draft,
    belief: NodeBelief,
    kind: IssueType,
    summary: str,
    *,
    since: datetime | None = None,
) -> None:
    bad_since = since or belief.observed_since or draft.now
    if closed_by_word(draft, node_subject(belief.key), kind, bad_since):
        return
    open_issue(
        draft,
        kind,
        node_subject(belief.key),
        bad_since=bad_since,
        summary=summary,
        evidence=(belief.evidence_seq,) if belief.evidence_seq else (),
    )


def supersede(draft: Draft, key: NodeKey) -> None:
    """`node_down` takes over what is left of the milder issues."""
    for kind in (IssueType.NODE_LOGIN, IssueType.NODE_DEBUG):
        issue = draft.open_issue(node_subject(key), kind)
        if issue is not None:
            pass_claim_on(draft, issue)
            close_issue(draft, issue, Cause.SUPERSEDED)


def pass_claim_on(draft: Draft, issue: Issue) -> None:
    """What a milder issue claims, whom and when it told, go over to `node_down`."""
    heir = draft.open_issue(issue.subject, IssueType.NODE_DOWN)
    if heir is None:
        return
    told = tuple(dict.fromkeys((*heir.told, *issue.told)))
    times = [at for at in (heir.warned_at, issue.warned_at) if at is not None]
    warned_at, claim = min(times, default=None), max(heir.claim, issue.claim)
    draft.put_issue(replace(heir, claim=claim, warned_at=warned_at, told=told))
    if claim:
        draft.audit(
            heir.subject,
            f"{ActionKind.PENALTY} {claim}",
            f"what {issue.type.value} claimed goes on",
            issue=heir.id,
            evidence=heir.evidence,
            facts={"heir of": issue.id},
        )


def boots_again(draft: Draft, belief: NodeBelief) -> bool:
    """Two observations of boot, far enough apart."""
    booting = belief.observed is Observed.BOOT and belief.evidence is Evidence.FRESH
    return booting and settled(draft, belief, "boot", draft.policy.thresholds.back_for)


def login_works(draft: Draft, belief: NodeBelief) -> bool:
    works = belief.observed in (Observed.BOOT, Observed.DEBUG)
    fresh = belief.evidence is Evidence.FRESH
    limit = draft.policy.thresholds.login_back_for
    return works and fresh and settled(draft, belief, "login", limit)


def settled(draft: Draft, belief: NodeBelief, name: str, limit: timedelta) -> bool:
    span = belief_span(belief, name)
    return span.running_since is not None and draft.now - span.running_since >= limit


CLOSERS: Mapping[IssueType, Callable[[Draft, NodeBelief], bool]] = {
    IssueType.NODE_DOWN: boots_again,
    IssueType.NODE_LOGIN: login_works,
}


def review_pcu(draft: Draft, key: PcuKey) -> None:
    """`pcu_down` by status, `pcu_config` by finding; their time runs unless we are blind."""
    belief, subject = draft.pcu(key), pcu_subject(key)
    if key not in draft.inventory.pcus:
        for issue in draft.open_issues(subject):
            close_issue(draft, issue, Cause.RETIRED)
        return
    quiet = draft.fleet.blind or in_maintenance(draft, subject) is not None
    misnamed = wrong_name(draft.policy, belief)
    for issue in draft.open_issues(subject):
        advance(draft, issue, None if quiet else ails(draft, issue))
        if opener_of(draft, issue):
            continue
        if issue.type is IssueType.PCU_DOWN and belief.status is Status.GOOD:
            close_issue(draft, issue, Cause.HEALTHY, detail=belief.detail)
        if issue.type is IssueType.PCU_CONFIG and belief.finding is Finding.OK and not misnamed:
            close_issue(draft, issue, Cause.HEALTHY, detail="a test succeeded")
    if quiet:
        return
    if belief.status is Status.DOWN:
        raise_pcu_issue(draft, key, IssueType.PCU_DOWN, f"its tests fail: {belief.detail}")
    if belief.finding in CONFIG_FINDINGS:
        raise_pcu_issue(draft, key, IssueType.PCU_CONFIG, belief.detail)
    elif misnamed:
        raise_pcu_issue(draft, key, IssueType.PCU_CONFIG, misnamed)


def wrong_name(policy: Policy, belief: PcuBelief) -> str:
    """What name, address and resolver disagree about; empty until it counts."""
    wrong = belief.dns
    counts = wrong is not None and wrong.rounds >= policy.thresholds.dns_rounds
    return wrong.detail if wrong is not None and counts else ""


def raise_pcu_issue(draft: Draft, key: PcuKey, kind: IssueType, summary: str) -> None:
    bad_since = draft.pcu(key).finding_since or draft.now
    if closed_by_word(draft, pcu_subject(key), kind, bad_since):
        return
    open_issue(draft, kind, pcu_subject(key), bad_since=bad_since, summary=summary)


def ails(draft: Draft, issue: Issue) -> bool | None:
    """Whether the issue's subject is bad right now by its own evidence; None: cannot tell.

    What a rung opened is so for as long as that for which it was opened.
    """
    opener = opener_of(draft, issue)
    if opener is not None:
        return ails(draft, opener)
    if issue.type in SAYS or issue.type in RULES:
        return says(draft.node(NodeKey(issue.subject.key)), issue.type)
    if issue.type is IssueType.SELF:
        return True  # being blind is one of them
    if draft.fleet.blind:
        return None
    if issue.subject.kind is SubjectKind.PCU:
        return pcu_ails(draft.pcu(PcuKey(issue.subject.key)), issue.type)
    if issue.subject.kind is SubjectKind.SITE:
        return site_ails(draft.site(SiteKey(issue.subject.key)), issue.type)
    return True


def site_ails(belief: SiteBelief, kind: IssueType) -> bool | None:
    if kind is IssueType.SITE_DOWN:
        return None if belief.status is Status.UNREACHABLE else belief.status in OFFLINE_OR_DOWN
    if belief.unreachable.running_since is not None:
        return True
    return False if belief.reachable.running_since is not None else None


def pcu_ails(belief: PcuBelief, kind: IssueType) -> bool:
    """A type without runs: what the last test, or the last commands, found still stands."""
    if kind is IssueType.PCU_DOWN:
        return belief.status in OFFLINE_OR_DOWN
    if kind is IssueType.PCU_CONFIG:
        return belief.finding in CONFIG_FINDINGS or belief.dns is not None
    return True
