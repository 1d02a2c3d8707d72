"""Readings in, observations out: the engine's memory of what each node shows just now."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from plcmon.model.events import NodeSeen
from plcmon.model.policy import Policy
from plcmon.model.readings import Observation, Reading
from plcmon.model.replacing import replace
from plcmon.model.state import State
from plcmon.model.subjects import Node, NodeKey, Profile, SiteKey, SubjectKind
from plcmon.policy.sight import Sight, see, show


class Sights:
    """One Sight for each node. Not stored: after a start, doubt begins anew."""

    def __init__(self, state: State, attend: Callable[[NodeKey, bool], None]) -> None:
        self._state = state
        self._attend = attend  # told when a node becomes doubtful, and when it no longer is
        self._sights: dict[NodeKey, Sight] = {}
        self._told: dict[NodeKey, NodeSeen] = {}

    def take(self, reading: Reading, policy: Policy) -> Observation | None:
        """Take one reading; return the observation when it changed. Blind, nothing is evidence."""
        node = self._state.inventory.nodes.get(NodeKey(reading.subject.key))
        if node is None or reading.subject.kind is not SubjectKind.NODE or self._state.fleet.blind:
            return None
        before = self._sights.get(node.key, Sight())
        profile = self._state.inventory.profiles.get(node.profile, Profile(node.profile))
        after = see(before, node, profile, reading, policy)
        if after.doubtful is not before.doubtful:
            self._attend(node.key, after.doubtful)
        return self._show(node, after, policy, reading.arrived_at)

    def _show(self, node: Node, sight: Sight, policy: Policy, now: datetime) -> Observation | None:
        silent = self._witnesses_silent(node)
        sight, observation = show(sight, node, policy, now, unreachable=silent)
        self._sights[node.key] = sight
        return observation

    def _witnesses_silent(self, node: Node) -> bool:
        site = self._state.sites.get(node.site)
        return site is not None and site.witnesses_silent_since is not None

    def review(
        self, keys: Collection[NodeKey], policy: Policy, now: datetime
    ) -> Iterator[tuple[NodeKey, Observation]]:
        """Observations that changed without a new reading: stale, or its witnesses spoke."""
        for key in keys:
            sight, node = self._sights.get(key), self._state.inventory.nodes.get(key)
            if sight is None or node is None:
                continue
            observation = self._show(node, sight, policy, now)
            if observation is not None:
                yield key, observation

    def of_site(self, key: SiteKey) -> list[NodeKey]:
        return [node.key for node in self._state.inventory.nodes_by_site.get(key, ())]

    def all(self) -> list[NodeKey]:
        return list(self._sights)

    def forget(self) -> None:
        """We were blind: no reading is evidence; what was believed stays believed."""
        for key, sight in self._sights.items():
            if sight.doubtful:
                self._attend(key, False)
            self._sights[key] = replace(
                sight, readings={}, horizon=None, doubt_since=None, streak=None, shown=None
            )

    def seen(self, key: NodeKey) -> NodeSeen | None:
        """When the node was last heard of, also before this start."""
        sight = self._sights.get(key)
        if sight is None or sight.answered_at is None:
            return self._state.seen.get(key)
        return NodeSeen(key, sight.answered_at, sight.login_at)

    def unsaved(self) -> list[NodeSeen]:
        """What changed since it was last asked, to be written down from time to time."""
        fresh = []
        for key in self._sights:
            seen = self.seen(key)
            if seen is not None and self._told.get(key) != seen:
                self._told[key] = seen
                fresh.append(seen)
        return fresh
