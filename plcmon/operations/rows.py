"""Rows of nodes, PCUs and sites: pure, from one moment to views."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from plcmon.model.beliefs import Finding, NodeBelief, PcuBelief, SiteBelief, Status
from plcmon.model.events import NodeSeen, Window
from plcmon.model.issues import Issue
from plcmon.model.readings import Evidence, Mark, Observed
from plcmon.model.subjects import (
    Contact,
    Inventory,
    Node,
    NodeKey,
    Pcu,
    Site,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.operations.issue_rows import issue_clause
from plcmon.operations.moment import Moment
from plcmon.operations.penalty import claimed_lines, draft_of, penalty_words, what_lifts
from plcmon.operations.phrases import age, ago, clock, count, lasting, lasts
from plcmon.operations.views import NodeView, PcuView, SiteView
from plcmon.policy.penalties import proposed
from plcmon.policy.ramp import waits

UP = frozenset({Status.GOOD, Status.ONLINE})


@dataclass(frozen=True, slots=True)
class Kept:
    """A row, and what it was made of."""

    view: NodeView
    belief: NodeBelief
    seen: NodeSeen | None
    until: datetime  # the words of its ages change then

    def holds(self, belief: NodeBelief | None, seen: NodeSeen | None, now: datetime) -> bool:
        return self.belief is belief and now < self.until and self.seen == seen


class NodeRows:
    """Rows of nodes, kept for as long as nothing they say has changed.

    Only plain rows are kept: a node with an issue, a window or an exemption is made anew.
    """

    def __init__(self) -> None:
        self._inventory: Inventory | None = None
        self._kept: dict[NodeKey, Kept] = {}

    def all(self, moment: Moment) -> list[NodeView]:
        return self.some(moment, moment.inventory.nodes.values())

    def some(self, moment: Moment, nodes: Iterable[Node]) -> list[NodeView]:
        """Those of these nodes, which the moment's inventory has."""
        if moment.inventory is not self._inventory:
            self._inventory = moment.inventory
            self._kept.clear()
        return [self._row(moment, node) for node in nodes]

    def _row(self, moment: Moment, node: Node) -> NodeView:
        belief, seen = moment.state.nodes.get(node.key), moment.seen(node.key)
        over = what_is_over(moment, node)
        kept = self._kept.get(node.key)
        if over is CLEAR and kept is not None and kept.holds(belief, seen, moment.now):
            return kept.view
        view = node_view(moment, node, over)
        if over is CLEAR and belief is not None:
            self._kept[node.key] = Kept(view, belief, seen, steady_until(moment, belief, seen))
        return view


@dataclass(frozen=True, slots=True)
class Over:
    """What stands over a node beside its own belief."""

    window: Window | None = None
    exempt_until: datetime | None = None
    issues: tuple[Issue, ...] = ()


CLEAR = Over()


def what_is_over(moment: Moment, node: Node) -> Over:
    """CLEAR itself when nothing does."""
    subject = node_subject(node.key)
    window, exempt = moment.window_over(subject), moment.exempt_until(node)
    issues = moment.issues_of(subject)
    if window is None and exempt is None and not issues:
        return CLEAR
    return Over(window, exempt, tuple(issues))


def steady_until(moment: Moment, belief: NodeBelief, seen: NodeSeen | None) -> datetime:
    """When the words of the row's ages change, if nothing else does."""
    times = [belief.status_since, belief.evidence_since]
    times += [seen.answered_at, seen.login_at] if seen is not None else []
    return moment.now + min([lasts(at, moment.now) for at in times])


def node_view(moment: Moment, node: Node, over: Over | None = None) -> NodeView:
    """`over`: what stands over the node, when the caller has looked already."""
    over = over or what_is_over(moment, node)
    belief = moment.state.nodes.get(node.key) or NodeBelief(node.key)
    seen = moment.seen(node.key)
    return NodeView(
        key=node.key,
        name=node.hostname,
        site=node.site,
        status=belief.status.value,
        since=belief.status_since,
        observed=belief.observed.value,
        evidence=belief.evidence.value,
        marks=marks_of(moment, belief, over),
        detail=belief.detail,
        seen_at=seen.answered_at if seen else None,
        boot_id=belief.boot_id,
        booted_at=belief.booted_at,
        power=moment.path(node.paths[0]) if node.paths else "",
        issues=tuple([issue.id for issue in over.issues]),
        why=sentence_under(moment, belief, seen, over),
        addresses=node.addresses,
        desired=node.boot_state.value,
    )


def marks_of(moment: Moment, belief: NodeBelief, over: Over) -> tuple[str, ...]:
    if over is CLEAR and not belief.marks and not belief.flap.held:
        return ()
    marks = {mark.value for mark in belief.marks}
    if belief.flap.held:
        marks.add(Mark.FLAPPING.value)
    if over.window is not None:
        marks.add(Mark.MAINTENANCE.value)
    if over.exempt_until is not None:
        marks.add(Mark.EXEMPT.value)
    if any(waits(draft_of(moment), issue) for issue in over.issues):
        marks.add(Mark.INHERITED.value)
    return tuple(sorted(marks))


def node_sentence(moment: Moment, node: Node) -> str:
    """Why the node is as it is, in one sentence: status, what was seen, what stands over it."""
    belief = moment.state.nodes.get(node.key) or NodeBelief(node.key)
    return sentence_under(moment, belief, moment.seen(node.key), what_is_over(moment, node))


def sentence_under(moment: Moment, belief: NodeBelief, seen: NodeSeen | None, over: Over) -> str:
    own = f"{status_for(belief, moment.now)}: {sight_clause(belief, seen, moment.now)}"
    if over is CLEAR:
        return own
    parts = [own]
    if over.window is not None:
        until = clock(over.window.ends_at, moment.now)
        parts.append(f"in maintenance until {until} by {over.window.actor}")
    if over.exempt_until is not None:
        until = clock(over.exempt_until, moment.now)
        parts.append(f"exempt until {until}: never acted on")
    if over.issues:
        parts.append(f"{over.issues[0].type.value}: {issue_clause(moment, over.issues[0])}")
    return "; ".join(parts)


def status_for(belief: NodeBelief | PcuBelief | SiteBelief, now: datetime) -> str:
    return f"{belief.status.value}{lasting(belief.status_since, now)}"


def sight_clause(belief: NodeBelief, seen: NodeSeen | None, now: datetime) -> str:
    """What the evidence says, or that there is none."""
    if belief.observed is Observed.STALE and belief.first_seen_at is None:
        return "not looked at yet"
    if belief.evidence is not Evidence.FRESH:
        return doubt_clause(belief.evidence, age(belief.evidence_since, now))
    if belief.observed is Observed.BOOT and seen is not None and seen.login_at is not None:
        return f"SSH login worked {ago(seen.login_at, now)}{beside(belief)}"
    detail = belief.detail or f"observed {belief.observed.value}"
    if seen is not None and seen.answered_at is not None:
        return f"{detail}, last answer {ago(seen.answered_at, now)}"
    return f"{detail}, no answer so far"


def doubt_clause(evidence: Evidence, spell: str) -> str:
    """Why what is believed rests on no fresh evidence."""
    if evidence is Evidence.SUSPECT:
        return f"a probe failed {spell} ago; it is looked at again before that counts"
    if evidence is Evidence.BLIND:
        return f"no evidence for {spell}: our own canaries do not answer"
    if evidence is Evidence.UNREACHABLE:
        return f"nothing answers, and neither do its site's witnesses, for {spell}"
    return f"no fresh reading for {spell}"


def beside(belief: NodeBelief) -> str:
    """Marks that qualify a working login."""
    return ", but a required port is not open" if Mark.FIREWALLED in belief.marks else ""


def pcu_view(moment: Moment, pcu: Pcu) -> PcuView:
    subject = pcu_subject(pcu.key)
    belief = moment.state.pcus.get(pcu.key) or PcuBelief(pcu.key)
    return PcuView(
        key=pcu.key,
        name=pcu.name,
        site=pcu.site,
        family=pcu.family,
        address=pcu.host,
        status=belief.status.value,
        since=belief.status_since,
        finding=belief.finding.value if belief.finding else "",
        detail=belief.detail,
        tested_at=belief.tested_at,
        tested_good_at=belief.tested_good_at,
        nodes=outlets_of(moment, pcu),
        issues=tuple(issue.id for issue in moment.issues_of(subject)),
        why=pcu_sentence(moment, pcu, belief),
    )


def outlets_of(moment: Moment, pcu: Pcu) -> tuple[str, ...]:
    """`outlet: node name` for every known outlet, in the outlets' order."""
    found = {
        (outlet.outlet, node.hostname)
        for node in moment.inventory.nodes_by_pcu.get(pcu.key, ())
        for path in node.paths
        for outlet in path.outlets
        if outlet.pcu == pcu.key
    }
    ordered = sorted(found, key=lambda pair: (len(pair[0]), pair))  # 2 before 10
    return tuple(f"{outlet}: {name}" for outlet, name in ordered)


def pcu_sentence(moment: Moment, pcu: Pcu, belief: PcuBelief) -> str:
    """Why the PCU is as it is, in one sentence."""
    now = moment.now
    parts = [f"{status_for(belief, now)}: {test_clause(belief, now)}"]
    if belief.left_alone_until is not None and belief.left_alone_until > now:
        sessions = count(belief.failed_sessions, "failed session")
        parts.append(f"left alone until {clock(belief.left_alone_until, now)} after {sessions}")
    if belief.held_outlets:
        parts.append(f"no power through outlet {', '.join(sorted(belief.held_outlets))}")
    window = moment.window_over(pcu_subject(pcu.key))
    if window is not None:
        parts.append(f"in maintenance until {clock(window.ends_at, now)} by {window.actor}")
    issues = moment.issues_of(pcu_subject(pcu.key))
    if issues:
        parts.append(f"{issues[0].type.value}: {issue_clause(moment, issues[0])}")
    return "; ".join(parts)


def test_clause(belief: PcuBelief, now: datetime) -> str:
    if belief.tested_at is None or belief.finding is None:
        return "not tested yet"
    if belief.refused:
        return f"it refused our login {ago(belief.tested_at, now)}; not tried again by itself"
    if belief.finding is Finding.OK:
        return f"tested good {ago(belief.tested_at, now)}"
    said = f" ({belief.detail})" if belief.detail else ""
    good = f", last good {ago(belief.tested_good_at, now)}"
    return f"the test {ago(belief.tested_at, now)} found {belief.finding.value}{said}{good}"


def site_view(moment: Moment, site: Site) -> SiteView:
    subject = site_subject(site.key)
    belief = moment.state.sites.get(site.key) or SiteBelief(site.key)
    nodes = moment.inventory.nodes_by_site.get(site.key, ())
    return SiteView(
        key=site.key,
        name=site.name,
        status=belief.status.value,
        since=belief.status_since,
        up=belief.up,
        needed=belief.needed,
        nodes=len(nodes),
        pcus=len(moment.inventory.pcus_by_site.get(site.key, ())),
        contacts=tuple(contact_text(contact) for contact in site.contacts),
        issues=tuple(issue.id for issue in moment.issues_of(subject)),
        why=site_sentence(moment, site, belief, nodes),
        penalty=belief.penalty.level,
        penalty_since=belief.penalty.since,
        claims=claimed_lines(moment, site.key),
        lifts=what_lifts(moment, site.key),
        reply_until=belief.reply_until,
        penalty_asked=proposed(belief.penalty),
    )


def contact_text(contact: Contact) -> str:
    roles = ", ".join(sorted(role.value for role in contact.roles))
    return f"{contact.email} ({roles})" if roles else contact.email


def site_sentence(moment: Moment, site: Site, belief: SiteBelief, nodes: tuple[Node, ...]) -> str:
    """Why the site is as it is, in one sentence."""
    now = moment.now
    parts = [
        f"{status_for(belief, now)}: {belief.up} of {count(len(nodes), 'node')} up,"
        f" {belief.needed} needed"
    ]
    if belief.witnesses_silent_since is not None:
        parts.append(
            f"its witnesses have been silent for {age(belief.witnesses_silent_since, now)}"
        )
    if belief.reply_until is not None and now < belief.reply_until:
        parts.append(f"somebody replied, left in peace until {clock(belief.reply_until, now)}")
    if belief.penalty.level:
        parts.append(f"penalty {penalty_words(moment, site.key)}")
    window = moment.window_over(site_subject(site.key))
    if window is not None:
        parts.append(f"in maintenance until {clock(window.ends_at, now)} by {window.actor}")
    issues = moment.issues_of(site_subject(site.key))
    if issues:
        parts.append(f"{issues[0].type.value}: {issue_clause(moment, issues[0])}")
    return "; ".join(parts)


def matches(view: NodeView | PcuView | SiteView, word: str, labels: tuple[str, ...] = ()) -> bool:
    """True when name, key, site, status, mark or label contains the lower-case `word`."""
    texts = [view.name, view.key, view.status, *labels]
    if not isinstance(view, SiteView):
        texts.append(view.site)
    if isinstance(view, NodeView):
        texts += [*view.marks, view.observed, view.evidence]
    return any(word in text.lower() for text in texts)
