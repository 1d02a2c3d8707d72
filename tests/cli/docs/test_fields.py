from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from plcmon.cli.docs.fields import as_json, field_table, views_of
from plcmon.operations import reports, views
from plcmon.operations.views import GateView, IssueView


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (str, "text"),
        (float, "number"),
        (datetime | None, "time or null"),
        (tuple[str, ...], "list: text"),
        (tuple[GateView, ...], "list: [GateView](#gateview)"),
        (IssueView | None, "[IssueView](#issueview) or null"),
        (Mapping[str, int], "object: whole number"),
    ],
)
def test_types_are_said_in_the_words_of_json(annotation: Any, words: str) -> None:
    assert as_json(annotation) == words


def test_a_type_without_words_is_an_error() -> None:
    with pytest.raises(TypeError, match="complex"):
        as_json(complex)


def test_every_field_of_every_view_has_a_meaning() -> None:
    silent = [
        f"{name}.{row.name}"
        for module in (views, reports)
        for name, rows in views_of(module).items()
        for row in rows
        if not row.meaning
    ]

    assert not silent


def test_the_meaning_is_the_comment_beside_the_field() -> None:
    (rows,) = [rows for name, rows in views_of(views).items() if name == "GateView"]

    assert "| `answer` | text | pass, hold, never |" in field_table(rows)
