"""A stop began or ended: what lies inside it is looked at, so that its clocks follow at once."""

from plcmon.model.subjects import NodeKey, PcuKey, SiteKey, Subject, SubjectKind
from plcmon.policy.draft import Draft
from plcmon.policy.fold.nodes import settle_node
from plcmon.policy.fold.pcus import settle_pcu
from plcmon.policy.fold.sites import review_site
from plcmon.policy.selections import members


def review_inside(draft: Draft, stop: Subject) -> None:
    """Settle the subject itself and all that its maintenance covers."""
    inventory = draft.inventory
    if stop.kind is SubjectKind.NODE:
        settle_node(draft, NodeKey(stop.key))
    elif stop.kind is SubjectKind.PCU:
        settle_pcu(draft, PcuKey(stop.key))
        for node in inventory.nodes_by_pcu.get(PcuKey(stop.key), ()):
            settle_node(draft, node.key)
    elif stop.kind is SubjectKind.FLEET:
        for node in members(inventory, stop):
            settle_node(draft, node.key)
    elif stop.kind is SubjectKind.SITE:
        site = SiteKey(stop.key)
        for pcu in inventory.pcus_by_site.get(site, ()):
            settle_pcu(draft, pcu.key)
        for node in inventory.nodes_by_site.get(site, ()):
            settle_node(draft, node.key)
        review_site(draft, site)
