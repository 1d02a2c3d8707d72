"""The fleet guard: too much turned bad at once, so no new harm until it is understood."""

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.events import StatusChanged
from plcmon.model.issues import Cause, IssueType
from plcmon.model.subjects import NodeKey, Subject, SubjectKind, fleet_subject, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.issues import close_issue, open_issue, words
from plcmon.policy.windows import in_maintenance

BAD = frozenset({Status.OFFLINE, Status.DOWN, Status.FAILBOOT})
NOT_IN_SERVICE = frozenset({Status.NEW, Status.RETIRED, Status.DISABLED})


def note_turned_bad(draft: Draft, what: str) -> None:
    """Count one node, or one unreachable site, that turned bad now."""
    if not counts(draft, what):
        return
    fleet = draft.fleet
    counted = (*[row for row in fleet.turned_bad if row[0] != what], (what, draft.now))
    draft.patch_fleet(turned_bad=counted)
    review_guard(draft)


def counts(draft: Draft, what: str) -> bool:
    """Who is in maintenance is not in service, and the chronic are in neither count."""
    subject = Subject.parse(what)
    if in_maintenance(draft, subject) is not None:
        return False
    return subject.kind is not SubjectKind.NODE or not chronic(
        draft, draft.node(NodeKey(subject.key))
    )


def forget_turned_bad(draft: Draft, what: set[str]) -> None:
    """Nodes of a site that turned out unreachable as a whole count as that one site."""
    kept = tuple(row for row in draft.fleet.turned_bad if row[0] not in what)
    if kept != draft.fleet.turned_bad:
        draft.patch_fleet(turned_bad=kept)


def review_guard(draft: Draft) -> None:
    """Close at the line; open a window and one complete scan after half of it."""
    rules, fleet = draft.policy.guard, draft.fleet
    recent = tuple(row for row in fleet.turned_bad if draft.now - row[1] < rules.window)
    line = max(rules.more_than, int(rules.share * fleet.in_service))
    fleet = draft.patch_fleet(turned_bad=recent, guard_line=line)
    if len(recent) > line:
        if not fleet.guard_closed:
            shut(draft, len(recent), line)
        draft.patch_fleet(guard_calm_since=None)
        return
    if not fleet.guard_closed:
        return
    if len(recent) > line / 2:
        draft.patch_fleet(guard_calm_since=None)
        return
    calm = fleet.guard_calm_since or draft.now
    fleet = draft.patch_fleet(guard_calm_since=calm)
    scanned = fleet.scan_began_at is not None and fleet.scan_began_at >= calm
    if scanned and draft.now - calm >= rules.window:
        open_up(draft)


def shut(draft: Draft, count: int, line: int) -> None:
    draft.patch_fleet(guard_closed=True, guard_since=draft.now, guard_calm_since=None)
    why = f"{count} nodes turned bad within {words(draft.policy.guard.window)}; the line is {line}"
    draft.tell(fleet_subject(), StatusChanged("open", "closed", why, "guard"))
    draft.audit(fleet_subject(), "fleet guard closed", why)
    open_issue(draft, IssueType.MASS_OUTAGE, fleet_subject(), bad_since=draft.now, summary=why)


def open_up(draft: Draft) -> None:
    draft.patch_fleet(guard_closed=False, guard_since=draft.now, guard_calm_since=None)
    why = "the rate stayed under half of the line, and a scan was completed since"
    draft.tell(fleet_subject(), StatusChanged("closed", "open", why, "guard"))
    draft.audit(fleet_subject(), "fleet guard opened", why)
    issue = draft.open_issue(fleet_subject(), IssueType.MASS_OUTAGE)
    if issue is not None:
        close_issue(draft, issue, Cause.CONDITION_GONE, detail=why)


def count_in_service(draft: Draft) -> int:
    """Nodes that are not retired, disabled, new or in maintenance, nor bad for very long."""
    return census(draft)[0]


def census(draft: Draft) -> tuple[int, int]:
    """Nodes in service: those that say something of now, and those bad for very long."""
    counts, maintained = [0, 0], bool(draft.windows())
    for key in draft.inventory.nodes:
        belief = draft.node(key)
        if belief.status in NOT_IN_SERVICE:
            continue
        if not maintained or in_maintenance(draft, node_subject(key)) is None:
            counts[chronic(draft, belief)] += 1
    return counts[0], counts[1]


def chronic(draft: Draft, belief: NodeBelief) -> bool:
    """Bad for so long that it says nothing about what happens now."""
    since = belief.not_good_since
    long = since is not None and draft.now - since > draft.policy.guard.chronic
    return long and belief.status in BAD
