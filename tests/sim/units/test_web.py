"""A unit of web pages: how it asks, whom it lets in, and for how long."""

import base64

import aiohttp
from aiohttp import web

from plcmon.sim.units.web import WebUnit
from tests.drivers.rigs import relays


class Hello(WebUnit):
    locks_after = 2

    async def page(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="hello")


async def status(unit: WebUnit, password: str = "", user: str = "admin") -> tuple[int, str]:
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"} if password else {}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{unit.host}:{unit.port}/", headers=headers) as response,
    ):
        return response.status, response.headers.get("WWW-Authenticate", "")


async def test_it_asks_before_it_answers() -> None:
    async with Hello(relays(), password="pw", transport="http") as unit:
        assert await status(unit) == (401, 'Basic realm="Power"')
        assert await status(unit, "pw") == (200, "")
        assert [row.verb for row in unit.log.rows] == ["login"]


async def test_it_may_ask_nobody() -> None:
    async with Hello(relays(), password="pw", transport="http", asks="") as unit:
        assert await status(unit) == (200, "")


async def test_digest_takes_no_other_proof() -> None:
    async with Hello(relays(), password="pw", transport="http", asks="MD5") as unit:
        assert (await status(unit, "pw"))[0] == 401


async def test_guessing_locks_it() -> None:
    async with Hello(relays(), password="pw", transport="http") as unit:
        for _ in range(2):
            await status(unit, "guess")

        assert (await status(unit, "pw"))[0] == 401
