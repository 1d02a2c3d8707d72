"""The guards of a part: pathfinders, breakers, flapping nodes, suspect units."""

from datetime import timedelta

import pytest

from tests.auditor.pen import DAY, HOUR, MINUTE, START, Pen, audit, broken

NODE, SITE = "node/n1", "site/s1"


@pytest.fixture
def pen() -> Pen:
    pen = Pen()
    pen.repair()
    return pen


# A closed site guard


def two_of_a_site(outcome: str, apart: timedelta = 2 * HOUR, outlet: str = "p1 2") -> Pen:
    """The guard is closed; one node is cycled, and another one later."""
    pen = Pen()
    pen.write("site guard closed", SITE)
    pen.repair()
    pen.change("power-cycle verdict", outcome=outcome)
    pen.wait(apart)
    pen.repair("B", "J", "n2", "s1", outlet)
    return pen


def test_the_next_goes_when_the_pathfinder_is_back() -> None:
    assert broken(two_of_a_site("fixed")) == set()


def test_after_one_in_vain_the_next_too_soon_breaks_8() -> None:
    assert broken(two_of_a_site("unknown")) == {8}


def test_a_day_later_it_is_not_too_soon() -> None:
    assert broken(two_of_a_site("unknown", DAY)) == set()


def test_before_the_pathfinder_is_proven_the_next_breaks_8() -> None:
    pen = two_of_a_site("fixed")
    pen.drop("power-cycle verdict")

    assert broken(pen) == {8}


def test_power_that_was_under_way_as_it_closed_is_its_pathfinder() -> None:
    pen = two_of_a_site("unknown")
    pen.move("site guard closed", behind="power-cycle confirmed")

    assert broken(pen) == {8}


def test_an_unknown_that_nobody_reads_is_in_vain_after_an_hour() -> None:
    for apart, found in ((2 * HOUR, {8}), (26 * HOUR, set())):
        pen = two_of_a_site("fixed", apart, "p2 1")
        pen.drop("power-cycle verdict")
        pen.change("power-cycle confirmed", verb="power-cycle unknown")

        assert broken(pen) - {22} == found


def test_an_open_guard_holds_nobody() -> None:
    pen = two_of_a_site("unknown")
    pen.after("issue closed", "site guard opened", SITE)
    pen.move("site guard opened", behind="power-cycle verdict")

    assert broken(pen) == set()


def in_vain(number: int) -> Pen:
    pen = Pen()
    pen.write("site guard closed", SITE)
    for n in range(number):
        pen.repair(f"A{n}", f"I{n}", f"n{n}", "s1", f"p1 {n + 1}")
        pen.change("power-cycle verdict", n, outcome="unknown")
        pen.wait(DAY)
    return pen


def test_three_may_be_in_vain_and_a_fourth_breaks_8() -> None:
    assert broken(in_vain(3)) == set()
    assert broken(in_vain(4)) == {8}


def test_a_persons_word_lets_the_fourth_go() -> None:
    pen = in_vain(4)
    place = pen.find("power-cycle verdict", 2)
    pen.write("re-arm", SITE, actor="ops")
    pen.rows.insert(place + 1, pen.rows.pop())
    pen.change("re-arm", at=pen.rows[place].at)

    assert broken(pen) == set()


# Breakers


@pytest.mark.parametrize("scope", ["kind/power", "family/apc"])
def test_power_under_a_tripped_breaker_breaks_8(pen: Pen, scope: str) -> None:
    pen.insert("power-cycle planned", "breaker tripped", "fleet/all", detail=scope)

    assert broken(pen) == {8}


def test_a_breaker_of_something_else_stops_nothing(pen: Pen) -> None:
    pen.insert("power-cycle planned", "breaker tripped", "fleet/all", detail="kind/repair")

    assert broken(pen) == set()


def test_a_breaker_that_was_re_armed_stops_nothing(pen: Pen) -> None:
    pen.insert("power-cycle planned", "breaker tripped", "fleet/all", detail="kind/power")
    pen.after("breaker tripped", "re-arm", actor="ops", scope="kind/power")

    assert broken(pen) == set()


def test_a_person_may_go_beyond_a_breaker(pen: Pen) -> None:
    for verb in ("power-cycle planned", "power-cycle claimed", "power-cycle sent"):
        pen.change(verb, actor="ops")
    pen.change("rung taken", gates={"effects": "flag"})
    pen.insert("power-cycle planned", "breaker tripped", "fleet/all", detail="kind/power")

    assert broken(pen) == set()


# A flapping node, a suspect unit


def test_power_for_a_flapping_node_breaks_8(pen: Pen) -> None:
    pen.insert("power-cycle planned", "issue opened", NODE, issue="F", type="flapping")

    assert broken(pen) == {8}


def test_another_node_that_flaps_stops_nothing(pen: Pen) -> None:
    pen.insert("power-cycle planned", "issue opened", "node/n2", issue="F", type="flapping")

    assert broken(pen) == set()


def test_a_node_that_flapped_is_free(pen: Pen) -> None:
    pen.insert("power-cycle planned", "issue opened", NODE, issue="F", type="flapping")
    closed = {"type": "flapping", "cause": "healthy"}
    pen.after("issue opened", "issue closed", NODE, issue="F", **closed)

    assert broken(pen) == set()


def test_power_through_a_suspect_unit_breaks_8(pen: Pen) -> None:
    more = {"issue": "M", "type": "mapping_suspect"}
    pen.insert("power-cycle sent", "issue opened", "pcu/p1", **more)
    assert {v.invariant for v in audit(pen, until=START + 2 * HOUR)} == {8}

    pen.change("issue opened", 1, subject="pcu/p2")

    assert broken(pen) == set()


def test_light_is_given_back_under_every_guard(pen: Pen) -> None:
    """What was cut before a guard closed is lit."""
    pen.insert("command on", "breaker tripped", "fleet/all", detail="kind/power")
    pen.insert("command on", "issue opened", NODE, issue="F", type="flapping")
    pen.wait(MINUTE)

    assert broken(pen) == set()
