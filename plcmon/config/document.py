"""Documents: TOML files that remember on which line each key stands."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from plcmon.config.problems import Problem

KeyPath = tuple[str | int, ...]
MOST_BYTES = 64 * 1024 * 1024  # an inventory of 10,000 nodes takes about 4 MB


class Document:
    """One TOML file as read: its data, and the line of each key."""

    def __init__(self, file: str, text: str, data: dict[str, Any]) -> None:
        self.file = file
        self.text = text
        self.data = data

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """Key path -> line, from 1. Made only when somebody asks: most files have no mistake."""
        return _index(self.text)

    def line_of(self, path: KeyPath) -> int | None:
        """The line of the key, or of the nearest table around it."""
        for length in range(len(path), 0, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return None

    def has(self, path: KeyPath) -> bool:
        """Whether the file itself says something at `path`."""
        here: Any = self.data
        for part in path:
            if not isinstance(here, dict) or part not in here:
                return False
            here = here[part]
        return True

    def problem(self, path: KeyPath, found: str, allowed: str = "") -> Problem:
        return Problem(self.file, dotted(path), found, allowed, self.line_of(path))


def dotted(path: KeyPath) -> str:
    """Key path as people write it: `nodes.n01.power[0].outlets`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = part.replace("_", "").replace("-", "").isalnum()
            text += f".{part}" if bare else f'."{part}"'
    return text.removeprefix(".")


def read_document(path: Path) -> tuple[Document, list[Problem]]:
    """Read one file; what cannot be read or parsed is an empty document and a problem."""
    empty = Document(str(path), "", {})
    try:
        raw = path.read_bytes()
    except OSError as error:
        return empty, [Problem(str(path), "", f"cannot be read: {error.strerror or error}")]
    if len(raw) > MOST_BYTES:
        return empty, [Problem(str(path), "", f"{len(raw)} bytes", f"at most {MOST_BYTES}")]
    try:
        text = raw.decode()
        return Document(str(path), text, tomllib.loads(text)), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return empty, [Problem(str(path), "", "not UTF-8", line=line)]
    except tomllib.TOMLDecodeError as error:
        return empty, [Problem(str(path), "", f"not TOML: {error}", line=_line_in(str(error)))]


def _line_in(message: str) -> int | None:
    """tomllib ends its messages with `(at line 3, column 5)` or `(at end of document)`."""
    _, _, rest = message.rpartition("(at line ")
    number = rest.partition(",")[0]
    return int(number) if number.isdigit() else None


def _index(text: str) -> dict[KeyPath, int]:
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    arrays: Counter[KeyPath] = Counter()
    for number, chunk in _statements(text):
        data = tomllib.loads(chunk)
        if not chunk.lstrip().startswith("["):
            _place(data, table, number, found)
            continue
        table, is_array = _header(data)
        if is_array:
            place = table
            found.setdefault(place, number)
            table = (*place, arrays[place])
            arrays[place] += 1
        for length in range(1, len(table) + 1):
            found.setdefault(table[:length], number)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each assignment with its first line; values may span several lines."""
    waiting: list[str] = []
    began = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not waiting:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            began = number
        waiting.append(line)
        chunk = "\n".join(waiting)
        try:
            tomllib.loads(chunk)
        except tomllib.TOMLDecodeError:
            continue
        waiting = []
        yield began, chunk


def _header(data: dict[str, Any]) -> tuple[KeyPath, bool]:
    path: list[str | int] = []
    here: Any = data
    while isinstance(here, dict) and here:
        key, here = next(iter(here.items()))
        path.append(key)
    return tuple(path), isinstance(here, list)


def _place(data: Any, path: KeyPath, line: int, found: dict[KeyPath, int]) -> None:
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        here = (*path, key)
        found.setdefault(here, line)
        if isinstance(value, dict | list):
            _place(value, here, line, found)
