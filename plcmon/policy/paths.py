"""Power paths: whether each is in order now, and what stands in its way."""

from datetime import datetime

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Tri
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueType
from plcmon.model.subjects import PcuKey, PowerPath, pcu_subject
from plcmon.policy.draft import Draft
from plcmon.policy.status import GOOD_OR_ONLINE

PERSON = "manual"  # the family of a person; always there, never tested


def path_answer(view: Draft, path: PowerPath) -> tuple[Tri, str]:
    """Yes only when every outlet's PCU is usable; the words say what is not."""
    for outlet in path.outlets:
        got, why = outlet_answer(view, outlet.pcu, outlet.outlet)
        if got is not Tri.YES:
            return got, why
    return Tri.YES, "every PCU on it is in order"


def outlet_answer(view: Draft, key: PcuKey, outlet: str) -> tuple[Tri, str]:
    pcu, belief = view.inventory.pcus.get(key), view.pcu(key)
    subject = pcu_subject(key)
    if pcu is None:
        return Tri.NEVER, f"{view.name(subject)} is not in the inventory"
    name = pcu.name
    if pcu.family == PERSON:
        return Tri.YES, f"{name} is a person"
    if outlet in belief.held_outlets:
        return Tri.NOT_NOW, f"outlet {outlet} of {name} is broken"
    suspected = view.open_issue(subject, IssueType.MAPPING_SUSPECT)
    if suspected is not None:
        return Tri.NOT_NOW, f"{name} has a suspect mapping: {suspected.summary}"
    if belief.dns is not None:
        return Tri.NOT_NOW, f"the name of {name} leads elsewhere: {belief.dns.detail}"
    if len(belief.held_outlets) > 1:
        return Tri.NOT_NOW, f"{name} has {len(belief.held_outlets)} broken outlets"
    if belief.refused:
        return Tri.NOT_NOW, f"{name} refused our login"
    if belief.left_alone_until is not None and view.now < belief.left_alone_until:
        return Tri.NOT_NOW, f"{name} is left alone until {belief.left_alone_until:%H:%M}"
    if belief.status not in GOOD_OR_ONLINE:
        what = belief.finding.value if belief.finding else "not tested yet"
        return Tri.NOT_NOW, f"{name} is {belief.status.value}: {what}"
    if belief.finding is Finding.BUSY:
        return Tri.NOT_NOW, f"{name} is busy"
    return Tri.YES, f"{name} is {belief.status}"


def proven(view: Draft, path: PowerPath) -> str:
    """How the path is known to reach its node; empty when it is not."""
    if path.proven:
        return "a person vouches for it"
    at = view.fleet.proven.get(str(path))
    return f"proven at {at:%Y-%m-%d %H:%M}" if at is not None else ""


def unread(view: Draft, path: PowerPath) -> str:
    """A PCU on the path whose outlets cannot be read back; empty: none.

    A person who confirms a request has seen what it did.
    """
    for outlet in path.outlets:
        pcu = view.inventory.pcus.get(outlet.pcu)
        if pcu is not None and not pcu.readable and pcu.family != PERSON:
            return pcu.name
    return ""


def tried_unread(view: Draft, issue: Issue, path: PowerPath) -> str:
    """The PCU that cannot be read back and had its one try for this issue; empty: none."""
    name = unread(view, path)
    if not name:
        return ""
    tried = any(
        intent.kind is ActionKind.POWER_CYCLE
        and intent.sent_at is not None
        and intent.sent_at >= issue.opened_at
        and intent.path is not None
        and unread(view, intent.path)
        for intent in view.intents_of(issue.subject)
    )
    return name if tried else ""


def untested(view: Draft, path: PowerPath) -> str:
    """The PCU on the path whose last good test is missing or too old; empty: none."""
    limit = view.policy.safety.pcu_tested_within
    for outlet in path.outlets:
        pcu, good_at = view.inventory.pcus.get(outlet.pcu), view.pcu(outlet.pcu).tested_good_at
        if pcu is None or pcu.family == PERSON:
            continue
        if good_at is None or view.now - good_at > limit:
            return pcu.name
    return ""


def left_alone_until(view: Draft, path: PowerPath) -> datetime | None:
    """When the last PCU of the path that is left alone is used again."""
    ends = [view.pcu(outlet.pcu).left_alone_until for outlet in path.outlets]
    return max((end for end in ends if end is not None and end > view.now), default=None)


def is_person(view: Draft, path: PowerPath) -> bool:
    pcus = [view.inventory.pcus.get(outlet.pcu) for outlet in path.outlets]
    return all(pcu is not None and pcu.family == PERSON for pcu in pcus)
