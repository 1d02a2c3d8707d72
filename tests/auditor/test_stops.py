"""What forbids new actions, at planning and at sending: sight, people, the guard, a fresh start."""

from datetime import timedelta

import pytest

from tests.auditor.pen import DAY, HOUR, MINUTE, START, Pen, broken

NODE = "node/n1"


@pytest.fixture
def pen() -> Pen:
    pen = Pen()
    pen.repair()
    return pen


# 6


@pytest.mark.parametrize("seen", ["boot", "deaf", "debug", ""])
def test_power_for_what_is_not_dead_breaks_6(pen: Pen, seen: str) -> None:
    pen.change("power-cycle sent", gates={"seen": seen})

    assert broken(pen) == {6}


@pytest.mark.parametrize("by", ["stale", "suspect", "unreachable", ""])
def test_power_on_evidence_that_is_none_breaks_6(pen: Pen, by: str) -> None:
    pen.change("power-cycle sent", gates={"seen by": by})

    assert broken(pen) == {6}


def test_power_for_what_a_source_that_counts_sees_up_breaks_6(pen: Pen) -> None:
    pen.change("power-cycle sent", gates={"up elsewhere": "comon"})

    assert broken(pen) == {6}


def test_an_action_while_blind_breaks_6(pen: Pen) -> None:
    pen.insert("power-cycle sent", "blind", "fleet/all")
    assert broken(pen) == {6}

    pen.after("blind", "sight again")

    assert broken(pen) == set()


# 7


def until(delta: timedelta) -> str:
    return (START + delta).isoformat()


@pytest.mark.parametrize("subject", ["node/n1", "site/s1", "pcu/p1"])
def test_an_action_in_maintenance_breaks_7(pen: Pen, subject: str) -> None:
    pen.insert("power-cycle sent", "maintenance opened", subject, until=until(DAY))

    assert broken(pen) == {7}


@pytest.mark.parametrize("subject", ["node/n2", "site/s2", "pcu/p2"])
def test_maintenance_elsewhere_stops_nothing(pen: Pen, subject: str) -> None:
    pen.insert("power-cycle sent", "maintenance opened", subject, until=until(DAY))

    assert broken(pen) == set()


def test_maintenance_that_is_over_stops_nothing(pen: Pen) -> None:
    pen.insert("power-cycle planned", "maintenance opened", NODE, until=until(HOUR))

    assert broken(pen) == set()


def test_maintenance_that_was_ended_stops_nothing(pen: Pen) -> None:
    pen.insert("power-cycle planned", "maintenance opened", NODE, window="W", until=until(DAY))
    assert broken(pen) == {7}

    pen.after("maintenance opened", "maintenance closed", NODE, window="W")

    assert broken(pen) == set()


def test_maintenance_that_lies_ahead_stops_nothing_yet(pen: Pen) -> None:
    ahead = {"from": until(DAY), "until": until(2 * DAY)}
    pen.insert("power-cycle planned", "maintenance opened", NODE, **ahead)

    assert broken(pen) == set()


def test_maintenance_without_an_end_breaks_18(pen: Pen) -> None:
    pen.write("maintenance opened", NODE)

    assert broken(pen) == {18}


@pytest.mark.parametrize("subject", ["node/n1", "site/s1"])
def test_an_action_on_the_exempt_breaks_7(pen: Pen, subject: str) -> None:
    pen.insert("issue opened", "exempt", subject, until=until(DAY))
    assert broken(pen) == {7}

    pen.after("exempt", "exempt", subject)

    assert broken(pen) == set()


def test_an_action_on_the_retired_breaks_7(pen: Pen) -> None:
    pen.insert("power-cycle sent", "retired", NODE)
    assert broken(pen) == {7}

    pen.after("retired", "returned", NODE)

    assert broken(pen) == set()


def test_an_action_for_a_paused_issue_breaks_7(pen: Pen) -> None:
    pen.insert("power-cycle sent", "issue paused", NODE, issue="A")

    assert broken(pen) == {7}


@pytest.mark.parametrize(
    "scope", ["all", "kind/power", "kind/power-cycle", "site/s1", "pcu/p1", "family/apc", NODE]
)
def test_an_action_while_frozen_breaks_7(pen: Pen, scope: str) -> None:
    pen.insert("power-cycle sent", "freeze", "fleet/all", actor="ops", scope=scope)
    assert broken(pen) == {7}

    pen.after("freeze", "unfreeze", actor="ops", scope=scope)

    assert broken(pen) == set()


def test_a_freeze_stops_people_too(pen: Pen) -> None:
    for verb in ("power-cycle planned", "power-cycle claimed", "power-cycle sent"):
        pen.change(verb, actor="ops")
    pen.change("rung taken", gates={"effects": "flag"})
    pen.insert("power-cycle sent", "freeze", "fleet/all", actor="ops", scope="all")

    assert broken(pen) == {7}


def test_a_window_stops_no_person(pen: Pen) -> None:
    for verb in ("power-cycle planned", "power-cycle claimed", "power-cycle sent"):
        pen.change(verb, actor="ops")
    pen.change("rung taken", gates={"effects": "flag"})
    pen.insert("power-cycle sent", "maintenance opened", NODE, until=until(DAY))

    assert broken(pen) == set()


# 8


def test_power_while_the_guard_is_closed_breaks_8(pen: Pen) -> None:
    pen.insert("power-cycle sent", "fleet guard closed", "fleet/all")
    assert broken(pen) == {8}

    pen.after("fleet guard closed", "fleet guard opened")

    assert broken(pen) == set()


def notices(*, first_sent: bool) -> Pen:
    """Two notices, the second sent while the guard is closed."""
    pen = Pen()
    pen.open()
    pen.wait(DAY)
    pen.rung(name="tell", order=30, effects="notify down tech")
    pen.notice("N")
    if first_sent:
        pen.notice("N", state="claimed")
        pen.notice("N", state="sent")
    pen.wait(7 * DAY)
    pen.rung(name="tell_pi", order=40, effects="notify down tech pi")
    pen.notice("M", rung="tell_pi", argument="down tech pi")
    pen.write("fleet guard closed", "fleet/all")
    pen.notice("M", state="claimed")
    pen.notice("M", state="sent")
    return pen


def test_a_first_down_notice_while_it_is_closed_breaks_8() -> None:
    assert broken(notices(first_sent=False)) == {8}


def test_a_later_one_goes_on() -> None:
    assert broken(notices(first_sent=True)) == set()


# 17


def test_an_action_on_an_empty_selection_breaks_17(pen: Pen) -> None:
    pen.write("power-cycle", "fleet/all", actor="ops", selected="2")
    assert broken(pen) == set()

    pen.change("power-cycle", gates={"selected": "0"})

    assert broken(pen) == {17}


def test_an_action_on_nobody_breaks_17(pen: Pen) -> None:
    pen.change("power-cycle planned", subject="node/")

    assert 17 in broken(pen)


# 20


def started(pen: Pen, before: str) -> Pen:
    """A restart just before that row."""
    return pen.insert(before, "started", "fleet/all")


def test_an_action_before_a_complete_scan_breaks_20(pen: Pen) -> None:
    started(pen, "power-cycle planned")

    assert broken(pen) == {20}


def test_an_action_within_the_grace_breaks_20(pen: Pen) -> None:
    started(pen, "power-cycle sent")
    pen.insert("power-cycle sent", "scan complete", "fleet/all")

    assert broken(pen) == {20}


def test_after_a_jump_of_the_clock_only_a_scan_is_needed(pen: Pen) -> None:
    pen.insert("power-cycle sent", "clock jumped", "fleet/all")
    assert broken(pen) == {20}

    pen.after("clock jumped", "scan complete")

    assert broken(pen) == set()


def test_recovery_needs_no_grace(pen: Pen) -> None:
    """After a crash the outlet is read and lit at once."""
    pen.insert("command on", "power-cycle unknown", NODE, intent="I", dark_1="p1 1")
    started(pen, "power-cycle unknown")

    assert broken(pen) == set()


def test_a_person_needs_none(pen: Pen) -> None:
    for verb in ("power-cycle planned", "power-cycle claimed", "power-cycle sent"):
        pen.change(verb, actor="ops")
    pen.change("rung taken", gates={"effects": "flag"})
    started(pen, "power-cycle sent")
    pen.wait(MINUTE)

    assert broken(pen) == set()


# A state that is not adopted, a reply, an old plan


def test_an_action_of_a_state_that_nobody_adopted_breaks_7(pen: Pen) -> None:
    pen.change("started", gates={"adopted": ""})
    assert broken(pen) == {7}

    pen.after("started", "db-adopt", actor="ops")

    assert broken(pen) == set()


def test_what_a_reply_holds_back_breaks_7(pen: Pen) -> None:
    pen.open("B", "n1")
    pen.rung("B", "n1", name="tell", effects="notify down tech")
    pen.notice(issue="B")
    pen.insert("notify planned", "reply", "site/s1", until=until(3 * DAY))
    assert broken(pen) == {7}

    pen.change("reply", subject="site/s2")

    assert broken(pen) == set()


def test_a_reply_holds_no_repair(pen: Pen) -> None:
    pen.insert("power-cycle planned", "reply", "site/s1", until=until(3 * DAY))

    assert broken(pen) == set()


def test_an_auto_reply_promises_nothing(pen: Pen) -> None:
    pen.open("B", "n1")
    pen.rung("B", "n1", name="tell", effects="notify down tech")
    pen.notice(issue="B")
    pen.insert("notify planned", "reply", "site/s1")

    assert broken(pen) == set()


@pytest.mark.parametrize("word", ["clock jumped", "started"])
def test_by_another_clock_a_promised_date_is_nothing_to_go_by(pen: Pen, word: str) -> None:
    pen.open("B", "n1")
    pen.rung("B", "n1", name="tell", effects="notify down tech")
    pen.notice(issue="B")
    pen.insert("notify planned", "reply", "site/s1", until=until(3 * DAY))
    pen.after("reply", word)
    pen.after(word, "scan complete")

    assert broken(pen) <= {20}, "a start has its grace"


def test_what_goes_out_by_an_old_plan_breaks_6() -> None:
    pen = Pen()
    pen.open()
    pen.wait(MINUTE)
    pen.rung()
    pen.plan()
    pen.wait(2 * HOUR)
    pen.send()

    assert broken(pen) == {6}
