from datetime import timedelta

import pytest

from plcmon.model.events import AuditRow
from plcmon.model.intents import Mail
from plcmon.sim.world.judge import Judge
from plcmon.sim.world.loop import BEGIN
from plcmon.sim.world.truth import Hand
from tests.sim.world.place import OUTLET, Place

CUT = AuditRow(
    BEGIN, "engine", "node/toml:n", "command off", "", intent="i", gates={"outlet 1": "toml:p 1"}
)

FIXED = AuditRow(BEGIN, "engine", "site/s", "mail fixed", "", gates={"message": "<1>"})


@pytest.fixture
def place() -> Place:
    return Place()


def broken(judge: Judge) -> list[int]:
    return [violation.invariant for violation in judge.found]


def test_a_cut_without_a_durable_command_is_seen(place: Place) -> None:
    judge = Judge(place.truth)

    place.truth.switch(OUTLET, False, Hand.SERVICE)

    assert broken(judge) == [2]


def test_a_cut_after_its_command_is_right_and_a_second_one_is_not(place: Place) -> None:
    judge = Judge(place.truth)

    judge.row(CUT)
    before = len(judge.found)  # the auditor has its own word on a row from nowhere
    place.truth.switch(OUTLET, False, Hand.SERVICE)
    assert len(judge.found) == before
    place.truth.switch(OUTLET, False, Hand.SERVICE)

    assert broken(judge)[before:] == [2]


def test_a_technician_needs_no_command(place: Place) -> None:
    judge = Judge(place.truth)

    place.truth.switch(OUTLET, False, Hand.TECHNICIAN)

    assert not judge.found


def test_one_message_id_is_one_matter(place: Place) -> None:
    judge = Judge(place.truth)
    judge.row(FIXED)
    judge.found.clear()  # the auditor has its own word on a row from nowhere

    judge.mailed(Mail("<1>", "a@s.example.org", "s", "old", "words", "", BEGIN))
    judge.mailed(Mail("<1>", "a@s.example.org", "s", "older", "other words", "", BEGIN))
    assert not judge.found
    judge.mailed(Mail("<1>", "b@s.example.org", "s", "old", "words", "", BEGIN))

    assert broken(judge) == [15]


def test_moments_of_a_wrong_clock_are_put_right(place: Place) -> None:
    wrong = timedelta(hours=2)
    judge = Judge(place.truth, lambda wall: wall - wrong)
    wall = BEGIN + wrong

    assert judge._in_true_time(wall.isoformat()) == BEGIN.isoformat()
    assert judge._in_true_time("cycle") == "cycle"


def test_a_mail_that_was_never_fixed_is_seen(place: Place) -> None:
    judge = Judge(place.truth)

    judge.mailed(Mail("<2>", "a@s.example.org", "s", "old", "words", "", BEGIN))

    assert broken(judge) == [15]


def test_a_unit_with_two_sessions_is_seen(place: Place) -> None:
    judge = Judge(place.truth)

    place.truth.enter(place.pcu)
    assert not judge.found
    place.truth.enter(place.pcu)

    assert broken(judge) == [1]
