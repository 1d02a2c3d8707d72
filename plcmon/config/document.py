"""Documents: files of the operator that remember on which line each key stands."""

import csv
import io
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from plcmon.config.problems import Problem

try:
    from tomli import TOMLDecodeError, loads  # the same, compiled: a third of the time
except ImportError:
    from tomllib import TOMLDecodeError, loads  # type: ignore[assignment]  # the same class, twice

BARE = r"[A-Za-z0-9_-]+"
# A key, and a value of one line that holds no keys of its own.
PLAIN = re.compile(rf"""[ \t]*({BARE})[ \t]*=(?![ \t]*(?:\"{{3}}|'{{3}}|[\[{{])).*""")
HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({BARE}(?:\.{BARE})*)[ \t]*\]\]?[ \t]*(?:#.*)?")
KeyPath = tuple[str | int, ...]
MOST_BYTES = 64 * 1024 * 1024  # an inventory of 10,000 nodes takes about 4 MB


class Document:
    """One file as read: its data, and the line of each key."""

    def __init__(
        self, file: str, text: str, data: dict[str, Any], rows: Mapping[KeyPath, int] | None = None
    ) -> None:
        self.file = file
        self.text = text
        self.data = data
        self.rows = rows  # of a table of rows: where each stands; None: the text is TOML

    @cached_property
    def lines(self) -> Mapping[KeyPath, int]:
        """Key path -> line, from 1. Made only when somebody asks: most files have no mistake."""
        return self.rows if self.rows is not None else _index(self.text)

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


class Merged(Document):
    """What two files say of the same things; each mistake is told of the file that has it."""

    def __init__(self, first: Document, other: Document, data: dict[str, Any]) -> None:
        super().__init__(first.file, first.text, data)
        self._first = first
        self._other = other

    def line_of(self, path: KeyPath) -> int | None:
        return self._sayer(path).line_of(path)

    def problem(self, path: KeyPath, found: str, allowed: str = "") -> Problem:
        return self._sayer(path).problem(path, found, allowed)

    def _sayer(self, path: KeyPath) -> Document:
        """Deeper places belong to whoever says their beginning."""
        said = path[:3]
        other = self._other.has(said) and not self._first.has(said)
        return self._other if other else self._first


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
    """Read one file, TOML or by its name CSV.

    What cannot be read or parsed is an empty document and a problem.
    """
    empty = Document(str(path), "", {})
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe is waited for, and some devices never end
            return empty, [Problem(str(path), "", "is no regular file")]
        if found.st_size > MOST_BYTES:
            return empty, [
                Problem(str(path), "", f"{found.st_size} bytes", f"at most {MOST_BYTES}")
            ]
        raw = path.read_bytes()
    except OSError as error:
        return empty, [Problem(str(path), "", f"cannot be read: {error.strerror or error}")]
    try:
        if path.suffix.lower() == ".csv":
            return read_rows(str(path), raw.decode("utf-8-sig"))
        text = raw.decode("utf-8-sig")
        return Document(str(path), text, loads(text)), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return empty, [Problem(str(path), "", "not UTF-8", line=line)]
    except TOMLDecodeError as error:
        return empty, [Problem(str(path), "", f"not TOML: {error}", line=_line_in(str(error)))]


def read_rows(file: str, text: str) -> tuple[Document, list[Problem]]:
    """A table: the first column is named after what its rows are, and holds their ids.

    Every cell stays text; an empty one says nothing. A column `labels.rack` is the key `rack` of
    the table `labels`.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[Problem] = []
    head: list[str] = []
    records: dict[str, dict[str, Any]] = {}
    lines: dict[KeyPath, int] = {}
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not head:
                head = cells
                problems += _headless(file, head, reader.line_num)
                continue
            problem = _odd_row(file, head, cells, records, reader.line_num)
            if problem is not None:
                problems.append(problem)
                continue
            records[cells[0]] = _record(head, cells)
            lines[head[0], cells[0]] = reader.line_num
    except csv.Error as error:
        problems.append(Problem(file, "", f"not CSV: {error}", line=reader.line_num))
    if problems or not head:
        return Document(file, "", {}, {}), problems or [Problem(file, "", "is empty")]
    lines[head[0],] = 1
    return Document(file, text, {head[0]: records}, lines), []


def _headless(file: str, head: list[str], line: int) -> Iterator[Problem]:
    for name, times in Counter(head).items():
        if not name:
            yield Problem(file, "", "a column has no name", line=line)
        elif times > 1:
            yield Problem(file, "", f'{times} columns are named "{name}"', line=line)


def _odd_row(
    file: str, head: list[str], cells: list[str], records: Mapping[str, object], line: int
) -> Problem | None:
    """A shifted column is how an inventory goes wrong: a row has as many cells as the head."""
    if len(cells) != len(head):
        found = f"{len(cells)} cells"
        return Problem(file, "", found, f"the head has {len(head)} columns", line=line)
    if not cells[0]:
        return Problem(file, "", f"no id in the column {head[0]}", line=line)
    if cells[0] in records:
        return Problem(file, dotted((head[0], cells[0])), "stands twice", line=line)
    return None


def _record(head: list[str], cells: list[str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, cell in zip(head[1:], cells[1:], strict=True):
        table, dot, key = name.partition(".")
        if cell and dot:
            record.setdefault(table, {})[key] = cell
        elif cell:
            record[name] = cell
    return record


def _line_in(message: str) -> int | None:
    """tomllib ends its messages with `(at line 3, column 5)` or `(at end of document)`."""
    _, _, rest = message.rpartition("(at line ")
    number = rest.partition(",")[0]
    return int(number) if number.isdigit() else None


def _index(text: str) -> dict[KeyPath, int]:
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    arrays: Counter[KeyPath] = Counter()
    for number, chunk, data in _statements(text):
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


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
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
        data = _keys_of(chunk)
        if data is None:
            continue
        waiting = []
        yield began, chunk, data


def _keys_of(chunk: str) -> dict[str, Any] | None:
    """The keys of a statement; None while it goes on in the next line. The whole text is TOML."""
    if plain := PLAIN.fullmatch(chunk):  # nearly every line: parsing takes twenty times as long
        return {plain[1]: ""}
    if header := HEADER.fullmatch(chunk):
        inner: Any = [{}] if header[1] == "[[" else {}
        for key in reversed(header[2].split(".")):
            inner = {key: inner}
        return dict(inner)
    try:
        return loads(chunk)
    except TOMLDecodeError:
        return None


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
