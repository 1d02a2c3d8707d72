"""An answer as rows: read strictly, and nothing of it is guessed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plcmon.config.sources import Source
from plcmon.sources.samples import Sample, instant, meaning, samples_in
from plcmon.sources.web import NotHeardError
from tests.fakes.clock import NOON

JSON = Source(kind="json", url="https://x", rows="data.nodes", node="name", value="state", at="t")
CSV = Source(kind="csv", url="https://x", node="name", value="age", up_within=timedelta(minutes=5))
PROM = Source(kind="prometheus", url="https://x", query="up", node="instance")


def vector(*rows: Any, kind: str = "vector") -> bytes:
    found = {"status": "success", "data": {"resultType": kind, "result": rows}}
    return json.dumps(found).encode()


def test_a_vector_has_one_sample_for_each_node_with_its_own_time() -> None:
    row = {"metric": {"instance": "n1:9100"}, "value": [1767225600.5, "1"]}

    found = samples_in(PROM, vector(row, {"metric": {}, "value": "?"}, 7))

    assert found == [Sample("n1:9100", "1", "1767225600.5"), Sample("", ""), Sample("", "")]


def test_json_rows_are_found_by_their_path() -> None:
    rows = [{"name": "n1", "state": True, "t": 5}, {"name": ["n1"], "state": None}, "n2"]

    found = samples_in(JSON, json.dumps({"data": {"nodes": rows}}).encode())

    assert found == [Sample("n1", "true", "5"), Sample("", ""), Sample("", "")]


def test_a_table_has_named_columns() -> None:
    found = samples_in(CSV, b"\xef\xbb\xbfname,age,more\nn1,12,x\n")

    assert found == [Sample("n1", "12")]


@pytest.mark.parametrize(
    ("source", "body", "why"),
    [
        (JSON, b"{", "no json"),
        (JSON, b"[" * 100_000, "no json"),
        (JSON, b'{"data": {"nodes": {}}}', "no list at data.nodes"),
        (JSON, b"[]", "no list"),
        (CSV, b"\xff\xfe", "no csv"),
        (CSV, b'name,age\n"n1', "no csv"),
        (CSV, b"name,state\n", "no column 'age'"),
        (PROM, b'{"status": "error"}', "no successful query"),
        (PROM, vector(kind="matrix"), "no instant vector"),
    ],
)
def test_what_is_not_of_its_kind_is_no_answer(source: Source, body: bytes, why: str) -> None:
    with pytest.raises(NotHeardError, match=why):
        samples_in(source, body)


@pytest.mark.parametrize(
    ("value", "up"),
    [("1", True), ("OK", True), ("0", False), ("2", None), ("", None), ("nan", None)],
)
def test_a_value_says_up_or_down_or_nothing(value: str, up: bool | None) -> None:
    said = meaning(JSON, value, NOON)

    assert (said[0] if said else None) is up


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("40", (True, NOON - timedelta(seconds=40))),
        ("301", (False, NOON)),
        ("1e300", (False, NOON)),
        ("-1", None),
        ("inf", None),
        ("ok", None),
    ],
)
def test_an_age_is_up_as_of_then_or_down(value: str, said: object) -> None:
    assert meaning(CSV, value, NOON) == said


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-03-01T13:00:00+01:00", NOON),
        ("2026-03-01T13:00:00", None),
        ("1e30", None),
        ("noon", None),
    ],
)
def test_a_time_has_its_zone_or_is_none(text: str, at: datetime | None) -> None:
    assert instant(text) == at
