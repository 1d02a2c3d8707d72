"""`fixed` rests on a new boot in our window, or at least on an outlet that was read off."""

import pytest

from tests.auditor.pen import HOUR, Pen, broken


@pytest.fixture
def pen() -> Pen:
    pen = Pen()
    pen.repair()
    return pen


def test_a_new_boot_in_our_window_is_fixed(pen: Pen) -> None:
    assert broken(pen) == set()


def test_a_boot_before_our_command_breaks_13(pen: Pen) -> None:
    before = (pen.rows[0].at - HOUR).isoformat()
    pen.change("power-cycle verdict", gates={"booted_at": before})

    assert broken(pen) == {13}


@pytest.mark.parametrize("fact", ["booted_at", "sent_at"])
def test_without_the_times_it_breaks_13(pen: Pen, fact: str) -> None:
    pen.change("power-cycle verdict", gates={fact: ""})

    assert broken(pen) == {13}


def test_without_a_boot_id_the_outlet_must_have_read_off(pen: Pen) -> None:
    pen.change("power-cycle verdict", gates={"boot id": "", "off seen": "yes"})
    assert broken(pen) == set()

    pen.change("power-cycle verdict", gates={"off seen": ""})

    assert broken(pen) == {13}


def test_a_persons_word_stands(pen: Pen) -> None:
    pen.change("power-cycle verdict", actor="ops", gates={"booted_at": ""})

    assert broken(pen) == set()
