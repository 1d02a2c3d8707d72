"""Samples: a source's answer as rows, each naming a node, its value and its time. Pure."""

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from plcmon.config.sources import Source
from plcmon.sources.web import NotHeardError

LONGEST = 200  # characters of a name or value
MOST_NAMED = 10  # columns of a table that are named


@dataclass(frozen=True, slots=True)
class Sample:
    """One row, as the source wrote it. Empty: it is not there."""

    node: str
    value: str
    at: str = ""


def samples_in(source: Source, body: bytes, form: str = "") -> list[Sample]:
    """The rows of a whole answer, in the form of the source's kind unless another is named.

    Raises NotHeardError when it is not of that form.
    """
    form = form or source.kind
    try:
        if form == "csv":
            return list(_table(source, body.decode("utf-8-sig")))
        found = json.loads(body)
    except (ValueError, csv.Error, RecursionError) as error:
        raise NotHeardError(f"it is no {form}: {_reason(error)}") from None
    if form == "prometheus":
        return [_vector_sample(source, row) for row in _vector(found)]
    return [_row(source, row) for row in _list_at(found, source.rows)]


def _reason(error: Exception) -> str:
    """Where the form broke, without a word of what stands there."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else type(error).__name__


def _table(source: Source, text: str) -> Iterator[Sample]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    columns = reader.fieldnames or ()
    missing = {source.node, source.value, source.at} - {*columns, ""}
    if missing:
        found = ", ".join(_text(name) for name in columns[:MOST_NAMED]) or "none"
        raise NotHeardError(f"its table has no column {min(missing)!r}; it has {found}")
    for row in reader:
        yield _row(source, row)


def _vector(found: Any) -> list[Any]:
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, dict) or found.get("status") != "success":
        raise NotHeardError("it is no successful query")
    if data.get("resultType") != "vector" or not isinstance(data.get("result"), list):
        raise NotHeardError("it is no instant vector: one sample for each node is needed")
    result: list[Any] = data["result"]
    return result


def _vector_sample(source: Source, row: Any) -> Sample:
    labels, pair = (row.get("metric"), row.get("value")) if isinstance(row, dict) else (None, None)
    if not isinstance(labels, dict) or not isinstance(pair, list) or len(pair) != 2:
        return Sample("", "")
    return Sample(_text(labels.get(source.node)), _text(pair[1]), _text(pair[0]))


def _list_at(found: Any, path: str) -> list[Any]:
    for key in path.split(".") if path else ():
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise NotHeardError(f"it has no list at {path}" if path else "it is no list of nodes")
    return found


def _row(source: Source, row: Any) -> Sample:
    if not isinstance(row, dict):
        return Sample("", "")
    at = _text(row.get(source.at)) if source.at else ""
    return Sample(_text(row.get(source.node)), _text(row.get(source.value)), at)


def _text(value: Any) -> str:
    """A word or a number as text; anything else is not there."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value).strip()[:LONGEST] if isinstance(value, str | int) else ""


def meaning(source: Source, value: str, asked_at: datetime) -> tuple[bool, datetime] | None:
    """Up or down, and as of when; None for a value that says neither."""
    word = value.casefold()
    if not source.up_within:
        up, down = ({w.casefold() for w in words} for words in (source.up, source.down))
        return (word in up, asked_at) if word in up | down else None
    age = number(word)
    if age is None or age < 0:
        return None
    if age > source.up_within.total_seconds():
        return False, asked_at
    return True, asked_at - timedelta(seconds=age)


def number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def instant(text: str) -> datetime | None:
    """Unix seconds, or ISO 8601 with its zone; None for anything else."""
    seconds = number(text)
    try:
        if seconds is not None:
            return datetime.fromtimestamp(seconds, UTC)
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None
