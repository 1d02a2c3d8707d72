"""How often a node is asked by each probe: its own word, its profile's, else the policy's."""

from datetime import timedelta

from plcmon.model.policy import Policy
from plcmon.model.readings import Probe
from plcmon.model.subjects import Node


def interval_of(node: Node, probe: Probe, policy: Policy) -> timedelta:
    """The time from one reading to the next; of a probe that has an interval at all."""
    own: timedelta | None = getattr(node.intervals, probe.value)
    if own is not None:
        return own / policy.scale  # the inventory is written in policy time, and not scaled
    common: timedelta = getattr(policy.intervals, probe.value)
    return common


def slower(node: Node, probe: Probe, policy: Policy) -> bool:
    """True when the node is asked less often than the fleet is."""
    common: timedelta = getattr(policy.intervals, probe.value)
    return interval_of(node, probe, policy) > common
