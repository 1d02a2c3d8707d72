"""Is it our own uplink, or theirs? What is down, who else sees it, and one careful verdict. Pure.

Nothing is decided by it: it reads what canaries, witnesses, sources and guards already say.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.issues import Issue, IssueType
from plcmon.model.ports import OwnHealth
from plcmon.model.readings import Evidence
from plcmon.model.subjects import (
    NodeKey,
    PcuKey,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.operations.clusters import RULE, Cluster, clusters, rushes
from plcmon.operations.groups import Group, Groups
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import clock, count
from plcmon.operations.reports import (
    CanaryView,
    ClusterView,
    IsItUsView,
    SourceView,
    WitnessView,
)
from plcmon.operations.verdict import Evidences, verdict
from plcmon.policy.draft import Draft
from plcmon.policy.fold.guard import NOT_IN_SERVICE, chronic
from plcmon.policy.status import OFFLINE_OR_DOWN
from plcmon.policy.windows import in_maintenance

MOST_SITES = 10  # whose witnesses are named
MOST_KNOWN = 3  # causes named for one cluster
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The nodes in question: which are down, how, and since when."""

    nodes: int
    down: Mapping[NodeKey, datetime]  # when it fell
    unreachable: int
    suspect: int
    besides: frozenset[NodeKey]  # in maintenance, bad for very long
    out: frozenset[NodeKey]  # not in service at all


def is_it_us_view(moment: Moment, groups: Groups, health: OwnHealth) -> IsItUsView:
    fleet = fleet_of(moment)
    found = clusters(groups, fleet.down, fleet.besides | fleet.out)
    rows = tuple(cluster_view(moment, fleet, one) for one in found)
    named = sum(row.down for row in rows)
    sources = tuple(sources_of(moment, fleet))
    witnesses = witnesses_of(moment, fleet)
    belief = moment.state.fleet
    word, sentence = verdict(Evidences(moment, health, fleet.nodes, len(fleet.down), rows, sources))
    return IsItUsView(
        at=moment.now,
        verdict=word,
        sentence=sentence,
        canaries=tuple(canaries_of(moment)),
        good=belief.canaries_good,
        asked=belief.canaries_asked,
        needed=math.ceil(moment.policy.canaries.good_share * belief.canaries_asked),
        canaries_at=belief.canaries_at,
        blind=belief.blind,
        blind_since=belief.blind_since,
        unwell=health.unwell,
        lag_s=health.lag.total_seconds(),
        descriptors=health.descriptors,
        dropped=health.dropped,
        nodes=fleet.nodes,
        down=len(fleet.down),
        unreachable=fleet.unreachable,
        suspect=fleet.suspect,
        set_aside=len(fleet.besides),
        sources=sources,
        witnesses=witnesses[:MOST_SITES],
        sites=len(witnesses),
        clusters=(*rows, *times_of(moment, fleet)),
        unexplained=len(fleet.down) - named,
        rule=RULE,
    )


def fleet_of(moment: Moment) -> Fleet:
    """Every node once. Who is in maintenance, or bad for very long, says nothing of now."""
    view = Draft(moment.state, moment.policy, moment.now)
    maintained = bool(moment.windows)
    down: dict[NodeKey, datetime] = {}
    besides, out = set[NodeKey](), set[NodeKey]()
    how = Counter[str]()
    for key in moment.inventory.nodes:
        belief = moment.state.nodes.get(key)
        if belief is None or belief.status in NOT_IN_SERVICE:
            out.add(key)
        elif chronic(view, belief) or (maintained and in_maintenance(view, node_subject(key))):
            besides.add(key)
        elif word := how_down(belief):
            how[word] += 1
            down[key] = fell_at(moment, belief) or moment.now
    nodes = len(moment.inventory.nodes) - len(besides) - len(out)
    unreachable, suspect = how[Evidence.UNREACHABLE], how[Evidence.SUSPECT]
    return Fleet(nodes, down, unreachable, suspect, frozenset(besides), frozenset(out))


def how_down(belief: NodeBelief) -> str:
    """`unreachable`, `suspect` or `down`; empty: it is not."""
    if belief.evidence is Evidence.UNREACHABLE:
        return Evidence.UNREACHABLE
    if belief.status in OFFLINE_OR_DOWN:
        return Status.DOWN
    return Evidence.SUSPECT if belief.evidence is Evidence.SUSPECT else ""


def fell_at(moment: Moment, belief: NodeBelief) -> datetime | None:
    """When its bad time, or that of its site, began; while nothing counts yet, when doubt did."""
    if belief.status in OFFLINE_OR_DOWN:
        return belief.fell_at or belief.status_since or belief.evidence_since
    site = moment.state.sites.get(moment.inventory.nodes[belief.key].site)
    silent = site.witnesses_silent_since if site is not None else None
    if belief.evidence is Evidence.UNREACHABLE and silent is not None:
        return min(silent, belief.evidence_since or silent)
    return belief.evidence_since


def canaries_of(moment: Moment) -> Iterator[CanaryView]:
    found = moment.state.fleet.canaries.items()
    for address, canary in sorted(found, key=lambda row: (row[1].answers, row[0])):
        yield CanaryView(address, canary.answers, canary.since)


# What others see


def sources_of(moment: Moment, fleet: Fleet) -> list[SourceView]:
    """Each source that is declared; what it says is fresh, or it is not held here."""
    heard: dict[str, datetime] = {}
    for times in moment.state.heard.values():
        for name, at in times.items():
            if name not in heard or heard[name] < at:
                heard[name] = at
    said = Counter[tuple[str, bool, bool]]()  # source, up for it, down for us
    for key, belief in moment.state.nodes.items():
        if key in fleet.besides or key in fleet.out:
            continue
        for name, hearsay in belief.hearsay.items():
            said[name, hearsay.up, key in fleet.down] += 1
    rows = [
        SourceView(
            name=name,
            counts=rule.counts,
            up=said[name, True, True],
            down=said[name, False, True],
            unknown=len(fleet.down) - said[name, True, True] - said[name, False, True],
            down_there=said[name, False, False],
            heard_at=heard.get(name),
            trouble=trouble_of(moment, name),
        )
        for name, rule in moment.policy.sources.items()
    ]
    return sorted(rows, key=lambda row: (-row.up, row.name))


def trouble_of(moment: Moment, name: str) -> str:
    issue = moment.state.open_issue(fleet_subject(f"source {name}"), IssueType.SELF)
    return issue.summary if issue is not None else ""


def witnesses_of(moment: Moment, fleet: Fleet) -> tuple[WitnessView, ...]:
    """Of each site where something is down, most of it first."""
    nodes = moment.inventory.nodes
    down = Counter(nodes[key].site for key in fleet.down)
    rows = [witness_view(moment, fleet, site, number) for site, number in down.items()]
    return tuple(sorted(rows, key=lambda row: (-row.down, row.site)))


def witness_view(moment: Moment, fleet: Fleet, site: SiteKey, down: int) -> WitnessView:
    belief = moment.state.sites.get(site)
    mine = moment.inventory.nodes_by_site[site]
    nodes = sum(node.key not in fleet.besides and node.key not in fleet.out for node in mine)
    if belief is None:
        return WitnessView(site, down, nodes, "none", 0, None)
    if belief.witnesses_silent_since is not None:
        return WitnessView(site, down, nodes, "silent", 0, belief.witnesses_silent_since)
    limit = 2 * moment.policy.intervals.witness
    lately = [at for at in belief.witnesses_answered_at.values() if moment.now - at <= limit]
    word = "answer" if lately else "none"
    return WitnessView(site, down, nodes, word, len(lately), max(lately, default=None))


# What they have in common


def cluster_view(moment: Moment, fleet: Fleet, found: Cluster) -> ClusterView:
    return ClusterView(
        kind=found.group.kind,
        name=found.group.name,
        also=tuple(f"{other.kind} {other.name}" for other in found.also),
        down=len(found.down),
        nodes=found.nodes,
        share=len(found.down) / found.nodes,
        rest=found.rest,
        first_at=min(fleet.down[key] for key in found.down),
        known=tuple(known_causes(moment, found))[:MOST_KNOWN],
    )


def known_causes(moment: Moment, found: Cluster) -> Iterator[str]:
    """What policy holds against all of them already."""
    for group in (found.group, *found.also):
        yield from causes_of(moment, group)
    storms = Counter(moment.state.nodes[key].storm for key in found.down)
    name, number = storms.most_common(1)[0]
    storm = moment.state.fleet.storms.get(name)
    if storm is not None and 2 * number > len(found.down):
        members = len(moment.state.crowd.storms.get(name, ()))
        since = min(moment.state.nodes[key].fell_at or moment.now for key in found.down)
        yield f"storm of {count(members, 'node')} since {clock(since, moment.now)}"


def causes_of(moment: Moment, group: Group) -> Iterator[str]:
    now = moment.now
    if group.kind == "site":
        told = list(issue_lines(moment, site_subject(group.key)))
        yield from told
        belief = moment.state.sites.get(SiteKey(group.key))
        dark = belief is not None and belief.status is Status.UNREACHABLE and not told
        if belief is not None and dark and belief.status_since:
            yield f"site unreachable since {clock(belief.status_since, now)}"
        if belief is not None and belief.guard is not None:
            yield f"site guard closed since {clock(belief.guard.since, now)}"
    elif group.kind == "PCU":
        yield from issue_lines(moment, pcu_subject(PcuKey(group.key)))
    elif group.key in moment.state.fleet.causes:
        cause = moment.state.fleet.causes[group.key]
        yield f"common cause {cause.label} since {clock(cause.since, now)} ({cause.issue})"


def issue_lines(moment: Moment, subject: Subject) -> Iterator[str]:
    issues: Sequence[Issue] = moment.issues_of(subject)
    for issue in issues:
        yield f"{issue.type.value} since {clock(issue.bad_since, moment.now)} ({issue.id})"


def times_of(moment: Moment, fleet: Fleet) -> Iterator[ClusterView]:
    """When much of it fell at once, the fullest stretch first."""
    within = moment.policy.intervals.tcp
    for first, last, number in rushes(fleet.down, within):
        begin, end = (told(at, moment.now, within) for at in (first, last))
        name = begin if begin == end else f"{begin} to {end}"
        share = number / len(fleet.down)
        yield ClusterView("time", name, (), number, len(fleet.down), share, None, first, ())


def told(at: datetime, now: datetime, within: timedelta) -> str:
    """To the minute; to the second where a scaled policy looks that often."""
    return clock(at, now) if within >= MINUTE else f"{clock(at, now)}:{at.second:02}"
