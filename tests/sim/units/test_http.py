"""A unit behind HTTP: what is wrong with it comes before what it says."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from plcmon.sim.units.http import HttpUnit, hang_up
from tests.drivers.rigs import relays


class Echo(HttpUnit):
    """Says where it was asked; is gone at /gone."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return hang_up(request) if request.path == "/gone" else web.Response(text=request.path)


async def status(unit: HttpUnit, path: str = "/") -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://{unit.host}:{unit.port}{path}") as response,
    ):
        return response.status, await response.text()


async def test_its_family_answers_every_path() -> None:
    async with Echo(relays(), password="pw", transport="http") as unit:
        assert await status(unit, "/a/b") == (200, "/a/b")
        assert unit.fingerprint == ""


async def test_a_busy_unit_says_so_whoever_asks() -> None:
    async with Echo(relays(), password="pw", transport="http") as unit:
        unit.faults.busy = True

        assert (await status(unit))[0] == 503


async def test_it_can_cut_the_link() -> None:
    async with Echo(relays(), password="pw", transport="http") as unit:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await status(unit, "/gone")


async def test_with_tls_it_has_a_certificate_to_pin() -> None:
    async with Echo(relays(), password="pw") as unit:
        pinned = aiohttp.Fingerprint(bytes.fromhex(unit.fingerprint))
        async with aiohttp.ClientSession() as session, asyncio.timeout(10):
            url = f"https://{unit.host}:{unit.port}/x"
            async with session.get(url, ssl=pinned) as response:
                assert await response.text() == "/x"
