"""What a verb says is read strictly."""

import pytest

from plcmon.model.events import Verb
from plcmon.policy.draft import Draft
from plcmon.policy.fold.asking import Declined, time_in, until_of
from tests.policy.clerk import HOUR, OPS, START, Clerk


def verb(**arguments: str) -> Verb:
    return Verb(OPS, "pause", "because", arguments)


def test_a_time_without_a_zone_is_utc() -> None:
    assert time_in(verb(until="2026-03-02T12:00:00"), "until") == START


def test_what_is_no_time_is_declined() -> None:
    with pytest.raises(Declined, match="is not a time"):
        time_in(verb(until="soon"), "until")


def test_an_end_is_required_and_lies_ahead() -> None:
    draft = Draft(Clerk().state, Clerk().policy, START)

    with pytest.raises(Declined, match="an end is required"):
        until_of(draft, verb())
    with pytest.raises(Declined, match="lies before its start"):
        until_of(draft, verb(until=START.isoformat()))
    assert until_of(draft, verb(until=(START + HOUR).isoformat())) == START + HOUR
