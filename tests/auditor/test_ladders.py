"""Rungs in order, whole and by bad time; one open issue each; holds said; closed for a reason."""

from datetime import timedelta

import pytest

from plcmon.auditor.ladders import CAUSES
from plcmon.model.issues import Cause
from tests.auditor.pen import DAY, HOUR, MINUTE, Pen, broken

NODE = "node/n1"


@pytest.fixture
def pen() -> Pen:
    """A node is cycled, its site is told a day later, and it comes back."""
    pen = Pen()
    pen.open()
    pen.wait(MINUTE)
    pen.rung()
    pen.cycle()
    pen.wait(DAY)
    pen.rung(name="tell", order=30, effects="notify down tech", after=DAY)
    pen.notice()
    pen.wait(HOUR)
    pen.notice(state="cancelled")
    pen.close()
    return pen


def test_a_climb_is_silent(pen: Pen) -> None:
    assert broken(pen) == set()


# 5


def test_a_rung_taken_while_only_observing_breaks_5(pen: Pen) -> None:
    pen.change("rung taken", 1, gates={"observing": "yes"})

    assert 5 in broken(pen)


def test_an_alert_is_real_while_observing(pen: Pen) -> None:
    facts = {"rung": "alert", "order": "40", "effects": "alert", "observing": "yes"}
    pen.insert("issue closed", "rung taken", NODE, issue="A", detail="alert", **facts)

    assert broken(pen) == set()


def test_a_count_of_what_was_not_taken_breaks_5(pen: Pen) -> None:
    pen.change("rung taken", 1, gates={"repeat": "2"})

    assert broken(pen) == {5}


# 7


def test_a_rung_of_a_paused_issue_breaks_7(pen: Pen) -> None:
    pen.insert("rung taken", "issue paused", NODE, issue="A")
    pen.after("issue paused", "issue resumed", NODE, issue="A")
    assert broken(pen) == set()

    pen.move("rung taken", behind="issue paused")

    assert broken(pen) == {7}


# 10


def test_a_lower_rung_after_a_higher_one_breaks_10(pen: Pen) -> None:
    pen.change("rung taken", 1, gates={"order": "5"})

    assert broken(pen) == {10}


def test_a_rung_beside_the_ladder_says_so(pen: Pen) -> None:
    pen.change("rung taken", 1, gates={"order": "5", "beside": "yes"})

    assert broken(pen) == set()


def test_a_rung_before_its_wait_is_over_breaks_10(pen: Pen) -> None:
    pen.change("rung taken", 1, gates={"waited_s": "86399"})

    assert broken(pen) == {10}


def test_more_bad_time_than_there_was_breaks_10(pen: Pen) -> None:
    pen.change("rung taken", 1, gates={"waited_s": str(2 * 86400)})

    assert broken(pen) == {10}


def blind(pen: Pen, long: timedelta) -> None:
    """Blind for a part of the wait."""
    pen.after("power-cycle confirmed", "blind")
    pen.after("blind", "sight again", later=long)


def test_blind_time_that_counts_breaks_10(pen: Pen) -> None:
    blind(pen, HOUR)

    assert broken(pen) == {10}


def test_without_its_blind_time_it_is_late_enough(pen: Pen) -> None:
    blind(pen, HOUR)
    pen.change("rung taken", 1, gates={"after_s": "3600", "waited_s": "7200"})

    assert broken(pen) == set()


def paused(pen: Pen, long: timedelta) -> None:
    pen.after("power-cycle confirmed", "issue paused", NODE, issue="A")
    pen.after("issue paused", "issue resumed", NODE, issue="A", later=long)


def test_paused_time_that_counts_breaks_10(pen: Pen) -> None:
    paused(pen, HOUR)

    assert broken(pen) == {10}


def test_time_that_is_both_paused_and_blind_is_lost_once(pen: Pen) -> None:
    pen.after("power-cycle confirmed", "blind")
    pen.after("blind", "issue paused", NODE, issue="A")
    pen.after("issue paused", "sight again", later=HOUR)
    pen.after("sight again", "issue resumed", NODE, issue="A")
    pen.change("rung taken", 1, gates={"after_s": "0", "waited_s": str(23 * 3600)})
    assert broken(pen) == set()

    pen.change("rung taken", 1, gates={"waited_s": str(24 * 3600)})

    assert broken(pen) == {10}


def test_a_stopped_service_gathers_no_bad_time(pen: Pen) -> None:
    alive_at = pen.rows[pen.find("power-cycle confirmed")].at.isoformat()
    pen.after("power-cycle confirmed", "started", later=2 * HOUR, alive_at=alive_at)
    pen.after("started", "scan complete")

    assert broken(pen) == {10}


def test_what_is_taken_back_counts_as_not_taken() -> None:
    pen = Pen()
    pen.open()
    pen.wait(HOUR)
    pen.rung()
    pen.plan()
    pen.wait(HOUR)
    pen.step("cancelled")
    pen.write("rung taken back", NODE, intent="I", issue="A", detail="cycle")
    pen.wait(HOUR)
    pen.rung(waited=2 * HOUR)
    pen.plan("J")
    assert broken(pen) == set()

    pen.drop("rung taken back")

    assert 5 in broken(pen)


def test_a_rung_granted_in_part_breaks_10(pen: Pen) -> None:
    pen.change("rung taken", 1, gates={"effects": "boot-state disabled, notify down tech"})

    assert broken(pen) == {10}


def test_an_intent_of_no_rung_breaks_10(pen: Pen) -> None:
    pen.drop("rung taken", 1)

    assert broken(pen) == {10}


# 11


def test_a_second_open_issue_breaks_11(pen: Pen) -> None:
    facts = {"type": "node_down", "site": "s1"}
    pen.insert("rung taken", "issue opened", NODE, issue="B", **facts)

    assert 11 in broken(pen)


def held(pen: Pen, *, gate: str = "freeze") -> None:
    pen.open("B", "n2")
    pen.write("held", "node/n2", reason=f"{gate}: all is frozen", issue="B", detail="cycle")


def test_a_long_hold_unsaid_breaks_11(pen: Pen) -> None:
    held(pen)
    assert broken(pen) == set()

    assert broken(pen, until=pen.now + 2 * DAY) == {11}


def test_one_alert_stands_for_all_that_the_gate_holds(pen: Pen) -> None:
    held(pen)
    pen.open("C", "n3")
    pen.write("held", "node/n3", reason="freeze: all is frozen", issue="C", detail="cycle")
    pen.wait(DAY)
    pen.write("alert", "node/n2", detail="held freeze")

    assert broken(pen, until=pen.now + 9 * DAY) == set()


def test_an_alert_for_another_gate_is_none(pen: Pen) -> None:
    held(pen)
    pen.wait(DAY)
    pen.write("alert", "node/n2", detail="held budget")

    assert broken(pen, until=pen.now + 9 * DAY) == {11}


def test_an_old_alert_does_not_stand_for_a_new_hold(pen: Pen) -> None:
    held(pen)
    pen.wait(DAY)
    pen.write("alert", "node/n2", detail="held freeze")
    pen.write("hold ended", "node/n2", issue="B", detail="cycle")
    pen.wait(HOUR)
    pen.write("held", "node/n2", reason="freeze: all is frozen", issue="B", detail="cycle")

    assert broken(pen, until=pen.now + 2 * DAY) == {11}


def test_a_hold_that_ended_in_time_needs_no_alert(pen: Pen) -> None:
    held(pen)
    pen.wait(HOUR)
    pen.write("hold ended", "node/n2", issue="B", detail="cycle")

    assert broken(pen, until=pen.now + 9 * DAY) == set()


# 12


def test_an_issue_that_closes_twice_breaks_12(pen: Pen) -> None:
    pen.close()

    assert broken(pen) == {12}


@pytest.mark.parametrize("cause", ["", "a whim"])
def test_one_that_closes_for_no_stated_reason_breaks_12(pen: Pen, cause: str) -> None:
    pen.change("issue closed", gates={"cause": cause})

    assert broken(pen) == {12}


def test_a_persons_close_names_the_person(pen: Pen) -> None:
    pen.change("issue closed", actor="ops", gates={"cause": "closed by a person"})
    assert broken(pen) == set()

    pen.change("issue closed", actor="engine")

    assert broken(pen) == {12}


def test_an_intent_that_outlives_its_issue_breaks_12(pen: Pen) -> None:
    pen.drop("notify cancelled")

    assert broken(pen) == {12}


def test_one_that_goes_out_after_it_breaks_12(pen: Pen) -> None:
    pen.drop("notify cancelled")
    pen.wait(MINUTE)
    pen.notice(state="claimed")
    pen.notice(state="sent")

    assert broken(pen) == {12}


def test_an_issue_reopens_at_its_next_rung(pen: Pen) -> None:
    pen.wait(2 * HOUR)
    facts = {"type": "node_down", "site": "s1"}
    pen.write("issue reopened", NODE, issue="A", **facts)
    pen.wait(7 * DAY)
    pen.rung(name="tell_pi", order=40, effects="flag", after=7 * DAY)
    assert broken(pen) == set()

    pen.change("rung taken", 2, gates={"order": "5"})

    assert broken(pen) == {10}


def test_every_cause_of_the_model_is_one_for_the_auditor() -> None:
    assert {cause.value for cause in Cause} == CAUSES


@pytest.mark.parametrize(("actor", "broke"), [("ops", set()), ("engine", {12})])
def test_only_a_person_accepts(actor: str, broke: set[int]) -> None:
    pen = Pen()
    pen.write("issue opened", "node/n1", issue="A", type="hostkey", site="s1")
    pen.wait(HOUR)
    facts = {"type": "hostkey", "cause": "accepted"}
    pen.write("issue closed", "node/n1", actor=actor, issue="A", **facts)

    assert broken(pen) == broke
