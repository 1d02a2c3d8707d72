"""Neighbours: another node that falls while our hand keeps an outlet dark shows a wrong cable."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from plcmon.model.beliefs import NodeBelief
from plcmon.model.intents import ActionKind, Intent, Tally
from plcmon.model.issues import IssueType
from plcmon.model.readings import Evidence, Observation, Observed
from plcmon.model.subjects import (
    BootState,
    Inventory,
    Node,
    NodeKey,
    node_subject,
    pcu_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.issues import open_issue, stamp
from plcmon.policy.trust import asks_people, count_as
from plcmon.policy.windows import in_maintenance

SLACK = timedelta(seconds=2)  # a node counts its uptime from a little before or after power
DARK = frozenset({Observed.SILENT, Observed.WEDGED})
ALIVE = frozenset({Observed.BOOT, Observed.DEBUG, Observed.DEAF})

Fall = tuple[datetime, timedelta, str]  # when, how long after power is back it counts, in words


def neighbours(inventory: Inventory, intent: Intent) -> list[Node]:
    """Who must not notice the action: the nodes on its PCUs and of its site, and not its own."""
    outlets = set(intent.path.outlets) if intent.path else set()
    near = {
        node.key: node
        for outlet in sorted(outlets, key=str)
        for node in inventory.nodes_by_pcu.get(outlet.pcu, ())
    }
    target = inventory.nodes.get(NodeKey(intent.target.key))
    if target is not None:
        near |= {node.key: node for node in inventory.nodes_by_site.get(target.site, ())}
    return [
        node
        for node in near.values()
        if node_subject(node.key) != intent.target and not shares(node, intent)
    ]


def shares(node: Node, intent: Intent) -> bool:
    """True when the inventory says that an outlet of the action feeds this node too."""
    outlets = set(intent.path.outlets) if intent.path else set()
    return any(outlets & set(path.outlets) for path in node.paths)


def watch_neighbours(
    draft: Draft, key: NodeKey, before: NodeBelief, seen: Observation, seq: int
) -> None:
    """The node's new observation, as far as it speaks of a cut next to it."""
    node, falls = draft.inventory.nodes[key], list(falls_in(draft, before, seen))
    meant = node.boot_state is not BootState.BOOT or in_maintenance(draft, node_subject(key))
    if not falls or draft.fleet.blind or meant:
        return
    for intent in list(cuts_before(draft, max(at for at, _, _ in falls))):
        if node not in neighbours(draft.inventory, intent) or asks_people(draft, intent):
            continue
        words = next((w for at, late, w in falls if inside(draft, intent, at, late)), "")
        if words and not cut_itself(draft, key, intent):
            suspect(draft, intent, node, words, seq)


def falls_in(draft: Draft, before: NodeBelief, seen: Observation) -> Iterator[Fall]:
    """When it fell, by this observation: it is dark now, or it booted in between."""
    if seen.evidence is not Evidence.FRESH:
        return
    wire = draft.policy.wire
    if seen.state in DARK and before.observed in ALIVE:
        yield seen.since, wire.neighbour_fall, f"fell {seen.state.value}"
    booted = seen.boot_id and before.boot_id and seen.boot_id != before.boot_id
    if booted and seen.booted_at is not None:
        yield seen.booted_at, wire.neighbour_boot, "booted"


def cuts_before(draft: Draft, at: datetime) -> Iterator[Intent]:
    """Power actions that had cut an outlet by then, and not long before."""
    safety, wire = draft.policy.safety, draft.policy.wire
    since = at - 2 * safety.intent_expiry - wire.boot_wait_most
    for planned in draft.state.recent_power(since):
        intent = draft.intent(planned.id) or planned
        if intent.cut_at is not None and intent.cut_at - SLACK <= at:
            yield intent


def inside(draft: Draft, intent: Intent, at: datetime, late: timedelta) -> bool:
    """Whether that lies in the dark window of the action, or so soon after it."""
    if intent.cut_at is None:
        return False
    meant = intent.kind is ActionKind.POWER_OFF
    end = intent.lit_at or (intent.cut_at if meant else draft.now)
    return intent.cut_at - SLACK <= at <= end + late


def cut_itself(draft: Draft, key: NodeKey, other: Intent) -> bool:
    """True when an action of its own explains the fall as well."""
    wire = draft.policy.wire
    return any(
        intent.cut_at is not None
        and other.cut_at is not None
        and abs(intent.cut_at - other.cut_at) <= wire.neighbour_boot + wire.boot_wait
        for intent in draft.intents_of(node_subject(key))
    )


def suspect(draft: Draft, intent: Intent, node: Node, words: str, seq: int) -> None:
    """No power through these PCUs until an operator looked; and the action was a bad one."""
    outlets = intent.path.outlets if intent.path else ()
    cut_at = stamp(intent.cut_at or draft.now)
    for outlet in outlets:
        text = (
            f"{node.hostname} {words} while outlet {outlet.outlet}, said to feed"
            f" {draft.name(intent.target)}, was switched at {cut_at}"
        )
        open_issue(
            draft,
            IssueType.MAPPING_SUSPECT,
            pcu_subject(outlet.pcu),
            bad_since=draft.now,
            summary=text,
            evidence=(seq,),
            outlet=outlet,
        )
        draft.audit(
            pcu_subject(outlet.pcu), "mapping suspect", text, evidence=(seq,), intent=intent.id
        )
    count_as(draft, intent, Tally.BAD, f"a neighbour was lost: {node.hostname} {words}")
