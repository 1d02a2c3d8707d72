"""Power paths: in order or not, proven or not."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import DnsWrong, Finding, PcuBelief, Status
from plcmon.model.decisions import Tri
from plcmon.model.issues import IssueType
from plcmon.model.subjects import Outlet, PcuKey, PowerPath, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.paths import (
    is_person,
    left_alone_until,
    path_answer,
    proven,
    tried_unread,
    unread,
    untested,
)
from tests.policy.clerk import DAY, HOUR, START, Clerk, make_inventory, node

P, Q = PcuKey("toml:p0"), PcuKey("toml:p1")
PATH = PowerPath((Outlet(P, "1"),))
BOTH = PowerPath((Outlet(P, "1"), Outlet(Q, "1")))


def view(clerk: Clerk, **belief: object) -> Draft:
    if belief:
        clerk.state.pcus[P] = replace(clerk.state.pcus[P], **belief)  # type: ignore[arg-type] # its fields
    return Draft(clerk.state, clerk.policy, clerk.now)


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


def test_a_tested_pcu_is_in_order(clerk: Clerk) -> None:
    assert path_answer(view(clerk), PATH)[0] is Tri.YES


@pytest.mark.parametrize(
    ("belief", "why"),
    [
        ({"held_outlets": frozenset({"1"})}, "outlet 1 of pcu-0 is broken"),
        ({"held_outlets": frozenset({"7", "8"})}, "pcu-0 has 2 broken outlets"),
        ({"refused": True}, "pcu-0 refused our login"),
        ({"status": Status.OFFLINE, "finding": Finding.TIMEOUT}, "pcu-0 is offline: timeout"),
        ({"status": Status.NEW, "finding": None}, "pcu-0 is new: not tested yet"),
        ({"finding": Finding.BUSY}, "pcu-0 is busy"),
        ({"dns": DnsWrong(START, 1, "moved")}, "the name of pcu-0 leads elsewhere: moved"),
    ],
    ids=lambda row: row if isinstance(row, str) else "",
)
def test_a_pcu_is_not_in_order(clerk: Clerk, belief: dict[str, object], why: str) -> None:
    assert path_answer(view(clerk, **belief), PATH) == (Tri.NOT_NOW, why)


def test_one_broken_outlet_leaves_the_others(clerk: Clerk) -> None:
    assert path_answer(view(clerk, held_outlets=frozenset({"2"})), PATH)[0] is Tri.YES


def test_left_alone_ends(clerk: Clerk) -> None:
    until = clerk.now + HOUR
    held = view(clerk, left_alone_until=until)

    assert path_answer(held, PATH)[0] is Tri.NOT_NOW
    assert left_alone_until(held, PATH) == until
    clerk.now = until
    assert path_answer(view(clerk), PATH)[0] is Tri.YES
    assert left_alone_until(view(clerk), PATH) is None


def test_a_pcu_that_is_not_known_is_never(clerk: Clerk) -> None:
    assert path_answer(view(clerk), PowerPath((Outlet(PcuKey("gone"), "1"),)))[0] is Tri.NEVER


def test_a_path_of_two_outlets_needs_both(clerk: Clerk) -> None:
    clerk.state.pcus[Q] = PcuBelief(Q)

    assert path_answer(view(clerk), BOTH)[0] is Tri.NOT_NOW


def test_a_person_is_always_there() -> None:
    clerk = Clerk(inventory=make_inventory(family="manual")).begin()
    clerk.state.pcus.clear()

    assert path_answer(view(clerk), PATH)[0] is Tri.YES
    assert is_person(view(clerk), PATH)
    assert untested(view(clerk), PATH) == ""


def test_proof_is_a_persons_word_or_a_verified_action(clerk: Clerk) -> None:
    assert proven(view(clerk), PATH) == ""
    assert proven(view(clerk), replace(PATH, proven=True)) == "a person vouches for it"

    clerk.state.fleet = replace(clerk.state.fleet, proven={str(PATH): clerk.now})
    assert proven(view(clerk), PATH).startswith("proven at")


def test_a_test_grows_old(clerk: Clerk) -> None:
    assert untested(view(clerk), PATH) == ""

    old = view(clerk, tested_good_at=clerk.now - 8 * HOUR)

    assert untested(old, PATH) == "pcu-0"


def test_a_unit_without_a_state_is_named_and_a_person_is_none() -> None:
    units = Clerk(inventory=make_inventory(readable=False)).begin()
    people = Clerk(inventory=make_inventory(family="manual", readable=False)).begin()

    assert unread(view(units), PATH) == "pcu-0"
    assert unread(view(people), PATH) == ""
    assert unread(view(Clerk().begin()), PATH) == ""


def test_one_try_is_one_that_was_sent_since_the_issue_opened() -> None:
    clerk = Clerk(inventory=make_inventory(readable=False)).begin()
    clerk.power_by_hand(node(0, 0))
    clerk.forward(2 * DAY)
    clerk.fall_silent(node(0, 0))
    issue = clerk.issue(node_subject(node(0, 0)), IssueType.NODE_DOWN)
    assert issue is not None
    before = tried_unread(view(clerk), issue, PATH)

    clerk.carry_out(clerk.planned()[0])

    assert (before, tried_unread(view(clerk), issue, PATH)) == ("", "pcu-0")
