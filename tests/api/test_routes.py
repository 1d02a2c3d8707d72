"""Long lists in pieces; posting readings: the form by its type, and a cap of its own."""

from dataclasses import dataclass
from io import BytesIO

import pytest

from plcmon.api.routes import AT_ONCE, in_pieces
from plcmon.config.sources import MOST_POSTED
from plcmon.operations.wire import dump
from tests.api.test_server import Api, api

__all__ = ["api"]  # the fixture


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    numbers: tuple[int, int]


POSTED = b'[{"node": "toml:1", "up": 1}]'


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", POSTED, 200),
        ("application/json; charset=utf-8", POSTED, 200),
        ("text/csv", b"node,up\ntoml:1,1\n", 200),
        ("application/x-www-form-urlencoded", POSTED, 200),
        ("", b"node,up\ntoml:1,1\n", 200),
        ("application/xml", POSTED, 400),
        ("text/csv", POSTED, 400),
        ("application/json", POSTED + b" " * 70_000, 200),
        ("application/json", b" " * (MOST_POSTED + 1), 413),
    ],
)
async def test_readings_are_posted_in_the_form_that_their_type_says(
    api: Api, kind: str, body: bytes, status: int
) -> None:
    headers = {"Content-Type": kind} if kind else {}

    async with api.session.post(
        "http://x/api/readings/nagios", data=BytesIO(body), headers=headers
    ) as answer:
        found = await answer.json()

    assert answer.status == status
    assert found.get("taken", 0) == (status == 200)
    assert len(api.house.inbox.readings) == (status == 200)


async def test_a_form_that_is_not_taken_says_which_are(api: Api) -> None:
    async with api.session.post(
        "http://x/api/readings/nagios", data=b"<a/>", headers={"Content-Type": "application/xml"}
    ) as answer:
        found = await answer.json()

    assert found["why"] == '"application/xml" is not taken; application/json, text/csv are'


@pytest.mark.parametrize("number", [0, 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE])
async def test_a_long_list_is_written_in_pieces_that_make_the_whole(number: int) -> None:
    rows = [Row(f"n{n}]", (n, n)) for n in range(number)]

    assert await in_pieces(list[Row], rows) == dump(list[Row], rows)
