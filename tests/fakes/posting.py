"""How the fake desk takes posts: of a webhook called nagios, lists of `node` and `up` alone."""

import csv
import io
import json
from collections.abc import Collection
from typing import Any

from plcmon.errors import DeclinedError, ForbiddenError, MistypedError, NotFoundError
from plcmon.operations.reports import PostedView

DOING = "taking readings"
WORDS = {"1": True, "0": False, "true": True, "false": False}


def take_post(names: Collection[str], role: str, source: str, body: bytes, form: str) -> PostedView:
    if role not in ("operator", "admin"):
        raise ForbiddenError("ops", DOING, "it needs the role operator")
    if form not in ("", "json", "csv"):
        raise MistypedError(source, DOING, "json and csv are taken")
    if source == "prom":
        raise DeclinedError(source, DOING, "it is asked")
    if source != "nagios":
        raise NotFoundError(source, DOING, "there is nagios")
    rows = rows_of(source, body)
    said = {row["node"]: WORDS.get(str(row["up"]).lower()) for row in rows}
    wrong = next((n for n, row in enumerate(rows, 1) if said[row["node"]] is None), 0)
    if wrong:
        raise MistypedError(source, DOING, f"row {wrong}: it says neither up nor down")
    known = {node: up for node, up in said.items() if node in names}
    strange = tuple(node for node in said if node not in names)
    up = sum(bool(word) for word in known.values())
    text = f"{source}: {up} up, {len(known) - up} down"
    return PostedView(source, len(known), up, len(known) - up, len(strange), strange[:5], 0, text)


def rows_of(source: str, body: bytes) -> list[dict[str, Any]]:
    if body[:1] == b"[":
        try:
            found: list[dict[str, Any]] = json.loads(body)
        except ValueError as error:
            raise MistypedError(source, DOING, f"the body: {error}") from error
        return found
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    if not rows or "node" not in rows[0]:
        raise MistypedError(source, DOING, "the body: its table has no column 'node'")
    return rows
