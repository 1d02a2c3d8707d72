"""Purpose: what a node is meant to be doing, by anybody's word but our own."""

from plcmon.model.beliefs import NodeBelief
from plcmon.model.subjects import BootState, Node, NodeKey, Subject, SubjectKind
from plcmon.policy.draft import Draft

ON_PURPOSE = frozenset({BootState.DISABLED, BootState.SAFEBOOT})
"""While a node is meant to be so, its issues stand still."""


def meant(node: Node, belief: NodeBelief) -> BootState:
    """The desired boot state; one that plcmon itself wrote says nothing of anybody's purpose."""
    return BootState.BOOT if belief.written == node.boot_state.value else node.boot_state


def off_on_purpose(view: Draft, subject: Subject) -> BootState | None:
    """What the node is meant to be instead of booting; None: nobody wants it so."""
    if subject.kind is not SubjectKind.NODE:
        return None
    node = view.inventory.nodes.get(NodeKey(subject.key))
    wanted = meant(node, view.node(node.key)) if node is not None else BootState.BOOT
    return wanted if wanted in ON_PURPOSE else None
