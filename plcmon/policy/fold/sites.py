"""A site's witnesses spoke, or one of its nodes changed: is the site up, is it out of reach."""

from dataclasses import replace

from plcmon.model.beliefs import NodeBelief, SiteBelief, Status
from plcmon.model.events import Event, StatusChanged, WitnessesSeen
from plcmon.model.issues import Cause, IssueType
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import NodeKey, SiteKey, node_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.guard import forget_turned_bad, note_turned_bad
from plcmon.policy.issues import advance, close_issue, open_issue, words
from plcmon.policy.review import ails, closed_by_word
from plcmon.policy.spans import count
from plcmon.policy.status import GOOD_OR_ONLINE, site_status
from plcmon.policy.windows import in_maintenance

NOT_SERVING = frozenset({Status.NEW, Status.RETIRED, Status.DISABLED})


def on_witnesses_seen(draft: Draft, event: Event, body: WitnessesSeen) -> None:
    """Only witnesses that answered lately can testify by their silence."""
    key = SiteKey(event.subject.key)
    if draft.fleet.blind or key not in draft.inventory.sites:
        return
    site = draft.site(key)
    memory = draft.policy.thresholds.witness_memory
    fell_silent = site.witnesses_silent_since or event.at  # a long outage is not forgotten
    lately = {w for w, at in site.witnesses_answered_at.items() if fell_silent - at < memory}
    answered = {w: event.at for w, said in body.answered.items() if said}
    asked_lately = lately & body.answered.keys()
    silent = bool(asked_lately) and not answered
    since = (site.witnesses_silent_since or event.at) if silent else None
    draft.believe(
        replace(
            site,
            witnesses_answered_at={**site.witnesses_answered_at, **answered},
            witnesses_silent_since=since,
        )
    )
    review_site(draft, key)


def review_site(draft: Draft, key: SiteKey) -> None:
    """Count what is up, see whether all is dark, keep status and `site_unreachable`."""
    site = draft.site(key)
    if key not in draft.inventory.sites:
        for issue in draft.open_issues(site_subject(key)):
            close_issue(draft, issue, Cause.RETIRED)
        return
    if draft.fleet.blind:
        review_unreachable(draft, site, dark=False)
        return
    beliefs = [draft.node(node.key) for node in draft.inventory.nodes_by_site.get(key, ())]
    serving = [b for b in beliefs if b.status not in NOT_SERVING]
    up = sum(standing_up(draft, belief) for belief in serving)
    needed = draft.inventory.sites[key].min_up
    needed = min(2, len(serving)) if needed is None else needed
    dark = is_dark(site, serving)
    says = True if dark else False if answers(draft, site, serving) else None
    unheard = dark or (says is None and site.status is Status.UNREACHABLE)
    standing = site_status(site, up, needed, draft.now, draft.policy.thresholds, dark=unheard)
    restart = draft.policy.thresholds.restart_after
    after = replace(
        site,
        first_seen_at=site.first_seen_at or draft.now,
        up=up,
        needed=needed,
        status=standing.status,
        status_since=standing.since,
        unreachable=count(site.unreachable, says, draft.now, restart),
        reachable=count(site.reachable, None if says is None else not says, draft.now, restart),
    )
    if after != site:
        draft.believe(after)
    if after.status is not site.status:
        status_changed(draft, site, after, standing.why)
    review_unreachable(draft, after, dark=dark)


def answers(draft: Draft, site: SiteBelief, serving: list[NodeBelief]) -> bool:
    """True when a witness or a node of the site answers by evidence that is fresh."""
    limit = 2 * draft.policy.intervals.witness
    heard = site.witnesses_answered_at.values()
    if site.witnesses_silent_since is None and any(draft.now - at <= limit for at in heard):
        return True
    return any(
        b.evidence is Evidence.FRESH and b.observed not in (Observed.SILENT, Observed.STALE)
        for b in serving
    )


def standing_up(draft: Draft, belief: NodeBelief) -> bool:
    good = belief.status in GOOD_OR_ONLINE
    return good or in_maintenance(draft, node_subject(belief.key)) is not None


def is_dark(site: SiteBelief, serving: list[NodeBelief]) -> bool:
    """Every node silent or unreachable, and every witness that answered lately is silent."""
    if site.witnesses_silent_since is None or not serving:
        return False
    return all(
        b.evidence is Evidence.UNREACHABLE
        or (b.evidence is Evidence.FRESH and b.observed is Observed.SILENT)
        for b in serving
    )


def status_changed(draft: Draft, before: SiteBelief, after: SiteBelief, why: str) -> None:
    subject = site_subject(after.key)
    draft.tell(subject, StatusChanged(before.status, after.status, why))
    if after.status is Status.UNREACHABLE:
        nodes = draft.inventory.nodes_by_site.get(after.key, ())
        forget_turned_bad(draft, {str(node_subject(NodeKey(node.key))) for node in nodes})
        note_turned_bad(draft, str(subject))


def review_unreachable(draft: Draft, site: SiteBelief, *, dark: bool) -> None:
    subject, limits = site_subject(site.key), draft.policy.thresholds
    quiet = draft.fleet.blind or in_maintenance(draft, subject) is not None
    for issue in draft.open_issues(subject):
        advance(draft, issue, None if quiet else ails(draft, issue))
        back_since = site.reachable.running_since
        back = back_since is not None and draft.now - back_since >= limits.login_back_for
        if issue.type is IssueType.SITE_UNREACHABLE and not dark and back:
            close_issue(draft, issue, Cause.HEALTHY, detail="some of it answers again")
    out_for = site.unreachable.value(draft.now)
    bad_since = site.unreachable.running_since or draft.now
    if closed_by_word(draft, subject, IssueType.SITE_UNREACHABLE, bad_since):
        return
    if dark and not quiet and out_for >= limits.site_unreachable:
        open_issue(
            draft,
            IssueType.SITE_UNREACHABLE,
            subject,
            bad_since=bad_since,
            summary=f"nodes and witnesses are all silent for {words(out_for)}",
        )
