"""The journal against the truth: life, storms, boots, hands, liveness, secrets."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from plcmon.auditor import Auditor, Violation
from plcmon.auditor.truth import OURS
from tests.auditor.pen import DAY, HOUR, MINUTE, START, Pen, audit, broken


@dataclass
class World:
    """A tiny truth: what is not said of it is as the journal thinks."""

    alive: bool = False
    serves: tuple[str, ...] = ()  # nodes, all the time
    cables: dict[str, str] = field(default_factory=dict)  # outlet -> node
    enough: bool = False
    well: bool = True
    off: dict[str, str] = field(default_factory=dict)  # outlet -> whose hand has it off
    booted: datetime | None = None
    cause: str = ""
    silent: dict[str, datetime] = field(default_factory=dict)
    healthy: datetime | None = None
    words: tuple[str, ...] = ()

    def signs_of_life(self, node: str, since: datetime, until: datetime) -> bool:
        return self.alive

    def served(self, node: str, since: datetime, until: datetime) -> bool:
        return node in self.serves

    def fed_by(self, outlet: str) -> str:
        return self.cables.get(outlet, "")

    def is_enough_up(self, site: str, at: datetime) -> bool:
        return self.enough

    def was_vantage_well(self, since: datetime, until: datetime) -> bool:
        return self.well

    def power_of(self, outlet: str, at: datetime) -> bool | None:
        return outlet not in self.off

    def hand_that_switched(self, outlet: str, at: datetime) -> str:
        return self.off.get(outlet, OURS)

    def booted_at(self, node: str, at: datetime) -> datetime | None:
        return self.booted or at

    def cause_of(self, node: str, at: datetime) -> str:
        return self.cause

    def silent_with_power(self, now: datetime) -> Iterable[tuple[str, datetime]]:
        return self.silent.items()

    def well_since(self, node: str, now: datetime) -> datetime | None:
        return self.healthy

    def secrets(self) -> Collection[str]:
        return self.words


@pytest.fixture
def pen() -> Pen:
    pen = Pen()
    pen.repair()
    return pen


def test_a_journal_that_tells_the_truth_is_silent(pen: Pen) -> None:
    assert broken(pen, truth=World()) == set()


def test_power_after_a_sign_of_life_breaks_6(pen: Pen) -> None:
    assert broken(pen, truth=World(alive=True)) == {6}


def test_power_while_our_network_is_out_breaks_6(pen: Pen) -> None:
    assert broken(pen, truth=World(well=False)) == {6}


def test_an_outlet_that_another_hand_has_off_breaks_16(pen: Pen) -> None:
    assert broken(pen, truth=World(off={"p1 1": "technician"})) == {16}


def test_fixed_without_a_boot_breaks_13(pen: Pen) -> None:
    assert broken(pen, truth=World(booted=START)) == {13}


def in_vain(number: int) -> Pen:
    pen = Pen()
    for n in range(number):
        pen.repair(f"A{n}", f"I{n}", f"n{n}", f"s{n}", f"p{n} 1")
        pen.wait(HOUR)
        pen.change("power-cycle verdict", n, outcome="unknown")
    return pen


def test_a_storm_gets_five_actions_in_vain(pen: Pen) -> None:
    assert broken(in_vain(5), truth=World(cause="rain")) == set()


def test_a_sixth_breaks_9(pen: Pen) -> None:
    assert broken(in_vain(6), truth=World(cause="rain")) == {9}


def test_trouble_of_their_own_is_no_storm() -> None:
    assert broken(in_vain(6), truth=World()) == set()


def test_an_outlet_that_is_off_after_all_breaks_3(pen: Pen) -> None:
    """The unit said that it is on again."""
    world = World()
    auditor = Auditor(truth=world)
    for row in pen.rows[: pen.find("power-cycle confirmed") + 1]:
        assert auditor.take(row) == []
    world.off["p1 1"] = OURS
    at = pen.rows[pen.find("power-cycle confirmed")].at

    assert auditor.at(at + 5 * MINUTE) == []
    assert [v.invariant for v in auditor.at(at + HOUR)] == [3]


def rest(pen: Pen, world: World, now: datetime) -> list[Violation]:
    auditor = Auditor(truth=world)
    for row in pen.rows:
        auditor.take(row)
    return auditor.rest(now)


def test_a_silent_node_that_was_never_cycled_breaks_22(pen: Pen) -> None:
    now = pen.now + 30 * DAY
    forgotten = World(silent={"node/n9": pen.now})
    cycled = World(silent={"node/n1": START})

    assert [v.invariant for v in rest(pen, forgotten, now)] == [22]
    assert rest(pen, cycled, now) == []


def test_a_healthy_node_with_an_open_issue_breaks_22(pen: Pen) -> None:
    world = World(healthy=pen.now)
    assert rest(pen, world, pen.now + 3 * DAY) == []

    pen.open("B")

    assert [v.invariant for v in rest(pen, world, pen.now + 3 * DAY)] == [22]


def test_a_secret_in_a_row_breaks_21(pen: Pen) -> None:
    assert broken(pen, truth=World(words=("hunter2",))) == set()

    pen.change("command off answered", reason="login as apc hunter2 failed")

    assert [v.invariant for v in audit(pen, truth=World(words=("hunter2",)))] == [21]


def test_power_for_what_served_all_the_time_breaks_6(pen: Pen) -> None:
    """Nobody had looked: no sign of life was seen."""
    assert broken(pen, truth=World(serves=("node/n1",))) == {6}
    assert broken(pen, truth=World(serves=("node/n2",))) == set()


def miswired(apart: timedelta) -> Pen:
    """Two nodes of one unit are cycled; each time another one loses its power."""
    pen = Pen()
    pen.repair()
    pen.wait(apart)
    pen.repair("B", "J", "n2", "s1", "p1 2")
    return pen


WRONG = World(cables={"p1 1": "node/n3", "p1 2": "node/n4"}, serves=("node/n3", "node/n4"))


def test_a_wrong_cable_of_a_unit_that_is_known_to_have_one_breaks_8() -> None:
    assert broken(miswired(2 * HOUR), truth=WRONG) == {8}


def test_the_first_one_nobody_can_foresee(pen: Pen) -> None:
    assert broken(pen, truth=WRONG) == set()


def test_what_is_cut_soon_after_it_nobody_can_either() -> None:
    assert broken(miswired(MINUTE), truth=WRONG) == set()


def test_after_a_person_looked_it_is_their_word(pen: Pen) -> None:
    more = {"issue": "M", "type": "mapping_suspect"}
    pen.write("issue opened", "pcu/p1", **more)
    pen.wait(2 * HOUR)
    pen.write("issue closed", "pcu/p1", actor="ops", cause="closed by a person", **more)
    pen.repair("B", "J", "n2", "s1", "p1 2")

    assert broken(pen, truth=WRONG) == set()


def test_what_stays_dark_by_our_hand_for_good_breaks_22(pen: Pen) -> None:
    dark = World(off={"p1 1": OURS})
    auditor = Auditor(truth=dark)
    for row in pen.rows[: pen.find("command off answered") + 1]:
        auditor.take(row)

    assert [v.invariant for v in auditor.rest(pen.now + DAY)] == [22]
