"""Every object that is stored comes back equal, whatever is in its fields."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from plcmon.errors import StoreError
from plcmon.model.beliefs import FleetBelief, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.decisions import Hold
from plcmon.model.events import Actor, Body, Freeze, Refused, Tick, Verb, Window
from plcmon.model.intents import Command, Intent, Mail, OutboxRow
from plcmon.model.issues import Issue
from plcmon.model.readings import Reading
from plcmon.model.subjects import Inventory
from plcmon.store import codec
from plcmon.store.codec import BELIEFS, BODIES, SLICE, clean, converted, decode, encode

STORED: dict[type, TypeAdapter[Any]] = {
    Issue: codec.ISSUE,
    Intent: codec.INTENT,
    Command: codec.COMMAND,
    OutboxRow: codec.OUTBOX,
    Mail: codec.MAIL,
    Window: codec.WINDOW,
    Freeze: codec.FREEZE,
    Hold: codec.HOLD,
    Inventory: codec.INVENTORY,
    Reading: codec.READING,
    NodeBelief: BELIEFS["node"],
    PcuBelief: BELIEFS["pcu"],
    SiteBelief: BELIEFS["site"],
    FleetBelief: BELIEFS["fleet"],
    **{body: BODIES[body.__name__] for body in get_args(Body) if body is not Tick},
}

INSTANTS = st.datetimes(
    datetime(1970, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.just(UTC),
)
SPANS = st.timedeltas(timedelta(0), timedelta(days=20_000))
WORDS: st.SearchStrategy[Any] = st.text(max_size=8)
NUMBERS: st.SearchStrategy[Any] = st.integers(-(2**62), 2**62)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=3,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS,
    int: NUMBERS,
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    datetime: INSTANTS,
    timedelta: SPANS,
    type(None): st.none(),
    Any: JSON,
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type as the model uses types; TypeError for one that JSON could not hold."""
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, NewType):
        return values(hint.__supertype__)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if is_dataclass(hint) or hasattr(hint, "_fields"):
        return st.deferred(lambda: built(hint))  # a type may have a field of its own type
    return containers(get_origin(hint), get_args(hint))


@cache
def built(hint: Any) -> st.SearchStrategy[Any]:
    fields = {name: values(inner) for name, inner in get_type_hints(hint).items()}
    return st.builds(hint, **fields)


def containers(origin: Any, inner: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in (Union, UnionType):
        return st.one_of([values(choice) for choice in inner])
    if origin is frozenset:
        return st.frozensets(values(inner[0]), max_size=3)
    if origin is tuple and inner[-1] is ...:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(values(part) for part in inner))
    if origin is Mapping and is_a_key(inner[0]):
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=2)
    raise TypeError(f"{origin}{inner} cannot be stored as JSON")


def is_a_key(hint: Any) -> bool:
    """JSON has only text for keys; int and words of an Enum come back from it, tuples don't."""
    plain = hint.__supertype__ if isinstance(hint, NewType) else hint
    return isinstance(plain, type) and issubclass(plain, str | int)


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored.__name__)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_comes_back_equal(stored: type, data: st.DataObject) -> None:
    value = data.draw(values(stored))
    adapter = STORED[stored]

    again = decode(adapter, encode(adapter, value), "it")

    assert again == value
    assert type(again) is stored


def test_every_kind_of_event_but_tick_has_a_codec() -> None:
    assert set(BODIES) == {body.__name__ for body in get_args(Body)} - {"Tick"}


def test_instants_come_back_aware() -> None:
    window = decode(
        codec.WINDOW,
        '{"id":"w","subject":["site","a"],"starts_at":"2026-03-01T12:00:00Z",'
        '"ends_at":"2026-03-01T13:00:00Z","actor":"ada","reason":""}',
        "it",
    )

    assert window.starts_at.utcoffset() == timedelta(0)


def test_a_field_that_an_older_row_lacks_takes_its_default() -> None:
    old = json.loads(encode(BODIES["Refused"], Refused("approve", "no")))
    verb = json.loads(encode(BODIES["Verb"], Verb(Actor("ada"), "freeze")))
    del verb["force"]

    assert decode(BODIES["Verb"], json.dumps(verb), "it").force is False
    assert decode(BODIES["Refused"], json.dumps({**old, "gone": 1}), "it").why == "no"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "Invalid JSON"),
        ("{}", "verb: Field required"),
        ('{"verb": 3, "why": ""}', "verb: Input should be a valid string"),
    ],
    ids=["no json", "a field is missing", "a field is something else"],
)
def test_what_does_not_fit_is_one_clear_line(body: str, why: str) -> None:
    with pytest.raises(StoreError) as caught:
        decode(BODIES["Refused"], body, "event 7")

    assert str(caught.value).startswith(f"the database: reading event 7: {why}")
    assert "\n" not in str(caught.value)


def test_lone_surrogates_do_not_stop_the_service() -> None:
    encoded = encode(BODIES["Refused"], Refused("approve", "caf\udce9"))

    assert decode(BODIES["Refused"], encoded, "it") == Refused("approve", "caf?")


def test_nul_and_control_codes_survive() -> None:
    body = Refused("approve", "\x00\x1b[2J\u2028")

    assert decode(BODIES["Refused"], encode(BODIES["Refused"], body), "it") == body


def test_inventory_whose_indexes_were_used_is_stored_without_them() -> None:
    inventory = Inventory()
    assert inventory.nodes_by_site == {}

    assert set(json.loads(encode(codec.INVENTORY, inventory))) == {
        "nodes",
        "sites",
        "pcus",
        "profiles",
        "read_at",
    }


def test_clean_leaves_good_text_alone() -> None:
    assert clean("grüße ✓") == "grüße ✓"


async def test_loop_turns_while_many_are_converted() -> None:
    turns = 0
    async with asyncio.TaskGroup() as group:
        work = group.create_task(converted(range(5 * SLICE), str), name="work")
        while not work.done():
            turns += 1
            await asyncio.sleep(0)

    assert work.result() == [str(number) for number in range(5 * SLICE)]
    assert turns >= 5


async def test_nothing_is_converted_to_nothing() -> None:
    assert await converted([], str) == []
