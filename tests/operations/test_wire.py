"""The JSON of views and errors: what goes out comes back equal."""

from typing import Any

import pytest

from plcmon.config.load import default_policy
from plcmon.errors import (
    DeclinedError,
    DeskError,
    DeviceError,
    NotFoundError,
    OutcomeUnknownError,
    PlcmonError,
    to_json,
)
from plcmon.model.policy import Policy
from plcmon.operations import wire
from plcmon.operations.views import EventView, NodeView, View, WhyView
from plcmon.operations.wire import Order, dump, error_from, load, load_policy
from tests.fakes.book import NOW, house_with_a_story


async def test_views_come_back_equal() -> None:
    desk = house_with_a_story().desk()
    view, why, events = await desk.view(), await desk.why("beta"), await desk.events(0)

    assert load(View, dump(View, view)) == view
    assert load(WhyView, dump(WhyView, why)) == why
    assert load(list[EventView], dump(list[EventView], events)) == events


async def test_times_are_aware_on_the_other_side() -> None:
    rows = await house_with_a_story().desk().nodes("alpha")

    found = load(list[NodeView], dump(list[NodeView], rows))

    assert found[0].seen_at == NOW
    assert found[0].seen_at is not None
    assert found[0].seen_at.tzinfo is not None


@pytest.mark.parametrize("kind", wire.ERRORS.values(), ids=lambda kind: kind.code)
def test_an_error_comes_back_as_what_it_was(kind: type[PlcmonError]) -> None:
    error = kind("apc1", "reading outlet 2", "link lost")

    found = error_from(to_json(error))

    assert type(found) is kind
    assert str(found) == str(error)


def test_every_error_of_the_desk_and_of_devices_is_known() -> None:
    for root in (DeskError, DeviceError):
        for kind in (root, *root.__subclasses__()):
            if kind.__module__ == "plcmon.errors":
                assert wire.ERRORS[kind.code] is kind
    assert wire.ERRORS[OutcomeUnknownError.code] is OutcomeUnknownError


@pytest.mark.parametrize("data", [{}, {"error": "new-kind", "why": "x"}, {"error": ["x"]}])
def test_an_unknown_error_is_a_desk_error(data: dict[str, Any]) -> None:
    assert type(error_from(data)) is DeskError


def test_known_errors_are_not_mistaken_for_their_parents() -> None:
    assert type(error_from(to_json(NotFoundError("a", "b", "c")))) is NotFoundError
    assert type(error_from(to_json(DeclinedError("a", "b", "c")))) is DeclinedError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "Invalid JSON"),
        (b"[]", "object"),
        (b"{}", "verb: Field required"),
        (b'{"verb": 3}', "verb: Input should be a valid string"),
        (b'{"verb": "scan", "foce": true}', "foce"),
        (b'{"verb": "scan", "arguments": [1]}', "arguments"),
    ],
)
def test_an_order_is_read_strictly(text: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load(Order, text)


def test_an_order_has_only_to_name_its_verb() -> None:
    assert load(Order, b'{"verb": "freeze"}') == Order("freeze")


def test_a_posted_policy_comes_back_equal() -> None:
    policy = default_policy()

    assert load_policy(dump(Policy, policy)) == policy


def test_a_policy_that_is_shown_may_have_fields_that_we_do_not_know() -> None:
    assert load(Policy, b'{"tomorrow": 1}') == Policy()
