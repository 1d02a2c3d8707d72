"""Purpose: what a node is meant to be doing, by anybody's word but our own."""

from plcmon.model.beliefs import NodeBelief
from plcmon.model.subjects import BootState, Node


def meant(node: Node, belief: NodeBelief) -> BootState:
    """The desired boot state; one that plcmon itself wrote says nothing of anybody's purpose."""
    return BootState.BOOT if belief.written == node.boot_state.value else node.boot_state
