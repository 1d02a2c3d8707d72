"""`sent` first, a destructive command once, nothing left dark, and a row for every step."""

import pytest

from tests.auditor.pen import DAY, HOUR, MINUTE, Pen, audit, broken

NODE = "node/n1"


@pytest.fixture
def pen() -> Pen:
    """A node is repaired; nothing is wrong with that."""
    pen = Pen()
    pen.repair()
    return pen


def test_a_whole_repair_is_silent(pen: Pen) -> None:
    assert broken(pen) == set()


# 2


def test_a_command_before_sent_breaks_2(pen: Pen) -> None:
    pen.move("power-cycle sent", behind="command off")

    assert broken(pen) == {2}


def test_a_command_for_no_intent_breaks_2(pen: Pen) -> None:
    pen.change("command off", intent="Z")
    pen.drop("command off answered")

    assert broken(pen) == {2}


def test_an_off_that_is_repeated_breaks_2(pen: Pen) -> None:
    more = {"intent": "I", "outlet_1": "p1 1"}
    pen.insert("command on", "command off", NODE, **more)

    assert broken(pen) == {2}


def test_an_off_after_a_crash_breaks_2(pen: Pen) -> None:
    pen.after("command off answered", "power-cycle unknown", NODE, intent="I", dark_1="p1 1")
    assert broken(pen) == set()

    pen.after("power-cycle unknown", "command off", NODE, intent="I", outlet_1="p1 1")

    assert broken(pen) == {2}


def test_on_may_be_repeated(pen: Pen) -> None:
    pen.insert("power-cycle confirmed", "command on", NODE, intent="I", outlet_1="p1 1")

    assert broken(pen) == set()


# 3


def left_dark(pen: Pen) -> Pen:
    """The crash comes between off and on, and nothing follows."""
    del pen.rows[pen.find("command on") :]
    return pen


def test_a_node_that_stays_dark_unsaid_breaks_3(pen: Pen) -> None:
    assert {v.invariant for v in audit(left_dark(pen))} == {3}


def test_dark_for_some_minutes_is_no_matter(pen: Pen) -> None:
    left_dark(pen)

    assert broken(pen, until=pen.rows[-1].at + 9 * MINUTE) == set()


def test_an_alert_makes_it_known(pen: Pen) -> None:
    left_dark(pen)
    pen.now = pen.rows[-1].at + 10 * MINUTE
    pen.write("alert", NODE, reason="still off by our hand", detail="dark I")

    assert broken(pen) == set()


def test_a_stopped_service_may_say_it_at_its_start(pen: Pen) -> None:
    left_dark(pen)
    pen.now = pen.rows[-1].at + 2 * HOUR
    pen.write("started", "fleet/all")
    pen.wait(MINUTE)
    pen.write("alert", NODE, reason="still off by our hand", detail="dark I")

    assert broken(pen) == set()


def test_an_end_that_names_no_dark_outlet_says_it_is_lit(pen: Pen) -> None:
    pen.drop("command on answered")
    assert broken(pen) == set()

    pen.change("power-cycle confirmed", gates={"dark 1": "p1 1"})

    assert broken(pen) == {3}


def test_a_person_who_switches_off_means_it() -> None:
    pen = Pen()
    pen.plan(kind="power-off", actor="ops", issue="", rung="")
    pen.send(kind="power-off", actor="ops", issue="")
    pen.command("off", reads="off")
    pen.step("confirmed", kind="power-off", actor="ops", issue="", **{"dark 1": "p1 1"})

    assert broken(pen) == set()


# 16


def test_an_outlet_off_by_another_hand_that_is_switched_breaks_16(pen: Pen) -> None:
    pen.insert("command off", "foreign off", "pcu/p1", outlet_1="p1 2")
    assert broken(pen) == set()

    pen.change("foreign off", gates={"outlet 1": "p1 1"})

    assert broken(pen) == {16}


def test_once_it_has_power_again_it_is_like_any_other(pen: Pen) -> None:
    pen.insert("command off", "foreign off", "pcu/p1", outlet_1="p1 1")
    pen.insert("command off", "foreign over", "pcu/p1", outlet_1="p1 1")

    assert broken(pen) == set()


# 18, 22


def test_an_intent_that_was_never_planned_breaks_18(pen: Pen) -> None:
    pen.drop("power-cycle planned")

    assert 18 in broken(pen)


def test_a_step_that_is_left_out_breaks_18(pen: Pen) -> None:
    pen.drop("power-cycle claimed")

    assert broken(pen) == {18}


def test_an_answer_to_nothing_breaks_18(pen: Pen) -> None:
    pen.drop("command on")

    assert broken(pen) == {18}


def test_a_command_for_another_outlet_breaks_18(pen: Pen) -> None:
    pen.change("command on", gates={"outlet 1": "p1 9"})
    pen.change("command on answered", gates={"outlet 1": "p1 9"})

    assert broken(pen) == {18}


@pytest.mark.parametrize("field", ["actor", "reason"])
def test_a_step_without_actor_or_reason_breaks_18(pen: Pen, field: str) -> None:
    pen.change("power-cycle confirmed", **{field: ""})

    assert broken(pen) == {18}


def lost(pen: Pen) -> Pen:
    """The link died after the command, and nobody could read the outlet since."""
    left_dark(pen)
    pen.now = pen.rows[-1].at
    pen.step("unknown")
    return pen


def test_an_unknown_end_that_stays_unsaid_breaks_22(pen: Pen) -> None:
    lost(pen)
    assert broken(pen, until=pen.now + DAY / 2) == set()

    assert broken(pen, until=pen.now + 2 * DAY) == {22}


def test_an_alert_names_the_unknown(pen: Pen) -> None:
    lost(pen).wait(DAY)
    pen.write("alert", NODE, detail="unknown I")

    assert broken(pen, until=pen.now + 9 * DAY) == set()
