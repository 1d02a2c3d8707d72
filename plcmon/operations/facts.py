"""What is known of a subject, with ages, and how far it is from each line that matters."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from plcmon.model.beliefs import NO_TIME, NodeBelief, PcuBelief, SiteBelief, Span, Status
from plcmon.model.events import Freeze, Window
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueType
from plcmon.model.ledger import Spend
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
from plcmon.operations.penalty import draft_of, penalty_facts
from plcmon.operations.phrases import age, ago, clock, count, lasting, within
from plcmon.operations.rows import UP, contact_text, outlets_of, status_for, test_clause
from plcmon.operations.summary import guard_text
from plcmon.policy.draft import Draft
from plcmon.policy.flapping import in_words, lately, released_at
from plcmon.policy.ledger import budget
from plcmon.policy.spans import opposed, reaches
from plcmon.policy.windows import scopes_of
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
    return fleet_thresholds(moment)


def node_facts(moment: Moment, node: Node) -> Lines:
    now, subject = moment.now, node_subject(node.key)
    belief = moment.state.nodes.get(node.key) or NodeBelief(node.key)
    seen = moment.seen(node.key)
    lines = [
        f"status {status_for(belief, now)}",
        f"observed {belief.observed.value}{lasting(belief.observed_since, now)}"
        + (f": {belief.detail}" if belief.detail else ""),
        f"evidence {belief.evidence.value}{lasting(belief.evidence_since, now)}",
        f"last answer {ago(seen.answered_at if seen else None, now)}",
        f"last login {ago(seen.login_at if seen else None, now)}",
        f"desired boot state {node.boot_state.value}",
    ]
    if belief.boot_id:
        booted = f", booted {ago(belief.booted_at, now)}" if belief.booted_at else ""
        lines.append(f"boot id {belief.boot_id}{booted}")
    if node.http and belief.http_at is not None:
        pages = belief.http or "all pages answer as they should"
        lines.append(f"HTTP: {pages}, {ago(belief.http_at, now)}")
    if belief.dns is not None:
        rounds = count(belief.dns.rounds, "round")
        lines.append(f"name service: {belief.dns.detail}, {rounds} in a row")
    if belief.route:
        lines.append(f"the way {belief.route}, {ago(belief.route_at, now)}")
    lines += flap_facts(moment, belief)
    lines += hearsay_facts(moment, belief)
    lines += [path_fact(moment, path) for path in node.paths] or ["no power path is known"]
    lines += stand_still_facts(moment, subject, node)
    site = moment.state.sites.get(node.site)
    if site is not None:
        lines.append(
            f"site {node.site} {status_for(site, now)}: {site.up} up, {site.needed} needed"
        )
    return tuple(lines)


def flap_facts(moment: Moment, belief: NodeBelief) -> list[str]:
    """How often it left boot lately, and when it is let go if it is held."""
    flap, rules = belief.flap, moment.policy.flapping
    if not lately(flap, rules, moment.now):
        return []
    at = released_at(flap, rules)
    held = f"; held, let go {within(at, moment.now)} if it stays in boot" if at else ""
    return [in_words(flap, rules, moment.now) + held]


def hearsay_facts(moment: Moment, belief: NodeBelief) -> list[str]:
    """What each source outside says of it, and whether that keeps power away."""
    now, heard = moment.now, moment.state.heard.get(belief.key, {})
    lines = []
    for source, said in sorted(belief.hearsay.items()):
        rule, at = moment.policy.sources.get(source), heard.get(source)
        weight = "counts" if rule is not None and rule.counts else "informs only"
        seen = f", seen {ago(at, now)}" if at is not None else ""
        word = "up" if said.up else "down"
        lines.append(f"{source} says {word}{lasting(said.since, now)}{seen} ({weight})")
    return lines


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
    """Freezes, windows and exemptions over the subject."""
    lines = [freeze_fact(moment, freeze) for freeze in moment.freezes_over(subject)]
    window = moment.window_over(subject)
    if window is not None:
        until = clock(window.ends_at, moment.now)
        lines.append(f"in maintenance until {until} by {window.actor}: {window.reason}")
    lines += [ahead_line(moment, ahead) for ahead in windows_ahead(moment, subject)]
    exempt = moment.exempt_until(node) if node is not None else None
    if exempt is not None:
        lines.append(f"exempt until {clock(exempt, moment.now)}")
    return lines


def freeze_fact(moment: Moment, freeze: Freeze) -> str:
    why = f": {freeze.reason}" if freeze.reason else ""
    return f"{freeze.scope} is frozen by {freeze.actor}{lasting(freeze.at, moment.now)}{why}"


def windows_ahead(moment: Moment, subject: Subject) -> list[Window]:
    """Windows that will cover the subject, the next first."""
    scopes = scopes_of(draft_of(moment), subject) if moment.state.windows else set()
    ahead = [w for w in moment.state.windows.values() if w.subject in scopes]
    return sorted(
        (window for window in ahead if window.starts_at > moment.now),
        key=lambda window: (window.starts_at, window.id),
    )


def ahead_line(moment: Moment, window: Window) -> str:
    series = f", every {window.weekly} ({window.timezone})" if window.weekly else ""
    starts = within(window.starts_at, moment.now)
    return f"maintenance {starts}{series} by {window.actor}: {window.reason}"


def node_sums(moment: Moment, belief: NodeBelief, issue: Issue | None) -> Lines:
    """The sums of time that decide next: status, opening, closing."""
    limits, lines = moment.policy.thresholds, []
    if belief.status is Status.ONLINE:
        lines.append(sum_line(moment, belief, "boot", limits.good_after, "makes it good"))
    if belief.status is Status.OFFLINE:
        lines.append(sum_line(moment, belief, "bad", limits.down_after, "makes it down"))
    for name, kind, need in openings(moment):
        if (
            counts(moment, belief.spans.get(name, NO_TIME))
            and moment.state.open_issue(node_subject(belief.key), kind) is None
        ):
            lines.append(sum_line(moment, belief, name, need, f"opens {kind.value}"))
    if issue is None or not issue.is_open:
        return tuple(lines)
    if issue.type is IssueType.NODE_DOWN:
        lines.append(stretch_line(moment, belief, "boot", limits.back_for, "closes node_down"))
    if issue.type is IssueType.NODE_LOGIN:
        need = limits.login_back_for
        lines.append(stretch_line(moment, belief, "login", need, "closes node_login"))
    return tuple(lines)


def counts(moment: Moment, span: Span) -> bool:
    """Whether the sum runs, or would go on where it stands rather than begin anew."""
    if span.running_since is not None:
        return True
    over = opposed(span, moment.now) >= moment.policy.thresholds.restart_after
    return span.total > timedelta() and not over


def openings(moment: Moment) -> list[tuple[str, IssueType, timedelta]]:
    """Which sum opens which issue of a node, and at what."""
    limits = moment.policy.thresholds
    return [
        ("silent", IssueType.NODE_DOWN, limits.node_down_silent),
        ("wedged", IssueType.NODE_DOWN, limits.node_down_wedged),
        ("deaf", IssueType.NODE_LOGIN, limits.node_login),
        ("firewalled", IssueType.FIREWALLED, limits.firewalled),
    ]


def sum_line(moment: Moment, belief: NodeBelief, name: str, need: timedelta, does: str) -> str:
    span = belief.spans.get(name, NO_TIME)
    return f"{name} {progress(span, need, moment)} {does}{reached(span, need, moment)}"


def stretch_line(moment: Moment, belief: NodeBelief, name: str, need: timedelta, does: str) -> str:
    """Where not the sum counts but the stretch that lasts now."""
    began = belief.spans.get(name, NO_TIME).running_since
    if began is None:
        return f"{name} for {format_duration(need)} {does}, not so now"
    when = within(began + need, moment.now) if began + need > moment.now else "reached"
    return f"{name} {age(began, moment.now)} of {format_duration(need)} {does}, {when}"


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
    """How much of the node's limit on power cycles is used, by window; only what was sent."""
    sent = sorted(
        intent.sent_at
        for intent in moment.state.intents.values()
        if intent.target == subject
        and intent.kind is ActionKind.POWER_CYCLE
        and intent.sent_at is not None
    )
    limits = sorted(moment.policy.limits.cycles.items())
    return tuple(cycle_limit(sent, window, most, moment.now) for window, most in limits)


def cycle_limit(sent: Sequence[datetime], window: timedelta, most: int, now: datetime) -> str:
    inside = [at for at in sent if now - at < window]
    line = f"power cycles: {len(inside)} of {most} in {format_duration(window)}"
    if len(inside) < most:
        return line
    return f"{line}, free {within(inside[-most] + window, now)}"


def pcu_facts(moment: Moment, pcu: Pcu) -> Lines:
    belief = moment.state.pcus.get(pcu.key) or PcuBelief(pcu.key)
    lines = [
        f"status {status_for(belief, moment.now)}",
        test_clause(belief, moment.now),
        f"family {pcu.family}" + where_is(pcu, belief),
        *(f"outlet {line}" for line in outlets_of(moment, pcu)),
    ]
    if belief.dns is not None:
        lines.append(f"no session and no power: {belief.dns.detail}")
    lines += [f"no power through outlet {outlet}" for outlet in sorted(belief.held_outlets)]
    lines += stand_still_facts(moment, pcu_subject(pcu.key))
    return tuple(lines)


def where_is(pcu: Pcu, belief: PcuBelief) -> str:
    """Its name or address, and where the name led when it was first met."""
    led = f" ({', '.join(belief.addresses)})" if belief.addresses else ""
    return f" at {pcu.host}{led}" if pcu.host else ""


def pcu_thresholds(moment: Moment, key: PcuKey) -> Lines:
    belief, rules = moment.state.pcus.get(key) or PcuBelief(key), moment.policy
    lines = [
        f"last good test {ago(belief.tested_good_at, moment.now)};"
        f" power needs one within {format_duration(rules.safety.pcu_tested_within)}",
        f"failed sessions in a row: {belief.failed_sessions} of {rules.safety.pcu_failed_sessions}",
    ]
    if belief.failures:
        lines.append(f"failed tests in a row: {belief.failures} of {rules.thresholds.failures}")
    limits = rules.thresholds
    if belief.status is Status.ONLINE:
        lines.append(line_since(moment, belief.status_since, limits.good_after, "makes it good"))
    if belief.status is Status.OFFLINE:
        failing = belief.first_failure_at
        lines.append(line_since(moment, failing, limits.down_after, "makes it down"))
    if belief.left_alone_until is not None and belief.left_alone_until > moment.now:
        lines.append(f"left alone, used again {within(belief.left_alone_until, moment.now)}")
    return tuple(lines)


def line_since(moment: Moment, since: datetime | None, need: timedelta, does: str) -> str:
    """A status that changes once it, or what is wrong, has lasted for so long."""
    at = (since or moment.now) + need
    when = within(at, moment.now) if at > moment.now else "reached"
    return (
        f"so for {age(since or moment.now, moment.now)} of {format_duration(need)} {does}, {when}"
    )


def site_facts(moment: Moment, site: Site) -> Lines:
    belief = moment.state.sites.get(site.key) or SiteBelief(site.key)
    nodes = moment.inventory.nodes_by_site.get(site.key, ())
    not_up = [n.hostname for n in nodes if not is_up(moment, n)]
    lines = [
        f"status {status_for(belief, moment.now)}",
        f"{belief.up} of {count(len(nodes), 'node')} up, {belief.needed} needed",
        *(f"contact {contact_text(contact)}" for contact in site.contacts),
        *(
            f"witness {name} answered {ago(at, moment.now)}"
            for name, at in sorted(belief.witnesses_answered_at.items())
        ),
    ]
    if not_up:
        lines.append(f"not up: {', '.join(not_up)}")
    lines += penalty_facts(moment, site.key)
    if belief.reply_until is not None and moment.now < belief.reply_until:
        until = clock(belief.reply_until, moment.now)
        said = ago(belief.replied_at, moment.now)
        lines.append(f"somebody replied {said}: no notices and penalties until {until}")
    return (*lines, *stand_still_facts(moment, Subject(SubjectKind.SITE, site.key)))


def is_up(moment: Moment, node: Node) -> bool:
    belief = moment.state.nodes.get(node.key)
    return belief is not None and belief.status in UP


def site_thresholds(moment: Moment, key: SiteKey) -> Lines:
    belief = moment.state.sites.get(key) or SiteBelief(key)
    need = moment.policy.thresholds.site_unreachable
    limits = moment.policy.thresholds
    lines = [f"up {belief.up}, at least {belief.needed} needed"]
    if belief.status is Status.ONLINE:
        lines.append(line_since(moment, belief.status_since, limits.good_after, "makes it good"))
    if belief.status is Status.OFFLINE:
        since = belief.status_since
        lines.append(line_since(moment, since, limits.site_down_after, "makes it down"))
    if belief.reachable.running_since is not None and moment.state.open_issue(
        Subject(SubjectKind.SITE, key), IssueType.SITE_UNREACHABLE
    ):
        answers = belief.reachable.running_since
        closes = "closes site_unreachable"
        lines.append(line_since(moment, answers, limits.login_back_for, closes))
    if belief.unreachable != NO_TIME:
        gone = reached(belief.unreachable, need, moment)
        did = f"unreachable {progress(belief.unreachable, need, moment)}"
        lines.append(f"{did} opens site_unreachable{gone}")
    return tuple(lines)


def fleet_facts(moment: Moment) -> Lines:
    fleet, now = moment.state.fleet, moment.now
    sight = f"blind{lasting(fleet.blind_since, now)}" if fleet.blind else "not blind"
    canaries = (
        f"{fleet.canaries_good} of {fleet.canaries_asked} canaries answered"
        f" {ago(fleet.canaries_at, now)}"
        if fleet.canaries_asked
        else "no canaries are asked, so blindness is not seen"
    )
    scopes: Mapping[str, object] = moment.state.freezes
    return (
        f"started {ago(fleet.started_at, now)}",
        f"last complete scan {ago(fleet.scan_complete_at, now)}",
        f"{sight}: {canaries}",
        f"mode {moment.policy.mode.value}, policy {moment.policy.version or 'without a version'}",
        f"frozen: {', '.join(sorted(scopes)) or 'nothing'}",
        "this state is adopted" if fleet.adopted else "this state is not adopted: nothing is sent",
        f"{count(fleet.in_service, 'node')} in service",
    )


def fleet_thresholds(moment: Moment) -> Lines:
    """The guard, every budget, what each breaker remembers, and the chronic level."""
    fleet = moment.state.fleet
    view = Draft(moment.state, moment.policy, moment.now)
    budgets = tuple(f"budget: {budget(view, [spend]).fact}" for spend in Spend)
    breakers = tuple(
        f"breaker {scope}: {held.bad} of the last {len(held.last)} were bad"
        + (f"; stopped {ago(held.tripped_at, moment.now)}" if held.tripped_at else "")
        for scope, held in sorted(fleet.breakers.items())
    )
    chronic = (
        f"chronic: {fleet.chronic} of {fleet.chronic_of} nodes in service are bad for long,"
        f" baseline {fleet.chronic_baseline or 'none'}"
    )
    return (f"fleet guard: {guard_text(moment, fleet)}", *budgets, *breakers, chronic)
