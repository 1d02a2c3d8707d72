"""A site's witnesses spoke, or one of its nodes changed: is the site up, is it out of reach."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from plcmon.model.beliefs import NodeBelief, SiteBelief, Status
from plcmon.model.events import Event, StatusChanged, Window, WitnessesSeen
from plcmon.model.issues import Cause, IssueType
from plcmon.model.readings import Evidence, Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import (
    NodeKey,
    SiteKey,
    Subject,
    SubjectKind,
    node_subject,
    site_subject,
)
from plcmon.model.tally import Face
from plcmon.policy.draft import Draft
from plcmon.policy.fold.guard import forget_turned_bad, note_turned_bad
from plcmon.policy.issues import advance, close_issue, closed_by_word, open_issue, words
from plcmon.policy.opening import opener_of
from plcmon.policy.review import ails
from plcmon.policy.spans import count
from plcmon.policy.status import GOOD_OR_ONLINE, site_status
from plcmon.policy.windows import in_maintenance

SEEING = frozenset({Evidence.FRESH, Evidence.SUSPECT})
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
    """Count what is up, see whether all is dark, keep status and issues."""
    site = draft.site(key)
    if key not in draft.inventory.sites:
        for issue in draft.open_issues(site_subject(key)):
            close_issue(draft, issue, Cause.RETIRED)
        return
    if draft.fleet.blind:
        review_issues(draft, site, dark=False)
        return
    faces = draft.tally(key).faces
    serving = Counter({face: n for face, n in faces.items() if face.status not in NOT_SERVING})
    resting = in_rest(draft, key)
    up = sum(n for face, n in faces.items() if face.status in GOOD_OR_ONLINE)
    up += sum(b.status not in GOOD_OR_ONLINE for b in resting)
    needed = draft.inventory.sites[key].min_up
    if needed is None:
        at_work = serving.total() - sum(b.status not in NOT_SERVING for b in resting)
        needed = min(2, at_work)
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
        down=count(site.down, is_down(standing.status, serving), draft.now, restart),
    )
    if after != site:
        draft.believe(after)
    if after.status is not site.status:
        status_changed(draft, site, after, standing.why)
    review_issues(draft, after, dark=dark)


def answers(draft: Draft, site: SiteBelief, serving: Collection[Face]) -> bool:
    """True when a witness or a node of the site answers by evidence that is fresh."""
    limit = 2 * draft.policy.intervals.witness
    heard = site.witnesses_answered_at.values()
    if site.witnesses_silent_since is None and any(draft.now - at <= limit for at in heard):
        return True
    return any(
        face.evidence is Evidence.FRESH and face.observed not in (Observed.SILENT, Observed.STALE)
        for face in serving
    )


def in_rest(draft: Draft, key: SiteKey) -> list[NodeBelief]:
    """Those of the site's nodes that are in maintenance."""
    if not any(may_cover(draft, window, key) for window in draft.windows().values()):
        return []
    nodes = draft.inventory.nodes_by_site.get(key, ())
    return [
        draft.node(node.key)
        for node in nodes
        if in_maintenance(draft, node_subject(node.key)) is not None
    ]


def may_cover(draft: Draft, window: Window, key: SiteKey) -> bool:
    """Whether the window may hold for a node of the site now, as far as is seen at a glance."""
    if not window.starts_at <= draft.now < window.ends_at:
        return False
    elsewhere = draft.inventory.site_of(window.subject) not in (key, None)
    return window.subject.kind is SubjectKind.PCU or not elsewhere


def is_down(status: Status, serving: Collection[Face]) -> bool | None:
    """Whether its time in status down runs; None while nobody sees, or it is out of reach."""
    if status is Status.UNREACHABLE or not any(face.evidence in SEEING for face in serving):
        return None
    return status is Status.DOWN


def is_dark(site: SiteBelief, serving: Collection[Face]) -> bool:
    """Every node silent or unreachable, and every witness that answered lately is silent."""
    if site.witnesses_silent_since is None or not serving:
        return False
    return all(
        face.evidence is Evidence.UNREACHABLE
        or (face.evidence is Evidence.FRESH and face.observed is Observed.SILENT)
        for face in serving
    )


def status_changed(draft: Draft, before: SiteBelief, after: SiteBelief, why: str) -> None:
    subject = site_subject(after.key)
    draft.tell(subject, StatusChanged(before.status, after.status, why))
    if after.status is Status.UNREACHABLE:
        nodes = draft.inventory.nodes_by_site.get(after.key, ())
        forget_turned_bad(draft, {str(node_subject(NodeKey(node.key))) for node in nodes})
        note_turned_bad(draft, str(subject))


def review_issues(draft: Draft, site: SiteBelief, *, dark: bool) -> None:
    """Advance the site's issues, close what is over, open what is due."""
    subject = site_subject(site.key)
    quiet = draft.fleet.blind or in_maintenance(draft, subject) is not None
    for issue in draft.open_issues(subject):
        advance(draft, issue, None if quiet else ails(draft, issue))
        why = "" if opener_of(draft, issue) else why_over(draft, site, issue.type, dark=dark)
        if why:
            close_issue(draft, issue, Cause.HEALTHY, detail=why)
    if quiet:
        return
    limits = draft.policy.thresholds
    out_for, down_for = site.unreachable.value(draft.now), site.down.value(draft.now)
    if dark and out_for >= limits.site_unreachable:
        bad_since = site.unreachable.running_since or draft.now
        text = f"nodes and witnesses are all silent for {words(out_for)}"
        raise_site_issue(draft, subject, IssueType.SITE_UNREACHABLE, bad_since, text)
    if site.status is Status.DOWN and down_for >= limits.site_down:
        text = f"only {site.up} of {site.needed} have been up for {words(down_for)}"
        since = site.status_since or draft.now
        raise_site_issue(draft, subject, IssueType.SITE_DOWN, since, text)


def why_over(draft: Draft, site: SiteBelief, kind: IssueType, *, dark: bool) -> str:
    """Why the site's issue of this type is over; empty: it is not."""
    if kind is IssueType.SITE_DOWN:
        good = site.status is Status.GOOD
        return f"{site.up} of {site.needed} are up, for long enough" if good else ""
    back_since = site.reachable.running_since
    long = draft.policy.thresholds.login_back_for
    back = not dark and back_since is not None and draft.now - back_since >= long
    over = kind is IssueType.SITE_UNREACHABLE and back
    return "some of it answers again" if over else ""


def raise_site_issue(
    draft: Draft, subject: Subject, kind: IssueType, bad_since: datetime, summary: str
) -> None:
    if not closed_by_word(draft, subject, kind, bad_since):
        open_issue(draft, kind, subject, bad_since=bad_since, summary=summary)
