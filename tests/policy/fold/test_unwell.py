"""What is wrong with the watching: nodes that nobody sees, and what is held for long."""

from plcmon.model.events import InventoryRead, Started
from plcmon.model.issues import IssueType
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import fleet_subject, node_subject
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
STALE, HELD = fleet_subject("stale"), fleet_subject("held")
SELF = IssueType.SELF


def make() -> Clerk:
    return Clerk(inventory=make_inventory(sites=2, nodes=3)).begin()


def unsee(clerk: Clerk, *numbers: int) -> None:
    for number in numbers:
        clerk.observe(node(0, number), Observed.BOOT, evidence=Evidence.STALE)


def test_a_node_that_nobody_saw_for_a_day_is_our_own_matter() -> None:
    clerk = make()
    unsee(clerk, 0)
    clerk.forward(DAY - MINUTE)
    assert clerk.issue(STALE, SELF) is None

    clerk.forward(2 * MINUTE)

    issue = clerk.issue(STALE, SELF)
    assert issue is not None
    assert issue.summary == "nobody saw n0-0.example.org for 24 h"
    assert clerk.state.fleet.unseen == {N}


def test_it_is_one_issue_for_all_and_closes_with_the_last() -> None:
    clerk = make()
    unsee(clerk, 0, 1)
    clerk.forward(25 * HOUR)

    clerk.observe(node(0, 0), Observed.BOOT)
    assert clerk.issue(STALE, SELF) is not None
    clerk.observe(node(0, 1), Observed.SILENT)

    assert clerk.issue(STALE, SELF) is None


def test_a_node_that_was_never_looked_at_is_noticed() -> None:
    clerk = Clerk(inventory=make_inventory(sites=1, nodes=1))
    clerk.tell(fleet_subject(), Started("test", "", adopted=True))
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, "digest"))

    clerk.forward(25 * HOUR)

    assert clerk.state.fleet.unseen == {N}


def test_blindness_makes_no_node_unseen() -> None:
    clerk = make()
    clerk.canaries(0, 3)

    clerk.forward(3 * DAY)

    assert not clerk.state.fleet.unseen


def test_what_is_held_for_a_day_says_by_which_gate() -> None:
    clerk = make()
    clerk.say(node_subject(N), "freeze", scope="kind/power")
    clerk.fall_silent(N)
    for _ in range(23):
        clerk.forward(HOUR)
        clerk.refresh()
    assert clerk.issue(HELD, SELF) is None

    for _ in range(3):
        clerk.forward(HOUR)
        clerk.refresh()

    issue = clerk.issue(HELD, SELF)
    assert issue is not None
    assert issue.summary.startswith("1 held for over 24 h, first by freeze")


def test_it_closes_when_nothing_is_held_for_long() -> None:
    clerk = make()
    clerk.say(node_subject(N), "freeze", scope="kind/power")
    clerk.fall_silent(N)
    for _ in range(26):
        clerk.forward(HOUR)
        clerk.refresh()
    assert clerk.issue(HELD, SELF) is not None

    clerk.say(node_subject(N), "unfreeze", scope="kind/power")
    clerk.refresh()

    assert clerk.issue(HELD, SELF) is None
