"""The tale: a claim is told as true only after it was seen to be."""

import asyncio

import pytest

from plcmon.sim.demo.tale import Check, Tale


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def tale(lines: list[str]) -> Tale:
    return Tale(lines.append)


def words(lines: list[str]) -> list[str]:
    """What was told, without the seconds."""
    return [line.partition(" s  ")[2] for line in lines]


def finds(*answers: str) -> Check:
    """One answer for each look; the last one stays."""
    left = list(answers)

    async def check() -> str:
        return left.pop(0) if len(left) > 1 else left[0]

    return check


def test_every_line_has_the_seconds_since_the_start(tale: Tale, lines: list[str]) -> None:
    tale.began -= 12.5
    tale.say("now it hangs")

    assert lines == ["  12.5 s  now it hangs"]


def test_a_note_is_indented_line_by_line(tale: Tale, lines: list[str]) -> None:
    tale.note("one\ntwo")

    assert lines == ["          | one", "          | two"]


async def test_a_claim_that_holds_is_told_with_what_was_found(tale: Tale, lines: list[str]) -> None:
    assert await tale.claim("it is fixed", finds("new boot id"), within=5)

    assert words(lines) == ["✓ it is fixed: new boot id"]
    assert tale.failed == []


async def test_a_plain_yes_adds_nothing(tale: Tale, lines: list[str]) -> None:
    await tale.claim("it sees again", finds("yes"), within=5)

    assert words(lines) == ["✓ it sees again"]


async def test_a_claim_is_waited_for(tale: Tale, lines: list[str]) -> None:
    assert await tale.claim("it is fixed", finds("", "at last"), within=5)

    assert words(lines) == ["✓ it is fixed: at last"]


async def test_a_claim_that_does_not_come_true_in_time_is_told_and_kept(
    tale: Tale, lines: list[str]
) -> None:
    assert not await tale.claim("it is fixed", finds(""), within=0.01)

    assert words(lines) == ["✗ it is fixed: not so within 0.01 s"]
    assert tale.failed == ["it is fixed"]


async def test_a_check_that_hangs_is_bounded_by_the_same_time(tale: Tale) -> None:
    async def hang() -> str:
        await asyncio.Event().wait()
        return "never"

    assert not await tale.claim("it answers", hang, within=0.01)


async def test_a_check_that_breaks_ends_the_tale(tale: Tale) -> None:
    async def fall() -> str:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        await tale.claim("it answers", fall, within=5)


@pytest.mark.parametrize(
    ("so", "found", "line"),
    [
        (True, "1 cut", "✓ it was cut once: 1 cut"),
        (True, "", "✓ it was cut once"),
        (False, "2 cut", "✗ it was cut once: 2 cut"),
        (False, "", "✗ it was cut once: not so"),
    ],
)
def test_what_is_over_is_settled_at_once(
    so: bool, found: str, line: str, tale: Tale, lines: list[str]
) -> None:
    tale.settle("it was cut once", so=so, found=found)

    assert words(lines) == [line]
    assert tale.failed == ([] if so else ["it was cut once"])
