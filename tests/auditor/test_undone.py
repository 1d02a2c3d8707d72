"""Boot states that an issue set are taken back when it closes."""

import pytest

from tests.auditor.pen import HOUR, MINUTE, Pen, broken

NODE = "node/n1"


def state(pen: Pen, word: str, intent: str = "S", **more: str) -> None:
    facts = {"rung": "disable", "repeat": "1", "argument": "disabled"} if word == "planned" else {}
    pen.write(f"boot-state {word}", NODE, intent=intent, issue="A", **{**facts, **more})


@pytest.fixture
def pen() -> Pen:
    """A boot state is set for an issue, which closes an hour later."""
    pen = Pen()
    pen.open()
    pen.rung(name="disable", effects="boot-state disabled")
    for word in ("planned", "claimed", "sent", "confirmed"):
        state(pen, word)
    pen.wait(HOUR)
    pen.close()
    return pen


def test_what_outlives_its_issue_breaks_12(pen: Pen) -> None:
    assert broken(pen) == {12}


def test_what_is_taken_back_at_once_does_not(pen: Pen) -> None:
    state(pen, "planned", "U", undoes="S", rung="undo", argument="boot")

    assert broken(pen) == set()


def test_what_is_taken_back_later_does(pen: Pen) -> None:
    pen.wait(MINUTE)
    state(pen, "planned", "U", undoes="S", rung="undo", argument="boot")

    assert broken(pen) == {12}


def test_what_failed_was_not_set(pen: Pen) -> None:
    pen.change("boot-state confirmed", verb="boot-state failed")

    assert broken(pen) == set()


def test_what_nobody_knows_how_to_take_back_is_said(pen: Pen) -> None:
    pen.insert("issue closed", "alert", NODE, detail="undo S")

    assert broken(pen) == set()


def opens_another(*, found: bool = False) -> Pen:
    pen = Pen()
    pen.open()
    pen.rung(name="open", effects="open bad_hardware")
    facts = {"type": "bad_hardware", "site": "s1", "opened by": "A"}
    pen.write("issue opened", NODE, issue="B", **facts)
    pen.wait(HOUR)
    if found:
        pen.write("issue found", NODE, issue="B", type="bad_hardware")
    pen.close()
    return pen


def test_an_issue_that_outlives_its_opener_breaks_12() -> None:
    assert broken(opens_another()) == {12}


def test_one_that_closes_with_its_opener_does_not() -> None:
    pen = opens_another()
    pen.write("issue closed", NODE, issue="B", type="bad_hardware", cause="healthy")

    assert broken(pen) == set()


def test_one_that_was_found_by_itself_may_stay() -> None:
    assert broken(opens_another(found=True)) == set()
