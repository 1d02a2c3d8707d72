"""What is known of a subject, with ages, and how far it is from each line that matters."""

from collections.abc import Mapping
from datetime import timedelta

from plcmon.model.beliefs import NO_TIME, NodeBelief, PcuBelief, SiteBelief, Span, Status
from plcmon.model.intents import ActionKind, IntentState
from plcmon.model.issues import Issue, IssueType
from plcmon.model.readings import Evidence
from plcmon.model.subjects import (
    Node,
    NodeKey,
    Pcu,
    PcuKey,
    PowerPath,
    Site,
    SiteKey,
    Subject,
    SubjectKind,
    node_subject,
    pcu_subject,
)
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import age, ago, clock, count, since, within
from plcmon.operations.rows import UP, contact_text, outlets_of, status_since, test_clause
from plcmon.operations.summary import guard_text, power_budget
from plcmon.policy.spans import reaches
from plcmon.times import format_duration

Lines = tuple[str, ...]


def facts_of(moment: Moment, subject: Subject) -> Lines:
    """Each fact one sentence with its age."""
    inventory = moment.inventory
    if subject.kind is SubjectKind.NODE and subject.key in inventory.nodes:
        return node_facts(moment, inventory.nodes[NodeKey(subject.key)])
    if subject.kind is SubjectKind.PCU and subject.key in inventory.pcus:
        return pcu_facts(moment, inventory.pcus[PcuKey(subject.key)])
    if subject.kind is SubjectKind.SITE and subject.key in inventory.sites:
        return site_facts(moment, inventory.sites[SiteKey(subject.key)])
    if subject.kind is SubjectKind.FLEET:
        return fleet_facts(moment)
    return (f"{subject} is no longer in the inventory",)


def thresholds_of(moment: Moment, subject: Subject, issue: Issue | None) -> Lines:
    """Each line one threshold with the distance from it."""
    if subject.kind is SubjectKind.NODE:
        belief = moment.state.nodes.get(NodeKey(subject.key)) or NodeBelief(NodeKey(subject.key))
        return (*node_sums(moment, belief, issue), *cycle_limits(moment, subject))
    if subject.kind is SubjectKind.PCU:
        return pcu_thresholds(moment, PcuKey(subject.key))
    if subject.kind is SubjectKind.SITE:
        return site_thresholds(moment, SiteKey(subject.key))
    return (f"fleet guard: {guard_text(moment, moment.state.fleet)}", power_budget(moment))


def node_facts(moment: Moment, node: Node) -> Lines:
    now, subject = moment.now, node_subject(node.key)
    belief = moment.state.nodes.get(node.key) or NodeBelief(node.key)
    seen = moment.seen(node.key)
    lines = [
        f"status {status_since(belief, now)}",
        f"observed {belief.observed.value}{since(belief.observed_since, now)}"
        + (f": {belief.detail}" if belief.detail else ""),
        f"evidence {belief.evidence.value}{since(belief.evidence_since, now)}",
        f"last answer {ago(seen.answered_at if seen else None, now)}",
        f"last login {ago(seen.login_at if seen else None, now)}",
        f"desired boot state {node.boot_state.value}",
    ]
    if belief.boot_id:
        booted = f", booted {ago(belief.booted_at, now)}" if belief.booted_at else ""
        lines.append(f"boot id {belief.boot_id}{booted}")
    lines += [path_fact(moment, path) for path in node.paths] or ["no power path is known"]
    lines += stand_still_facts(moment, subject, node)
    site = moment.state.sites.get(node.site)
    if site is not None:
        lines.append(
            f"site {node.site} {status_since(site, now)}: {site.up} up, {site.needed} needed"
        )
    return tuple(lines)


def path_fact(moment: Moment, path: PowerPath) -> str:
    """A power path, whether it is proven, and the state of each of its PCUs."""
    at = moment.state.fleet.proven.get(str(path))
    proven = "vouched for" if path.proven else f"proven {ago(at, moment.now)}" if at else "unproven"
    units = []
    for key in dict.fromkeys(outlet.pcu for outlet in path.outlets):
        pcu, belief = moment.inventory.pcus.get(key), moment.state.pcus.get(key) or PcuBelief(key)
        units.append(
            f"{pcu.name if pcu else key} {belief.status.value}, {test_clause(belief, moment.now)}"
        )
    return f"power path {moment.path(path)} ({proven}): {'; '.join(units)}"


def stand_still_facts(moment: Moment, subject: Subject, node: Node | None = None) -> list[str]:
    """Windows and exemptions over the subject."""
    lines, window = [], moment.window_over(subject)
    if window is not None:
        until = clock(window.ends_at, moment.now)
        lines.append(f"in maintenance until {until} by {window.actor}: {window.reason}")
    exempt = moment.exempt_until(node) if node is not None else None
    if exempt is not None:
        lines.append(f"exempt until {clock(exempt, moment.now)}")
    return lines


def node_sums(moment: Moment, belief: NodeBelief, issue: Issue | None) -> Lines:
    """The sums of time that decide next: status, opening, closing."""
    limits, lines = moment.policy.thresholds, []
    if belief.status is Status.ONLINE:
        lines.append(sum_line(moment, belief, "boot", limits.good_after, "makes it good"))
    if belief.status is Status.OFFLINE:
        lines.append(sum_line(moment, belief, "bad", limits.down_after, "makes it down"))
    for name, kind, need in openings(moment):
        has = belief.spans.get(name, NO_TIME)
        counts = has.running_since is not None or has.total > timedelta()
        if counts and moment.state.open_issue(node_subject(belief.key), kind) is None:
            lines.append(sum_line(moment, belief, name, need, f"opens {kind.value}"))
    if issue is None or not issue.is_open:
        return tuple(lines)
    if issue.type is IssueType.NODE_DOWN:
        lines.append(sum_line(moment, belief, "boot", limits.back_for, "closes node_down"))
    if issue.type is IssueType.NODE_LOGIN:
        lines.append(sum_line(moment, belief, "login", limits.login_back_for, "closes node_login"))
    return tuple(lines)


def openings(moment: Moment) -> list[tuple[str, IssueType, timedelta]]:
    """Which sum opens which issue of a node, and at what."""
    limits = moment.policy.thresholds
    return [
        ("silent", IssueType.NODE_DOWN, limits.node_down_silent),
        ("wedged", IssueType.NODE_DOWN, limits.node_down_wedged),
        ("deaf", IssueType.NODE_LOGIN, limits.node_login),
    ]


def sum_line(moment: Moment, belief: NodeBelief, name: str, need: timedelta, does: str) -> str:
    span = belief.spans.get(name, NO_TIME)
    return f"{name} {progress(span, need, moment)} {does}{reached(span, need, moment)}"


def progress(span: Span, need: timedelta, moment: Moment) -> str:
    return f"{format_duration(span.value(moment.now))} of {format_duration(need)}"


def reached(span: Span, need: timedelta, moment: Moment) -> str:
    at = reaches(span, need)
    if at is None:
        return ", not counting now"
    return f", {within(at, moment.now)}" if at > moment.now else ", reached"


def opening_soon(moment: Moment, belief: NodeBelief) -> str:
    """`node_down opens in 21h`, for the sum that runs; empty: none does."""
    if belief.evidence is not Evidence.FRESH:
        return ""
    for name, kind, need in openings(moment):
        at = reaches(belief.spans.get(name, NO_TIME), need)
        if at is not None:
            return f"{kind.value} opens {within(at, moment.now)}"
    return ""


def cycle_limits(moment: Moment, subject: Subject) -> Lines:
    """How much of the node's limit on power cycles is used, by window."""
    sent = [
        intent.sent_at or intent.planned_at
        for intent in moment.state.intents.values()
        if intent.target == subject
        and intent.kind is ActionKind.POWER_CYCLE
        and intent.state is not IntentState.CANCELLED
    ]
    return tuple(
        f"power cycles: {sum(at > moment.now - window for at in sent)} of {most}"
        f" in {format_duration(window)}"
        for window, most in sorted(moment.policy.limits.cycles.items())
    )


def pcu_facts(moment: Moment, pcu: Pcu) -> Lines:
    belief = moment.state.pcus.get(pcu.key) or PcuBelief(pcu.key)
    lines = [
        f"status {status_since(belief, moment.now)}",
        test_clause(belief, moment.now),
        f"family {pcu.family}" + (f" at {pcu.host}" if pcu.host else ""),
        *(f"outlet {line}" for line in outlets_of(moment, pcu)),
    ]
    lines += [f"no power through outlet {outlet}" for outlet in sorted(belief.held_outlets)]
    lines += stand_still_facts(moment, pcu_subject(pcu.key))
    return tuple(lines)


def pcu_thresholds(moment: Moment, key: PcuKey) -> Lines:
    belief, rules = moment.state.pcus.get(key) or PcuBelief(key), moment.policy
    lines = [
        f"last good test {ago(belief.tested_good_at, moment.now)};"
        f" power needs one within {format_duration(rules.safety.pcu_tested_within)}",
        f"failed sessions in a row: {belief.failed_sessions} of {rules.safety.pcu_failed_sessions}",
    ]
    if belief.failures:
        lines.append(f"failed tests in a row: {belief.failures} of {rules.thresholds.failures}")
    return tuple(lines)


def site_facts(moment: Moment, site: Site) -> Lines:
    belief = moment.state.sites.get(site.key) or SiteBelief(site.key)
    nodes = moment.inventory.nodes_by_site.get(site.key, ())
    not_up = [n.hostname for n in nodes if not is_up(moment, n)]
    lines = [
        f"status {status_since(belief, moment.now)}",
        f"{belief.up} of {count(len(nodes), 'node')} up, {belief.needed} needed",
        *(f"contact {contact_text(contact)}" for contact in site.contacts),
        *(
            f"witness {name} answered {ago(at, moment.now)}"
            for name, at in sorted(belief.witnesses_answered_at.items())
        ),
    ]
    if not_up:
        lines.append(f"not up: {', '.join(not_up)}")
    return (*lines, *stand_still_facts(moment, Subject(SubjectKind.SITE, site.key)))


def is_up(moment: Moment, node: Node) -> bool:
    belief = moment.state.nodes.get(node.key)
    return belief is not None and belief.status in UP


def site_thresholds(moment: Moment, key: SiteKey) -> Lines:
    belief = moment.state.sites.get(key) or SiteBelief(key)
    need = moment.policy.thresholds.site_unreachable
    lines = [f"up {belief.up}, at least {belief.needed} needed"]
    if belief.unreachable != NO_TIME:
        gone = reached(belief.unreachable, need, moment)
        did = f"unreachable {progress(belief.unreachable, need, moment)}"
        lines.append(f"{did} opens site_unreachable{gone}")
    return tuple(lines)


def fleet_facts(moment: Moment) -> Lines:
    fleet, now = moment.state.fleet, moment.now
    sight = f"blind since {age(fleet.blind_since, now)}" if fleet.blind else "not blind"
    scopes: Mapping[str, object] = moment.state.freezes
    return (
        f"started {ago(fleet.started_at, now)}",
        f"last complete scan {ago(fleet.scan_complete_at, now)}",
        f"{sight}: {fleet.canaries_good} of {fleet.canaries_asked} canaries answered"
        f" {ago(fleet.canaries_at, now)}",
        f"mode {moment.policy.mode.value}, policy {moment.policy.version or 'without a version'}",
        f"frozen: {', '.join(sorted(scopes)) or 'nothing'}",
        "this state is adopted" if fleet.adopted else "this state is not adopted: nothing is sent",
        f"{count(fleet.in_service, 'node')} in service",
    )
