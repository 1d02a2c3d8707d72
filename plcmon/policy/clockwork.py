"""When time alone will change something about a subject: the engine's heap is built on it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.intents import POWER, THROUGH, IntentState
from plcmon.model.issues import IssueType
from plcmon.model.policy import Policy
from plcmon.model.readings import Evidence, Observed
from plcmon.model.state import State
from plcmon.model.subjects import (
    NodeKey,
    PcuKey,
    SiteKey,
    Subject,
    SubjectKind,
    node_subject,
)
from plcmon.policy import node_issues
from plcmon.policy.common_cause import opens_at
from plcmon.policy.digest import next_due
from plcmon.policy.draft import Draft
from plcmon.policy.purpose import ON_PURPOSE, meant
from plcmon.policy.review import ends_on_purpose
from plcmon.policy.spans import reaches
from plcmon.policy.status import belief_span

NUDGE = timedelta(milliseconds=1)  # just past the line, so that `>=` holds


def next_change(state: State, policy: Policy, subject: Subject, now: datetime) -> datetime | None:
    """The next moment at which the subject must be looked at again; None: only news can tell."""
    times = [at for at in candidates(state, policy, subject, now) if at is not None]
    later = [at + NUDGE for at in times if at + NUDGE > now]
    return min(later, default=None)


def candidates(
    state: State, policy: Policy, subject: Subject, now: datetime
) -> Iterator[datetime | None]:
    for issue in state.open_issues(subject):
        yield issue.paused_until
    if subject.kind is SubjectKind.NODE:
        belief = state.nodes.get(NodeKey(subject.key))
        if belief is not None:
            yield from of_node(policy, belief)
            yield from on_purpose(state, policy, belief)
        yield from of_intents(state, policy, subject)
        if state.open_issue(subject, IssueType.NODE_DOWN) and belief is not None:
            yield after_running(belief, "boot", policy.thresholds.back_for)
        if state.open_issue(subject, IssueType.NODE_DEBUG) and belief is not None:
            yield after_running(belief, "boot", policy.thresholds.login_back_for)
        if state.open_issue(subject, IssueType.NODE_LOGIN) and belief is not None:
            yield after_running(belief, "login", policy.thresholds.login_back_for)
    elif subject.kind is SubjectKind.PCU:
        yield from of_pcu(state, policy, PcuKey(subject.key))
    elif subject.kind is SubjectKind.SITE:
        yield from of_site(state, policy, SiteKey(subject.key))
    else:
        yield from of_fleet(state, policy, now)


def of_node(policy: Policy, belief: NodeBelief) -> Iterator[datetime | None]:
    limits = policy.thresholds
    for name, threshold in (
        ("silent", limits.node_down_silent),
        ("wedged", limits.node_down_wedged),
        ("deaf", limits.node_login),
        ("bad", limits.down_after),
        ("debug", limits.failboot_for),
    ):
        yield reaches(belief_span(belief, name), threshold)
    yield from node_issues.times(policy, belief)
    if belief.evidence is Evidence.STALE and belief.evidence_since is not None:
        yield belief.evidence_since + limits.stale_for
    if belief.status is Status.ONLINE and belief.observed is Observed.BOOT:
        yield reaches(belief_span(belief, "boot"), limits.good_after)


def on_purpose(state: State, policy: Policy, belief: NodeBelief) -> Iterator[datetime | None]:
    """When a desired state is over-long, and when the issues that stand still in it close."""
    node = state.inventory.nodes.get(belief.key)
    if node is None or meant(node, belief) not in ON_PURPOSE:
        return
    since = belief.desired_since or belief.observed_since
    yield since + policy.thresholds.on_purpose_for if since is not None else None
    for issue in state.open_issues(node_subject(belief.key)):
        yield ends_on_purpose(policy, belief, issue)


def after_running(belief: NodeBelief, name: str, threshold: timedelta) -> datetime | None:
    since = belief_span(belief, name).running_since
    return since + threshold if since is not None else None


def of_intents(state: State, policy: Policy, subject: Subject) -> Iterator[datetime | None]:
    for intent_id in state.intents_by_target.get(subject, ()):
        intent = state.intents[intent_id]
        if intent.awaits_proof:
            yield intent.proof_due_at
            yield (intent.sent_at or intent.planned_at) + policy.wire.boot_wait_most
        unsent = intent.state in (IntentState.PLANNED, IntentState.CLAIMED)
        if intent.kind in POWER | THROUGH and unsent:
            yield intent.expires_at
        if intent.asks_a_person and intent.sent_at is not None:
            yield intent.sent_at + policy.safety.manual_expiry
        if intent.dark_since is not None:
            yield intent.dark_since + policy.wire.dark_alert
        if intent.state is IntentState.UNKNOWN and intent.state_at is not None:
            yield intent.state_at + policy.safety.hold_alert


def of_pcu(state: State, policy: Policy, key: PcuKey) -> Iterator[datetime | None]:
    belief = state.pcus.get(key)
    if belief is None:
        return
    yield belief.left_alone_until
    if belief.status is Status.ONLINE and belief.status_since is not None:
        yield belief.status_since + policy.thresholds.good_after
    if belief.first_failure_at is not None:
        yield belief.first_failure_at + policy.thresholds.down_after
        yield belief.first_failure_at + policy.thresholds.pcu_busy


def of_site(state: State, policy: Policy, key: SiteKey) -> Iterator[datetime | None]:
    belief = state.sites.get(key)
    if belief is None:
        return
    limits = policy.thresholds
    yield reaches(belief.unreachable, limits.site_unreachable)
    yield reaches(belief.down, limits.site_down)
    if belief.reachable.running_since is not None:
        yield belief.reachable.running_since + limits.login_back_for
    if belief.status is Status.ONLINE and belief.status_since is not None:
        yield belief.status_since + limits.good_after
    if belief.status is Status.OFFLINE and belief.status_since is not None:
        yield belief.status_since + limits.site_down_after


def of_fleet(state: State, policy: Policy, now: datetime) -> Iterator[datetime | None]:
    fleet = state.fleet
    yield next_due(policy, now)
    for _, at in fleet.turned_bad:
        yield at + policy.guard.window
    if fleet.guard_calm_since is not None:
        yield fleet.guard_calm_since + policy.guard.window
    view = Draft(state, policy, now)
    for cause in fleet.causes.values():
        yield opens_at(view, cause)
    if fleet.started_at is not None:
        yield fleet.started_at + policy.safety.grace
    if fleet.blind and fleet.blind_since is not None:
        yield fleet.blind_since + policy.thresholds.blind_for
    for window in state.windows.values():
        yield window.ends_at
        yield None if window.begun else window.starts_at
    for issue in state.open_of_fleet():
        yield issue.paused_until
