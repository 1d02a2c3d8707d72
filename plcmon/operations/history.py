"""What a node was, for how long, and how much of the time nodes worked. Pure.

The line of a node is made of recorded events, exact to the second. Shares are made of samples, one
every five minutes: a time without evidence is neither good nor bad, and is told apart.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from plcmon.errors import MistypedError
from plcmon.model.events import (
    Event,
    IntentChanged,
    IssueChanged,
    NodeObserved,
    RouteSeen,
    StatusChanged,
    Verb,
)
from plcmon.model.readings import SAMPLE_EVERY, Samples
from plcmon.model.subjects import Inventory, Node, NodeKey, Subject
from plcmon.operations.reports import AvailabilityRow, AvailabilityView, HistoryLine
from plcmon.operations.story import event_view, is_told_twice

TOLD = frozenset(
    kind.__name__
    for kind in (NodeObserved, RouteSeen, IssueChanged, IntentChanged, StatusChanged, Verb)
)
BY = ("node", "site", "pcu", "all")  # what availability is added up by, beside label/KEY
LABEL = "label/"
NONE = "-"  # nodes without a PCU, or without the label


def lines_of(
    events: Sequence[Event], since: datetime, until: datetime, name_of: Callable[[Subject], str]
) -> Iterator[HistoryLine]:
    """Runs of one observation, each with its length, and between them what was done."""
    runs = [event for event in events if isinstance(event.body, NodeObserved)]
    ends = {run.seq: following.at for run, following in pairwise(runs)}
    for event in events:
        if isinstance(event.body, NodeObserved):
            begin, end = max(event.at, since), ends.get(event.seq, until)
            state = event.body.observation.state.value
            yield HistoryLine(
                begin, state, event_view(event, name_of).text, (end - begin).total_seconds()
            )
        elif not is_told_twice(event):
            yield HistoryLine(event.at, "", event_view(event, name_of).text, None)


def availability_view(
    inventory: Inventory, samples: Samples, nodes: Iterable[Node], by: str, now: datetime
) -> AvailabilityView:
    """Add up the nodes' samples by what `by` says, the worst first, and over all."""
    until = min(samples.until, now)
    period = until - samples.since
    groups: dict[str, list[NodeKey]] = {}
    chosen = list(nodes)
    for node in chosen:
        groups.setdefault(group_of(inventory, node, by), []).append(node.key)
    rows = [row(name, keys, samples, period) for name, keys in groups.items()]
    rows.sort(key=lambda found: (found.share is None, found.share, -found.known, found.name))
    total = row("", [node.key for node in chosen], samples, period)
    return AvailabilityView(samples.since, until, by, tuple(rows), total)


def group_of(inventory: Inventory, node: Node, by: str) -> str:
    if by == "node":
        return node.hostname
    if by == "site":
        return node.site
    if by == "pcu":
        outlets = [outlet for path in node.paths for outlet in path.outlets]
        return inventory.pcus[outlets[0].pcu].name if outlets else NONE
    if by.startswith(LABEL):
        return node.labels.get(by.removeprefix(LABEL), NONE)
    return "all"


def row(name: str, keys: Sequence[NodeKey], samples: Samples, period: timedelta) -> AvailabilityRow:
    """`unknown_s` is all of the period in which nothing was known: no evidence, or no sample."""
    found = [samples.nodes.get(key, (0, 0, 0)) for key in keys]
    up, bad = (sum(each[place] for each in found) * SAMPLE_EVERY for place in (0, 1))
    whole = max(period * len(keys), up + bad)
    known = up + bad
    return AvailabilityRow(
        name=name,
        nodes=len(keys),
        up_s=up.total_seconds(),
        bad_s=bad.total_seconds(),
        unknown_s=(whole - known).total_seconds(),
        share=up / known if known else None,
        known=known / whole if whole else 0.0,
    )


def check_by(inventory: Inventory, by: str) -> None:
    """Raises MistypedError with what there is."""
    labels = {key for node in inventory.nodes.values() for key in node.labels}
    known = [*BY, *(f"{LABEL}{key}" for key in sorted(labels))]
    if by not in known:
        raise MistypedError(by, "adding up availability", f"it goes by {', '.join(known)}")


def refuse_no_time(since: datetime, until: datetime) -> None:
    if since >= until:
        raise MistypedError("", "looking back", "the time begins before it ends, and in the past")
