"""One power action at a time, budgets in every window, and nothing counted that was not done."""

from dataclasses import replace

import pytest

from plcmon.auditor import Limits
from tests.auditor.pen import DAY, HOUR, MINUTE, START, Pen, broken


@pytest.fixture
def pen() -> Pen:
    return Pen()


def test_one_repair_after_the_other_is_fine(pen: Pen) -> None:
    pen.repair()
    pen.wait(HOUR)
    pen.repair("B", "J", "n2", "s1", "p1 2")

    assert broken(pen) == set()


def side_by_side(pen: Pen, *where: str) -> None:
    """Two nodes, the second cycled while the first is in flight."""
    pen.open("A", "n1")
    pen.open("B", "n2", where[0])
    pen.wait(MINUTE)
    pen.rung("A", "n1")
    pen.plan("I", "n1")
    pen.rung("B", "n2")
    pen.plan("J", "n2", *where, issue="B")
    pen.send("I", "n1")
    pen.send("J", "n2", *where, issue="B")


def test_two_sites_may_be_repaired_at_once(pen: Pen) -> None:
    side_by_side(pen, "s2", "p2 1")

    assert broken(pen) == set()


def test_two_actions_at_one_pcu_break_1(pen: Pen) -> None:
    side_by_side(pen, "s2", "p1 2")

    assert broken(pen) == {1}


def test_two_actions_at_one_site_break_1(pen: Pen) -> None:
    side_by_side(pen, "s1", "p2 1")

    assert broken(pen) == {1}


def test_two_actions_of_one_node_break_1(pen: Pen) -> None:
    pen.open()
    pen.wait(MINUTE)
    pen.rung()
    pen.plan()
    pen.send()
    pen.plan("J", outlet="p9 1", actor="ops", issue="", rung="")
    pen.step("claimed", "J", actor="ops", issue="")

    assert broken(pen) == {1}


def test_an_unknown_lets_go_of_its_site_after_an_hour(pen: Pen) -> None:
    pen.open("A", "n1")
    pen.open("B", "n2")
    pen.wait(MINUTE)
    pen.rung("A", "n1")
    pen.plan("I", "n1")
    pen.send("I", "n1")
    pen.step("unknown", "I", "n1")
    pen.wait(2 * HOUR)
    pen.rung("B", "n2")
    pen.plan("J", "n2", "s1", "p2 1", issue="B")
    pen.send("J", "n2", "s1", "p2 1", issue="B")
    assert broken(pen) == set()

    assert broken(pen, limits=Limits(unknown_holds_site=3 * HOUR)) == {1}


def test_a_request_to_a_person_holds_only_its_node(pen: Pen) -> None:
    side_by_side(pen, "s1", "p2 1")
    pen.change("power-cycle planned", gates={"families": "manual"})

    assert broken(pen) == set()


def twice(pen: Pen, apart: int) -> None:
    pen.repair()
    pen.wait(apart * HOUR)
    pen.repair("B", "J")


def test_a_node_may_be_cycled_again_after_a_day(pen: Pen) -> None:
    twice(pen, 25)

    assert broken(pen) == set()


def test_a_second_cycle_within_a_day_breaks_4(pen: Pen) -> None:
    twice(pen, 20)

    assert broken(pen) == {4}


def test_a_fourth_cycle_within_a_month_breaks_4(pen: Pen) -> None:
    for number in range(4):
        pen.repair(f"A{number}", f"I{number}")
        pen.wait(8 * DAY)

    assert broken(pen) == {4}


def test_a_person_may_force_one_more(pen: Pen) -> None:
    pen.repair()
    pen.cycle("J", actor="ops", issue="", rung="", forced="yes")

    assert broken(pen) == set()


def many(pen: Pen, number: int) -> None:
    for n in range(number):
        pen.repair(f"A{n}", f"I{n}", f"n{n}", f"s{n}", f"p{n} 1")


def test_two_an_hour_are_within_the_budget(pen: Pen) -> None:
    many(pen, 2)

    assert broken(pen) == set()


def test_a_third_within_the_hour_breaks_4(pen: Pen) -> None:
    many(pen, 3)

    assert broken(pen) == {4}


def test_the_hour_grows_with_what_helped_though_not_without_end(pen: Pen) -> None:
    for n in range(10):
        pen.repair(f"A{n}", f"I{n}", f"n{n}", f"s{n}", f"p{n} 1")
        pen.wait(HOUR)
    for n in range(10, 14):
        pen.repair(f"A{n}", f"I{n}", f"n{n}", f"s{n}", f"p{n} 1")
    limits = Limits(power_most=4)
    assert broken(pen, limits=limits) == set()

    assert broken(pen, limits=replace(limits, power_most=3)) == {4}


def test_the_day_has_a_line_of_its_own(pen: Pen) -> None:
    for n in range(3):
        pen.repair(f"A{n}", f"I{n}", f"n{n}", f"s{n}", f"p{n} 1")
        pen.wait(2 * HOUR)
    assert broken(pen) == set()

    assert broken(pen, limits=Limits(power_day=2)) == {4}


def told_twice(pen: Pen, apart: int) -> None:
    pen.open()
    pen.wait(DAY)
    pen.rung(name="tell", order=30, effects="notify down tech")
    pen.notice("N")
    pen.wait(apart * HOUR)
    pen.rung(name="tell_pi", order=40, effects="notify down tech pi")
    pen.notice("M", rung="tell_pi", argument="down tech pi")


def test_a_node_is_told_of_again_after_days(pen: Pen) -> None:
    told_twice(pen, 7 * 24)

    assert broken(pen) == set()


def test_a_second_down_notice_so_soon_breaks_4(pen: Pen) -> None:
    told_twice(pen, 60)

    assert broken(pen) == {4}


def test_a_cancelled_notice_counts_as_none(pen: Pen) -> None:
    told_twice(pen, 60)
    place = pen.find("notify planned")
    pen.rows.insert(place + 1, replace(pen.rows[place], verb="notify cancelled"))

    assert broken(pen) == set()


def test_mails_beyond_the_budget_break_4(pen: Pen) -> None:
    for n in range(3):
        pen.mail(f"A{n} 1 down tell", message=f"<{n}@x>", to=f"{n}@x")
    assert broken(pen) == set()

    assert broken(pen, limits=Limits(budgets={"mail": ((HOUR, 2),)})) == {4}


def test_a_limit_that_holds_without_a_deed_breaks_5(pen: Pen) -> None:
    gates = {"node limit": "hold: 1 power cycles within 24 h, 1 allowed"}
    pen.repair()
    pen.open("B")
    held = {"reason": "node limit: 1 power cycles within 24 h, 1 allowed", "issue": "B"}
    pen.write("held", "node/n1", **held, **gates)
    assert broken(pen) == set()

    pen.change("held", subject="node/n2")

    assert broken(pen) == {5}


def test_a_budget_that_holds_with_nothing_spent_breaks_5(pen: Pen) -> None:
    pen.open()
    gate = {"budget": "hold: 2 of 2 power actions within 60 min"}
    pen.write("held", "node/n1", reason="budget: 2 of 2", issue="A", **gate)

    assert broken(pen) == {5}


# What was there before


def inherited(pen: Pen, number: int) -> None:
    for n in range(number):
        pen.write("released", f"node/n{n}", issue=f"A{n}")


def test_more_released_than_a_day_has_room_for_breaks_4(pen: Pen) -> None:
    inherited(pen, 10)
    assert broken(pen) == set()

    inherited(pen, 11)

    assert broken(pen) == {4}


def test_what_was_bad_at_the_first_scan_waits_to_be_released(pen: Pen) -> None:
    pen.repair()
    pen.change("issue opened", gates={"bad_since": (START - DAY).isoformat()})
    assert broken(pen) == {4}

    pen.insert("power-cycle planned", "released", "node/n1", issue="A")

    assert broken(pen) == set()


def test_what_fell_later_waits_for_nobody(pen: Pen) -> None:
    pen.repair()
    pen.change("issue opened", gates={"bad_since": (START + MINUTE).isoformat()})

    assert broken(pen) == set()


def unread_twice(pen: Pen) -> None:
    pen.open()
    pen.wait(MINUTE)
    pen.rung()
    pen.cycle("I", unread="yes")
    pen.wait(2 * DAY)
    pen.rung(name="again", order=15)


def test_a_second_try_where_nothing_can_be_read_breaks_4(pen: Pen) -> None:
    unread_twice(pen)
    pen.cycle("J", rung="again", unread="yes")

    assert broken(pen) == {4}


def test_a_second_try_by_a_person_s_word_is_fine(pen: Pen) -> None:
    unread_twice(pen)
    pen.write("approve", "node/n1", actor="ops", issue="A")
    pen.cycle("J", rung="again", unread="yes")

    assert broken(pen) == set()
