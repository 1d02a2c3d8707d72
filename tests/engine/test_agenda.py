"""The agenda: only the latest word for each thing counts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plcmon.engine.agenda import Agenda

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_what_is_due_comes_off_earliest_first() -> None:
    agenda = Agenda[str]()
    agenda.set("b", NOON + 2 * SECOND)
    agenda.set("a", NOON + SECOND)
    agenda.set("c", NOON + 3 * SECOND)

    assert agenda.due(NOON + 2 * SECOND) == ["a", "b"]
    assert len(agenda) == 1
    assert agenda.next_at() == NOON + 3 * SECOND


def test_a_later_word_replaces_an_earlier_time() -> None:
    agenda = Agenda[str]()
    agenda.set("a", NOON)
    agenda.set("a", NOON + 5 * SECOND)

    assert agenda.due(NOON) == []
    assert agenda.next_at() == NOON + 5 * SECOND


def test_a_sooner_word_replaces_a_later_time() -> None:
    agenda = Agenda[str]()
    agenda.set("a", NOON + 5 * SECOND)
    agenda.set("a", NOON)

    assert agenda.due(NOON) == ["a"]
    assert agenda.due(NOON + 5 * SECOND) == []


def test_none_takes_it_off() -> None:
    agenda = Agenda[str]()
    agenda.set("a", NOON)
    agenda.set("a", None)
    agenda.set("never there", None)

    assert agenda.next_at() is None
    assert len(agenda) == 0


def test_a_time_that_is_set_back_and_forth_is_due_once() -> None:
    agenda = Agenda[str]()
    for at in (NOON, NOON + SECOND, NOON):
        agenda.set("a", at)

    assert agenda.due(NOON + SECOND) == ["a"]
    assert agenda.due(NOON + SECOND) == []


def test_no_more_come_off_than_are_wanted_and_the_rest_stays_due() -> None:
    agenda = Agenda[int]()
    for number in range(5):
        agenda.set(number, NOON)

    assert agenda.due(NOON, most=2) == [0, 1]
    assert agenda.next_at() == NOON
    assert agenda.due(NOON) == [2, 3, 4]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9))))
def test_it_is_a_mapping_from_things_to_times(words: list[tuple[str, int | None]]) -> None:
    agenda, plain = Agenda[str](), dict[str, datetime]()
    for thing, seconds in words:
        at = None if seconds is None else NOON + seconds * SECOND
        agenda.set(thing, at)
        plain.pop(thing, None) if at is None else plain.update({thing: at})

    assert agenda.next_at() == min(plain.values(), default=None)
    assert sorted(agenda.due(NOON + 9 * SECOND)) == sorted(plain)
