"""Verbs taken apart, and facts read strictly."""

from datetime import UTC, datetime

import pytest

from plcmon.auditor.reading import (
    Word,
    number_in,
    outlets_in,
    pcu_of_outlet,
    seconds_in,
    time_in,
    word_of,
)
from plcmon.model.events import AuditRow

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def row(**facts: str) -> AuditRow:
    return AuditRow(AT, "engine", "node/a", "held", "x", gates=facts)


@pytest.mark.parametrize(
    ("verb", "word"),
    [
        ("power-cycle sent", Word("intent", "power-cycle", "sent")),
        ("power-cycle verdict", Word("verdict", "power-cycle")),
        ("notify planned", Word("intent", "notify", "planned")),
        ("command off", Word("command", "off")),
        ("command off answered", Word("answer", "off")),
        ("penalty 2", Word("claim", "penalty", "2")),
        ("power-cycle", Word("power-cycle")),
        ("power-cycle declined", Word("power-cycle declined")),
        ("issue opened", Word("issue opened")),
        ("alert failed", Word("alert failed")),
        ("alert delivered", Word("alert delivered")),
    ],
)
def test_a_verb_says_what_its_row_is_about(verb: str, word: Word) -> None:
    assert word_of(verb) == word


def test_outlets_stand_in_their_order() -> None:
    found = outlets_in(
        row(**{"outlet 1": "p1 A 3", "site": "s", "outlet 2": "p2 7", "outlet": "-"})
    )

    assert found == ("p1 A 3", "p2 7")
    assert pcu_of_outlet(found[0]) == "p1"


def test_a_time_without_a_zone_is_utc() -> None:
    assert time_in(row(until="2026-03-01T12:00:00"), "until") == AT
    assert time_in(row(until="2026-03-01T13:00:00+01:00"), "until") == AT
    assert time_in(row(), "until") is None


def test_what_is_no_number_is_refused() -> None:
    assert (number_in(row(order="10"), "order"), seconds_in(row(after="1.5"), "after")) == (10, 1.5)
    with pytest.raises(ValueError, match="soon"):
        time_in(row(until="soon"), "until")
    with pytest.raises(ValueError, match="ten"):
        number_in(row(order="ten"), "order")
