"""The digest: once a day the operators read what waits, what stands, and what changed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from plcmon.model.beliefs import Digest
from plcmon.model.intents import ActionKind, Intent, OutboxRow
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.policy import Policy
from plcmon.model.subjects import fleet_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.issues import stamp, words
from plcmon.policy.purpose import ON_PURPOSE, meant

NOTICE = "digest"
DAY = timedelta(days=1)
NAMED = 5  # of each kind; the rest is a number
LOUD = frozenset(
    {
        IssueType.HOSTKEY,
        IssueType.FLAPPING,
        IssueType.COMMON_CAUSE,
        IssueType.MAPPING_SUSPECT,
        IssueType.MASS_OUTAGE,
        IssueType.SELF,
    }
)
"""What nobody at a site is told of: the operators are reminded of it for as long as it is open."""


def last_due(policy: Policy, now: datetime) -> datetime | None:
    """When the newest digest was due, by the clock of UTC; None: none is wanted."""
    if not policy.operators or policy.digest is None:
        return None
    today = datetime.combine(now.astimezone(UTC).date(), policy.digest, tzinfo=UTC)
    return today if today <= now else today - DAY


def next_due(policy: Policy, now: datetime) -> datetime | None:
    last = last_due(policy, now)
    return last + DAY if last is not None else None


def post_digest(draft: Draft) -> None:
    """Write it into the outbox once its time has come; in the same change it is marked as posted.

    A new state has nothing to tell of the day before: its first one comes with the next morning.
    """
    due, last = last_due(draft.policy, draft.now), draft.fleet.digest
    if due is None or (last is not None and last.at >= due):
        return
    draft.patch_fleet(digest=Digest(due, counts(draft)))
    if last is None:
        return
    text, number = "\n".join(lines(draft, last)), due.date().toordinal()
    for recipient in draft.policy.operators:
        draft.post(
            OutboxRow(
                IssueId(NOTICE),
                NOTICE,
                recipient,
                number,
                NOTICE,
                "",
                fleet_subject(),
                draft.now,
                facts={"since": stamp(last.at), "lines": text},
            )
        )
    readers = ", ".join(draft.policy.operators)
    draft.audit(fleet_subject(), "digest", f"due {stamp(due)}", detail=readers)


def counts(view: Draft) -> Mapping[str, int]:
    """What changes from day to day: nodes by status, open issues by type."""
    nodes = Counter(f"nodes {view.node(key).status.value}" for key in sorted(view.inventory.nodes))
    issues = Counter(f"issues {issue.type.value}" for issue in view.state.all_open())
    return {**nodes, **issues}


def lines(view: Draft, before: Digest | None) -> list[str]:
    """The digest as it would be written now, one thing on a line."""
    since = before.at if before is not None else view.now - DAY
    return [
        *counted(counts(view), before.counts if before is not None else None),
        *scan_health(view),
        *waiting(view),
        *held(view),
        *some("still open", [named(view, i) for i in opened(view) if i.type in LOUD]),
        *some("meant to be off for long", over_long(view)),
        *some("under a penalty", punished(view)),
        *some("frozen", [f"{scope} by {by.actor}" for scope, by in sorted(view.freezes().items())]),
        *done(view, since),
    ]


def opened(view: Draft) -> list[Issue]:
    return sorted(view.state.all_open(), key=lambda issue: (issue.opened_at, issue.id))


def named(view: Draft, issue: Issue) -> str:
    age = words(view.now - issue.opened_at)
    return f"{issue.type.value} of {view.name(issue.subject)} for {age}: {issue.summary}"


def counted(now: Mapping[str, int], before: Mapping[str, int] | None) -> Iterator[str]:
    """Each count, and by how much it moved."""
    for kind in ("nodes", "issues"):
        parts = []
        for name in sorted(now.keys() | (before or {}).keys()):
            if name.startswith(kind):
                moved = now.get(name, 0) - before.get(name, 0) if before is not None else 0
                change = f" ({moved:+d})" if moved else ""
                parts.append(f"{name.removeprefix(kind).strip()} {now.get(name, 0)}{change}")
        yield f"{kind}: {', '.join(parts) or 'none'}"


def scan_health(view: Draft) -> Iterator[str]:
    fleet = view.fleet
    seen = f"complete {stamp(fleet.scan_complete_at)}" if fleet.scan_complete_at else "none since"
    late = f", late since {stamp(fleet.late_since)}" if fleet.late_since else ""
    blind = "; blind" if fleet.blind else ""
    answer = f"{fleet.canaries_good} of {fleet.canaries_asked} canaries answer"
    yield f"last scan: {seen}{late}; {answer}{blind}"


def waiting(view: Draft) -> Iterator[str]:
    """What a person must say yes or no to."""
    asked = [
        f"{issue.proposal.rung} of {named(view, issue)}"
        for issue in opened(view)
        if issue.proposal is not None and not issue.proposal.approved_by
    ]
    second = [
        f"{intent.kind.value} of {view.name(intent.target)}, asked for by {intent.actor}"
        for intent in view.live_power()
        if intent.waits_for_second
    ]
    penalties = [
        f"penalty {site.penalty.asked} of {key}"
        for key, site in sorted(view.state.sites.items())
        if site.penalty.asked and not site.penalty.approved_by and not site.penalty.declined
    ]
    yield from some("waits for approve or reject", [*asked, *second, *penalties])


def held(view: Draft) -> Iterator[str]:
    """What is held back, by gate, and since when the oldest is."""
    since: dict[str, list[datetime]] = {}
    for hold in view.state.holds.values():
        since.setdefault(hold.gate.value, []).append(hold.since)
    rows = [
        f"{gate} holds {len(times)}, the oldest for {words(view.now - min(times))}"
        for gate, times in sorted(since.items())
    ]
    yield from some("held back", rows)


def over_long(view: Draft) -> list[str]:
    """Nodes that somebody wants disabled or in safeboot, for so long that it may be forgotten."""
    limit, found = view.policy.thresholds.on_purpose_for, []
    for key, node in sorted(view.inventory.nodes.items()):
        belief = view.node(key)
        since, wanted = belief.desired_since or belief.first_seen_at, meant(node, belief)
        if wanted in ON_PURPOSE and since is not None and view.now - since >= limit:
            found.append(f"{node.hostname}: {wanted.value} for {words(view.now - since)}")
    return found


def punished(view: Draft) -> list[str]:
    return [
        f"{view.name(site_subject(key))}: level {site.penalty.level}"
        for key, site in sorted(view.state.sites.items())
        if site.penalty.level
    ]


def done(view: Draft, since: datetime) -> Iterator[str]:
    """What was sent since then, and what came of it, in numbers."""
    sent = [
        intent
        for intent in view.state.intents.values()
        if intent.sent_at is not None and intent.sent_at >= since
    ]
    found = Counter((intent.kind, result(intent)) for intent in sent)
    rows = [f"{kind.value} {what} {number}" for (kind, what), number in sorted(found.items())]
    yield f"done since {stamp(since)}: {', '.join(rows) or 'nothing'}"


def result(intent: Intent) -> str:
    proven = intent.kind is ActionKind.POWER_CYCLE and intent.verdict is not None
    return intent.verdict.value if proven and intent.verdict else intent.state.value


def some(what: str, rows: Iterable[str]) -> Iterator[str]:
    """The first few by name, and how many more there are."""
    found = list(rows)
    yield from (f"{what}: {row}" for row in found[:NAMED])
    if len(found) > NAMED:
        yield f"{what}: {len(found) - NAMED} more"
