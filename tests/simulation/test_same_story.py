"""The same story told otherwise: in another order, at another time, in pieces, beside others.

What it makes plcmon do must be the same.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plcmon.model.events import Tick
from plcmon.model.readings import Observed
from plcmon.model.subjects import Inventory, Node, NodeKey, SiteKey, Subject
from tests.policy.clerk import HOUR, START, Clerk, make_inventory
from tests.policy.test_invariants import QUICK, Move, Storyteller

SHIFT = timedelta(days=11, hours=3, minutes=17)
TOLD = make_inventory(sites=2, nodes=2)

Deed = tuple[str, str, str, timedelta, timedelta | None, str]


class Eventful(Storyteller):
    """A day or more lies between most of what happens, so that much is done about it."""

    def fall(self, first: int, second: int) -> None:
        state = Observed.WEDGED if second % 4 == 0 else Observed.SILENT
        self.clerk.observe(self.key(first), state, since=self.clerk.now)

    def heal(self, first: int, second: int) -> None:
        self.clerk.boot(self.key(first), f"boot-{second}")

    def day(self, _first: int, second: int) -> None:
        self.clerk.forward((25 + second) * HOUR)
        self.clerk.refresh()


OFTEN = ["fall", "day", "day", "power"]
SELDOM = [
    "heal",
    "observe",
    "mail",
    "pcu",
    "read",
    "restart",
    "speak",
    "answer",
    "stop",
    "canaries",
]
TALES = st.lists(
    st.tuples(st.sampled_from(3 * OFTEN + SELDOM), st.integers(0, 11), st.integers(0, 11)),
    min_size=8,
    max_size=24,
).map(lambda moves: [("fall", 0, 1), ("day", 0, 0), *moves])


class Backwards(Clerk):
    """Looks at its subjects in the opposite order."""

    def subjects(self) -> Iterable[Subject]:
        return reversed(list(super().subjects()))


class InPieces(Clerk):
    """Everything that is seen of a node is followed by a look at everybody."""

    def observe(self, key: NodeKey, *args: object, **more: object) -> list:  # type: ignore[type-arg]
        told = super().observe(key, *args, **more)  # type: ignore[arg-type]
        for subject in list(self.subjects()):
            told += self.tell(subject, Tick())
        return told


def tell(clerk: Clerk, moves: list[Move]) -> Clerk:
    teller = Eventful()
    teller.clerk = clerk.begin()
    return teller.play(moves)


def deeds(clerk: Clerk, began: datetime = START) -> list[Deed]:
    """What was planned for the two sites and what became of it, and what was written to whom."""
    ours = {SiteKey("s0"), SiteKey("s1")}
    done = [
        (
            str(intent.target),
            intent.kind.value,
            f"{intent.argument} {intent.rung}",
            intent.planned_at - began,
            intent.sent_at - began if intent.sent_at else None,
            intent.state.value,
        )
        for intent in clerk.intents()
        if intent.site in ours
    ]
    written = [
        (row.recipient, "mail", f"{row.notice} {row.rung}", row.created_at - began, None, "")
        for row in clerk.state.outbox.values()
        if row.site in ours
    ]
    return sorted(done + written, key=str)


def turned(inventory: Inventory) -> Inventory:
    nodes: dict[NodeKey, Node] = dict(reversed(inventory.nodes.items()))
    sites = dict(reversed(inventory.sites.items()))
    return replace(inventory, nodes=nodes, sites=sites)


@QUICK
@given(TALES)
def test_the_order_of_nodes_changes_no_action(moves: list[Move]) -> None:
    usual = deeds(tell(Clerk(inventory=TOLD), moves))

    assert deeds(tell(Backwards(inventory=turned(TOLD)), moves)) == usual


@QUICK
@given(TALES)
def test_another_day_changes_no_action(moves: list[Move]) -> None:
    usual = deeds(tell(Clerk(inventory=TOLD), moves))

    assert deeds(tell(Clerk(inventory=TOLD, now=START + SHIFT), moves), START + SHIFT) == usual


@QUICK
@given(TALES)
def test_a_scan_that_comes_in_pieces_changes_no_action(moves: list[Move]) -> None:
    usual = deeds(tell(Clerk(inventory=TOLD), moves))

    assert deeds(tell(InPieces(inventory=TOLD), moves)) == usual


@QUICK
@given(TALES)
def test_another_site_that_is_well_changes_no_action(moves: list[Move]) -> None:
    usual = deeds(tell(Clerk(inventory=TOLD), moves))

    assert deeds(tell(Clerk(inventory=make_inventory(sites=3, nodes=2)), moves)) == usual
