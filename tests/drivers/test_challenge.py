"""Credentials: shown when they should be, right in every form, and never more often than once."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from plcmon.drivers import https
from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.challenge import WAYS
from plcmon.drivers.situations import IncompleteError
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport

USER, PASSWORD = "admin", 'p "w\\: ü%'
PAIR = re.compile(r'(\w+)="?((?:\\.|[^",\\])*)"?')


class Porter:
    """A server that asks in one way; keeps the header of every request."""

    def __init__(self, challenge: str) -> None:
        self.challenge = challenge
        self.shown: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "")
        self.shown.append(shown)
        if not self.challenge or self.accepts(shown, request.method, request.raw_path):
            return web.Response(text=await request.text() or "in")
        return web.Response(status=401, headers={"WWW-Authenticate": self.challenge})

    def accepts(self, shown: str, method: str, path: str) -> bool:
        if shown.startswith("Basic "):
            return base64.b64decode(shown[6:]).decode() == f"{USER}:{PASSWORD}"
        if not shown.startswith("Digest "):
            return False
        said = dict(PAIR.findall(shown))
        return said["response"] == proof(said, method, path)


def proof(said: dict[str, str], method: str, path: str) -> str:
    """RFC 7616, 3.4.1, for qop=auth."""
    make = hashlib.sha256 if said["algorithm"] == "SHA-256" else hashlib.md5

    def hashed(*parts: str) -> str:
        return make(":".join(parts).encode()).hexdigest()

    first = hashed(USER, said["realm"], PASSWORD)
    second = hashed(method, path)
    return hashed(first, said["nonce"], said["nc"], said["cnonce"], said["qop"], second)


BASIC = 'Basic realm="power"'
MD5 = 'Digest realm="power", qop="auth", nonce="n1", opaque="o", algorithm=MD5'
SHA = 'Digest qop="auth", realm="shelly1-8C", nonce="62a1", algorithm=SHA-256'


@asynccontextmanager
async def browsing(
    porter: Porter, way: str, password: str = PASSWORD, user: str = USER
) -> AsyncIterator[https.Browser]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", porter.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pcu = Pcu(PcuKey("toml:u"), SiteKey("s"), "u", "127.0.0.1", "http", user=user)
        transport = Transport("http", runner.addresses[0][1])
        call = Call(pcu, transport, RememberedKeys(), lambda _: None, password)
        async with https.connect(call, *WAYS[way](call)) as browser:
            yield browser
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("way", "challenge"),
    [
        ("none", ""),
        ("basic", BASIC),
        ("digest", MD5),
        ("digest", SHA),
        ("asked", ""),
        ("asked", BASIC),
        ("asked", MD5),
        ("asked", SHA),
    ],
)
async def test_a_unit_lets_us_in_as_it_asks(way: str, challenge: str) -> None:
    async with browsing(Porter(challenge), way) as browser:
        answer = await browser.send("POST", "/a?b=%20", "body", doing="asking")

    assert (answer.status, answer.text) == (200, "body")


@pytest.mark.parametrize(
    ("way", "challenge"),
    [("basic", BASIC), ("digest", MD5), ("asked", BASIC), ("asked", SHA)],
)
async def test_a_wrong_password_is_shown_once(way: str, challenge: str) -> None:
    porter = Porter(challenge)
    async with browsing(porter, way, password="guess") as browser:
        answer = await browser.send("GET", "/", doing="asking")

    assert answer.status == 401
    assert len(list(filter(None, porter.shown))) == 1


@pytest.mark.parametrize("challenge", [BASIC, MD5, SHA])
async def test_who_has_asked_once_is_not_waited_for_again(challenge: str) -> None:
    porter = Porter(challenge)
    async with browsing(porter, "asked") as browser:
        await browser.send("GET", "/", doing="asking")
        porter.shown.clear()
        assert (await browser.send("GET", "/next", doing="asking")).status == 200

    assert len(porter.shown) == 1


async def test_nothing_is_shown_to_who_does_not_ask() -> None:
    porter = Porter("")
    async with browsing(porter, "asked") as browser:
        await browser.send("GET", "/", doing="asking")

    assert porter.shown == [""]


async def test_a_nonce_of_one_use_is_asked_for_again() -> None:
    class Forgetful(Porter):
        def accepts(self, shown: str, method: str, path: str) -> bool:
            return "nc=00000001" in shown and super().accepts(shown, method, path)

        async def answer(self, request: web.Request) -> web.StreamResponse:
            self.challenge = MD5.replace("n1", f"n{len(self.shown)}")
            return await super().answer(request)

    async with browsing(Forgetful(MD5), "digest") as browser:
        await browser.send("GET", "/", doing="asking")
        assert (await browser.send("PUT", "/", "on", doing="asking")).status == 200


async def test_a_name_that_digest_cannot_carry_is_told() -> None:
    with pytest.raises(IncompleteError, match="colon"):
        async with browsing(Porter(MD5), "digest", user="a:b"):
            pass
