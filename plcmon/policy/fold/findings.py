"""What others found: a look inside a node, a round over its name service."""

from datetime import datetime

from plcmon.model.beliefs import DnsWrong, NodeBelief
from plcmon.model.events import Diagnosed, DnsChecked, Event, PagesSeen, RouteSeen
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, PcuKey, SubjectKind
from plcmon.policy.draft import Draft
from plcmon.policy.fold.nodes import settle_node
from plcmon.policy.fold.pcus import settle_pcu


def on_diagnosed(draft: Draft, event: Event, body: Diagnosed) -> None:
    """Take the findings over; hardware counts only by lines newer than the last clean read."""
    key = NodeKey(event.subject.key)
    if key not in draft.inventory.nodes or event.subject.kind is not SubjectKind.NODE:
        return
    belief = replace(
        draft.node(key),
        diagnosed_at=draft.now,
        wants_reinstall=body.wants_reinstall,
        config_found=body.findings,
        evidence_seq=event.seq,
    )
    draft.believe(read_log(belief, body, draft.now))
    if event.intent:
        found = "; ".join(body.findings) or "nothing found"
        draft.audit(event.subject, "diagnosed", found, intent=event.intent, detail=body.detail)
    settle_node(draft, key)


def read_log(belief: NodeBelief, body: Diagnosed, now: datetime) -> NodeBelief:
    """A log that could not be read says nothing; one without complaints is a clean read."""
    if body.hardware is None:
        return belief
    if not body.hardware:
        return replace(belief, hardware_found=(), hardware_clean_at=now)
    clean_at = belief.hardware_clean_at
    fresh = [line.text for line in body.hardware if clean_at is None or line.at > clean_at]
    return replace(belief, hardware_found=tuple(fresh))


def on_dns_checked(draft: Draft, event: Event, body: DnsChecked) -> None:
    """Count rounds in a row that disagree; while we are blind the resolver may be ours."""
    if draft.fleet.blind:
        return
    if event.subject.kind is SubjectKind.NODE and event.subject.key in draft.inventory.nodes:
        key = NodeKey(event.subject.key)
        node = draft.node(key)
        draft.believe(replace(node, dns=after_round(node.dns, body, draft.now)))
        settle_node(draft, key)
    elif event.subject.kind is SubjectKind.PCU and event.subject.key in draft.inventory.pcus:
        unit = PcuKey(event.subject.key)
        pcu = draft.pcu(unit)
        addresses = body.addresses or pcu.addresses
        wrong = after_round(pcu.dns, body, draft.now)
        draft.believe(replace(pcu, dns=wrong, addresses=addresses))
        settle_pcu(draft, unit)


def on_pages_seen(draft: Draft, event: Event, body: PagesSeen) -> None:
    """For people, too; while we are blind the fault may be ours."""
    key = NodeKey(event.subject.key)
    if draft.fleet.blind or event.subject.kind is not SubjectKind.NODE:
        return
    if key in draft.inventory.nodes:
        draft.believe(replace(draft.node(key), http=body.detail, http_at=draft.now))


def on_route_seen(draft: Draft, event: Event, body: RouteSeen) -> None:
    """Evidence for people; nothing is concluded from it."""
    key = NodeKey(event.subject.key)
    if event.subject.kind is SubjectKind.NODE and key in draft.inventory.nodes:
        words = f"to {body.address}: {body}"
        draft.believe(replace(draft.node(key), route=words, route_at=draft.now))


def after_round(wrong: DnsWrong | None, body: DnsChecked, now: datetime) -> DnsWrong | None:
    if body.agree:
        return None
    if wrong is None:
        return DnsWrong(now, 1, body.detail)
    return replace(wrong, rounds=wrong.rounds + 1, detail=body.detail)
