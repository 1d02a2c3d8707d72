"""Rows and model objects: the one place where they become each other.

A body is the whole object as JSON, so that a field which is added with a default needs no
migration. A body that cannot be read back is a StoreError, never a guess.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from plcmon.errors import StoreError
from plcmon.model.beliefs import FleetBelief, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.decisions import Hold
from plcmon.model.events import Body, Freeze, Tick, Window
from plcmon.model.intents import Command, Intent, Mail, OutboxRow
from plcmon.model.issues import Issue
from plcmon.model.readings import Reading
from plcmon.model.subjects import Inventory

T = TypeVar("T")
U = TypeVar("U")

SLICE = 200  # conversions in one turn of the loop: a few milliseconds

ISSUE = TypeAdapter(Issue)
INTENT = TypeAdapter(Intent)
COMMAND = TypeAdapter(Command)
OUTBOX = TypeAdapter(OutboxRow)
MAIL = TypeAdapter(Mail)
WINDOW = TypeAdapter(Window)
FREEZE = TypeAdapter(Freeze)
HOLD = TypeAdapter(Hold)
INVENTORY = TypeAdapter(Inventory)
READING = TypeAdapter(Reading)

BELIEFS: dict[str, TypeAdapter[Any]] = {
    "node": TypeAdapter(NodeBelief),
    "pcu": TypeAdapter(PcuBelief),
    "site": TypeAdapter(SiteBelief),
    "fleet": TypeAdapter(FleetBelief),
}
BELIEF_KINDS = {NodeBelief: "node", PcuBelief: "pcu", SiteBelief: "site", FleetBelief: "fleet"}

BODIES: dict[str, TypeAdapter[Any]] = {
    body.__name__: TypeAdapter(body) for body in get_args(Body) if body is not Tick
}


def encode(adapter: TypeAdapter[T], value: T) -> str:
    """The object as JSON text. What UTF-8 cannot say becomes a question mark."""
    try:
        return adapter.dump_json(value).decode()
    except PydanticSerializationError:
        # Lone surrogates come from bytes that somebody decoded carelessly. One of them in a
        # device's answer must not stop the service.
        text = json.dumps(adapter.dump_python(value, mode="json"), ensure_ascii=False)
        return clean(text)


def decode(adapter: TypeAdapter[T], body: str, what: str) -> T:
    """The object again. Raises StoreError that names `what` when the text does not fit."""
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        why = f"{where}: {first['msg']}" if where else first["msg"]
        raise StoreError("the database", f"reading {what}", why) from error


def clean(text: str) -> str:
    """The text as far as UTF-8 can say it."""
    return text.encode("utf-8", "replace").decode()


async def converted(items: Sequence[T], convert: Callable[[T], U]) -> list[U]:
    """Convert every item, letting the loop turn in between: thousands would stall it."""
    made: list[U] = []
    for start in range(0, len(items), SLICE):
        if start:
            await asyncio.sleep(0)
        made += [convert(item) for item in items[start : start + SLICE]]
    return made
