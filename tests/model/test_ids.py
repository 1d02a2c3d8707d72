"""Ids: equal for equal arguments, and in the order of time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.model.ids import ALPHABET, EPOCH, make_id

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
TIMES = st.integers(0, 2**47)  # milliseconds; a datetime ends before the 48 bits do
PARTS = st.lists(st.text() | st.integers(), max_size=4)


def read_time(text: str) -> int:
    """The milliseconds in the first ten digits, read as any other reader of ULIDs would."""
    number = 0
    for digit in text[:10]:
        number = 32 * number + ALPHABET.index(digit)
    return number


@given(TIMES, PARTS)
def test_it_is_a_ulid_of_its_time(milliseconds: int, parts: list[str | int]) -> None:
    text = make_id(EPOCH + milliseconds * MILLISECOND, *parts)

    assert len(text) == 26
    assert set(text) <= set(ALPHABET)
    assert read_time(text) == milliseconds


@given(TIMES, st.integers(1, 10**9), PARTS, PARTS)
def test_ids_sort_by_time(
    milliseconds: int, more: int, parts: list[str | int], others: list[str | int]
) -> None:
    earlier = EPOCH + milliseconds * MILLISECOND

    assert make_id(earlier, *parts) < make_id(earlier + more * MILLISECOND, *others)


def test_the_same_again_has_the_same_id() -> None:
    assert make_id(AT, "node/a", 1) == make_id(AT, "node/a", 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("node/a",), ("node/b",), id="another word"),
        pytest.param(("node/a", 1), ("node/a", 2), id="another number"),
        pytest.param(("a", "b"), ("b", "a"), id="another order"),
        pytest.param(("ab", "c"), ("a", "bc"), id="words that touch"),
        pytest.param(("ab",), ("a", "b"), id="one word or two"),
        pytest.param(("a",), ("a", ""), id="an empty word more"),
    ],
)
def test_what_it_names_tells_ids_apart(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    assert make_id(AT, *one) != make_id(AT, *other)


def test_a_zone_is_only_a_way_to_write_a_time() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=-7)))

    assert make_id(elsewhere, "node/a") == make_id(AT, "node/a")


def test_an_id_of_today_looks_as_it_always_did() -> None:
    """Ids are in databases: another recipe would make the same event a second one."""
    assert make_id(AT, "node/a", 1) == "01KJMMA2G0TC2FEMKGCEYG9YHV"
