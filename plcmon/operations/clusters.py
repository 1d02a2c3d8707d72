"""Clusters: groups that are far more down than the rest, and times at which much fell. Pure.

One plain rule, asked of what the lines above leave: a share at least three times that of all other
nodes is down, and either most of the group, three nodes at least, or twenty nodes of it. Less may
be chance. Where several groups mean the same nodes, one line names them all.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plcmon.model.subjects import NodeKey
from plcmon.operations.groups import Group, Groups

LEAST = 3  # nodes, where they are most of a group
MANY = 20  # nodes, where they are not
TIMES = 3  # as large a share
MOST = 200  # clusters: nobody reads so many
MOST_ALSO = 3  # other names of one line
RUSH = 1 / 3  # of all that is down fell within one interval: less is the usual trickle
RULE = (
    f"A group stands here when a {TIMES} times larger share of it is down than of all other nodes,"
    f" and most of it is ({LEAST} nodes at least) or {MANY} nodes are; less may be chance."
    " Each line counts what the lines above it leave."
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A group that is far more down than the rest."""

    group: Group
    also: tuple[Group, ...]  # others that are mostly down, and by the very same nodes
    down: tuple[NodeKey, ...]  # that no line above names
    nodes: int  # of the group, likewise
    rest: float  # share of all others that is down


class Count:
    """How many of each group are down, and how many there are, as far as no line names them."""

    def __init__(
        self, groups: Groups, down: Collection[NodeKey], besides: Collection[NodeKey]
    ) -> None:
        self.groups = groups
        self.left = set(groups.of) - set(besides)
        self.down_left = set(down) & self.left
        self.sizes = [len(members) for members in groups.members]
        self.down = [0] * len(groups.all)
        for key in besides:
            for number in groups.of.get(key, ()):
                self.sizes[number] -= 1
        for key in self.down_left:
            for number in groups.of[key]:
                self.down[number] += 1

    def set_aside(self, number: int) -> None:
        """A line names this group: what is in it is no question any more."""
        for key in self.groups.members[number]:
            if key not in self.left:
                continue
            self.left.discard(key)
            fell = key in self.down_left
            self.down_left.discard(key)
            for other in self.groups.of[key]:
                self.sizes[other] -= 1
                self.down[other] -= fell

    def stands_out(self, number: int) -> bool:
        """The rule, for a group; where there are no others, nothing stands out."""
        down, size = self.down[number], self.sizes[number]
        if down < LEAST or size == len(self.left):
            return False
        return (2 * down > size or down >= MANY) and down / size >= TIMES * self.rest(number)

    def rest(self, number: int) -> float:
        others = len(self.left) - self.sizes[number]
        return (len(self.down_left) - self.down[number]) / others if others else 0.0


def clusters(
    groups: Groups, down: Collection[NodeKey], besides: Collection[NodeKey] = ()
) -> list[Cluster]:
    """What stands out, first what explains most: many nodes, of a group that is all down.

    `besides` are nodes that are not in question, such as those that are meant to be down.
    """
    count = Count(groups, down, besides)
    candidates = [number for number, fell in enumerate(count.down) if fell >= LEAST]
    explains = {n: count.down[n] ** 3 / count.sizes[n] ** 2 for n in candidates}
    found: list[Cluster] = []
    for number in sorted(candidates, key=lambda number: -explains[number]):
        if len(found) == MOST or len(count.down_left) < LEAST:
            break
        if count.stands_out(number):
            found.append(cluster(count, number))
            count.set_aside(number)
    return found


def cluster(count: Count, number: int) -> Cluster:
    groups = count.groups
    fallen = tuple(key for key in groups.members[number] if key in count.down_left)
    shared = set(groups.of[fallen[0]]).intersection(*(groups.of[key] for key in fallen))
    same = [
        other
        for other in sorted(shared - {number})
        if count.down[other] == len(fallen) and 2 * len(fallen) > count.sizes[other]
    ]
    also = tuple(groups.all[other] for other in same[:MOST_ALSO])
    return Cluster(groups.all[number], also, fallen, count.sizes[number], count.rest(number))


def rushes(
    fell: Mapping[NodeKey, datetime], within: timedelta
) -> Iterator[tuple[datetime, datetime, int]]:
    """Stretches, no longer than `within`, in which much of what is down fell: from, to, nodes.

    As long as one interval between two looks, for what falls in one minute is seen over that.
    """
    times = sorted(fell.values())
    line = max(LEAST, RUSH * len(times))
    while True:
        first, last = fullest(times, within)
        if last - first < line:
            return
        yield times[first], times[last - 1], last - first
        times = [*times[:first], *times[last:]]


def fullest(times: Sequence[datetime], within: timedelta) -> tuple[int, int]:
    """The slice of these sorted times, no longer than `within`, that holds most."""
    best, first = (0, 0), 0
    for last, at in enumerate(times, 1):
        while at - times[first] > within:
            first += 1
        if last - first > best[1] - best[0]:
            best = first, last
    return best
