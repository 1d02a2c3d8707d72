"""Guards over many nodes in words: what is closed, and when a node's turn comes. Pure."""

from collections.abc import Iterator, Sequence

from plcmon.model.guards import SiteGuard, Storm
from plcmon.model.issues import Issue
from plcmon.model.subjects import NodeKey, Subject, SubjectKind, node_subject
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import clock, count
from plcmon.policy.common_cause import opens_at, parent_of
from plcmon.policy.draft import Draft


def closed_guards(moment: Moment) -> tuple[str, ...]:
    """At most one short line for each kind of guard that holds power now."""
    return tuple(
        line for line in (causes_line(moment), storms_line(moment), sites_line(moment)) if line
    )


def causes_line(moment: Moment) -> str:
    causes = list(moment.state.fleet.causes)
    return f"common cause {causes[0]}" if len(causes) == 1 else several(causes, "common causes")


def storms_line(moment: Moment) -> str:
    """Only storms that have nodes left; where there are several, all of their nodes together."""
    members = moment.state.crowd.storms
    storms = [storm for storm in moment.state.fleet.storms.values() if members.get(storm.id)]
    nodes = sum(len(members[storm.id]) for storm in storms)
    if len(storms) != 1:
        return f"{len(storms)} storms of {count(nodes, 'node')}" if storms else ""
    return f"storm of {count(nodes, 'node')}, {wave_words(moment, storms[0])}"


def wave_words(moment: Moment, storm: Storm) -> str:
    if storm.held_until is not None and moment.now < storm.held_until:
        return f"held until {clock(storm.held_until, moment.now)}"
    return f"wave of {storm.size}"


def sites_line(moment: Moment) -> str:
    closed = [key for key, site in moment.state.sites.items() if site.guard is not None]
    return f"site guard {closed[0]} closed" if len(closed) == 1 else several(closed, "site guards")


def several(found: Sequence[str], noun: str) -> str:
    return f"{len(found)} {noun}" if found else ""


def crowd_facts(moment: Moment, subject: Subject, issue: Issue | None) -> tuple[str, ...]:
    """What holds the subject together with others, and when its turn comes."""
    if subject.kind is SubjectKind.FLEET:
        return tuple(f"closed: {line}" for line in closed_guards(moment))
    if subject.kind is SubjectKind.SITE:
        guard = guard_of(moment, subject)
        return (site_fact(moment, guard, ""),) if guard is not None else ()
    return tuple(node_lines(moment, subject, issue)) if subject.kind is SubjectKind.NODE else ()


def node_lines(moment: Moment, subject: Subject, issue: Issue | None) -> Iterator[str]:
    view = Draft(moment.state, moment.policy, moment.now)
    parent = parent_of(view, issue) if issue is not None else None
    cause = moment.state.fleet.causes.get(parent.subject.key) if parent is not None else None
    if parent is not None and cause is not None:
        children = count(len(moment.state.crowd.children.get(parent.id, ())), "node")
        at = clock(opens_at(view, cause), moment.now)
        yield (
            f"common cause {cause.label} ({parent.id}) holds {children}; not before {at}, "
            "and after a complete scan, what is left of them goes on in waves"
        )
    belief = moment.state.nodes.get(NodeKey(subject.key))
    storm = moment.state.fleet.storms.get(belief.storm) if belief is not None else None
    if storm is not None:
        yield storm_fact(moment, storm, NodeKey(subject.key))
    guard = guard_of(moment, subject)
    if guard is not None:
        yield site_fact(moment, guard, subject.key)


def guard_of(moment: Moment, subject: Subject) -> SiteGuard | None:
    site = moment.inventory.site_of(subject)
    belief = moment.state.sites.get(site) if site is not None else None
    return belief.guard if belief is not None else None


def storm_fact(moment: Moment, storm: Storm, key: NodeKey) -> str:
    """The node's place in the storm, and the wave in which its turn comes."""
    members = moment.state.crowd.storms.get(storm.id, set())
    left = f"fell in a storm of which {count(len(members), 'node')} are left"
    now = f"{left}; {wave_words(moment, storm)} now"
    if key in storm.turns:
        return f"{now}; its own turn is under way"
    if key in storm.failed:
        return f"{now}; it had its turn in this wave and did not come back"
    waiting = sorted(
        (moment.state.nodes[other].fell_at or moment.now, other)
        for other in members
        if other not in storm.turns and other not in storm.failed
    )
    before = next((n for n, (_, other) in enumerate(waiting) if other == key), 0)
    size = wave_of(storm, before)
    return f"{now}; {count(before, 'node')} fell before it, so its turn is in a wave of {size}"


def wave_of(storm: Storm, before: int) -> int:
    """The size of the wave that reaches a node which so many others go before."""
    size, free = storm.size, storm.size - storm.taken
    while before >= free:
        before -= free
        size *= 2
        free = size
    return size


def site_fact(moment: Moment, guard: SiteGuard, key: str) -> str:
    """Who is the pathfinder, and when the next goes."""
    closed = f"site guard closed: {guard.dark} of {guard.counted} nodes are silent or wedged"
    if guard.node:
        who = "it" if guard.node == key else moment.name(node_subject(guard.node))
        return f"{closed}; {who} is the pathfinder, the next goes when that is proven"
    if guard.failures >= moment.policy.guard.site_failures:
        return f"{closed}; {guard.failures} pathfinders failed, the next goes after `re-arm`"
    if guard.next_at is not None and moment.now < guard.next_at:
        return f"{closed}; the next pathfinder goes {clock(guard.next_at, moment.now)}"
    return f"{closed}; the most recently good goes first"
