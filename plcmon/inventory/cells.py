"""Cells: rows of a table of text as the records of a TOML file would say the same."""

from collections.abc import Callable, Mapping
from typing import Any

from plcmon.config.document import Document
from plcmon.config.problems import Problem, one_of

BETWEEN = ";"  # several words in one cell
TOGETHER = "+"  # outlets that are cut together
ROLES = ("tech", "pi", "user")


def words(cell: Any) -> list[str]:
    return [word.strip() for word in str(cell).split(BETWEEN) if word.strip()]


def paths(cell: Any) -> list[dict[str, Any]]:
    """`apc1:3` is one outlet, `apc1:3+apc2:3` two supplies, `;` stands between other ways."""
    return [
        {"outlets": [outlet.strip() for outlet in path.split(TOGETHER)]} for path in words(cell)
    ]


def contacts(roles: Any) -> Any:
    """Columns `contacts.tech`, `contacts.pi`, `contacts.user` hold addresses."""
    if not isinstance(roles, dict) or not roles.keys() <= set(ROLES):
        return roles
    people: dict[str, list[str]] = {}
    for role, cell in roles.items():
        for email in words(cell):
            people.setdefault(email, []).append(role)
    return [{"email": email, "roles": found} for email, found in people.items()]


READ: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "nodes": {"addresses": words, "ports": words, "http": words, "groups": words, "power": paths},
    "pcus": {"transports": words, "quirks": words},
    "sites": {"witnesses": words, "contacts": contacts},
}
"""Tables that may be rows, and how the cells are read that hold more than one word."""


def as_records(document: Document) -> tuple[Document, list[Problem]]:
    """A document of rows with its cells read; any other as it is."""
    if document.rows is None or not document.data:
        return document, []
    ((table, rows),) = document.data.items()
    if table not in READ:
        found = f'the first column is "{table}"'
        return Document(document.file, "", {}, {}), [
            Problem(document.file, "", found, one_of(table, list(READ)), line=1)
        ]
    records = {name: read(row, READ[table]) for name, row in rows.items()}
    return Document(document.file, document.text, {table: records}, document.rows), []


def read(row: Mapping[str, Any], cells: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    found = {name: cells[name](cell) if name in cells else cell for name, cell in row.items()}
    proven = found.pop("proven", None)
    if proven is not None and isinstance(found.get("power"), list):
        found["power"] = [{**path, "proven": proven} for path in found["power"]]
    return found
