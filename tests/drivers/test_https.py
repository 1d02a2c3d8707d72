"""HTTPS: whose certificate is believed, what an answer may be, what a lost link means."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from plcmon.drivers import https
from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.situations import NotListeningError
from plcmon.errors import BusyError, DialogueError, UnreachableError
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.sim.units import Certificate
from tests.drivers.wires import served

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
CERTIFICATE = Certificate.make("127.0.0.1")
PCU = Pcu(
    PcuKey("toml:ilo"),
    SiteKey("s"),
    "ilo-1",
    "127.0.0.1",
    "ilo",
    fingerprint=CERTIFICATE.fingerprint,
)


@asynccontextmanager
async def serving(answer: Answer, *, tls: bool = True) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_route("*", "/ribcl", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        context = await asyncio.to_thread(CERTIFICATE.context) if tls else None
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def call_to(port: int, pcu: Pcu = PCU) -> Call:
    return Call(pcu, Transport("https", port), RememberedKeys(), lambda _: None)


async def ask(call: Call) -> str:
    call.point.passed = True
    async with https.connect(call) as browser:
        return await browser.post("/ribcl", "<x/>", doing="asking")


async def test_another_devices_banner_is_not_understood() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ftp ready\r\n")
        await reader.read(4096)
        writer.close()

    async with served(greet) as port:
        call = replace(call_to(port), transport=Transport("http", port))
        async with https.connect(call) as browser:
            with pytest.raises(DialogueError, match="not HTTP"):
                await browser.send("GET", "/", doing="asking")


async def polite(request: web.Request) -> web.StreamResponse:
    return web.Response(text="yes " + await request.text())


async def test_a_pinned_certificate_is_believed() -> None:
    async with serving(polite) as port:
        assert await ask(call_to(port)) == "yes <x/>"


def with_colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, 64, 2))


@pytest.mark.parametrize("form", [str.upper, with_colons])
async def test_a_fingerprint_may_be_written_as_people_do(form: Callable[[str], str]) -> None:
    pcu = replace(PCU, fingerprint=form(CERTIFICATE.fingerprint))
    async with serving(polite) as port:
        assert await ask(call_to(port, pcu)) == "yes <x/>"


@pytest.mark.parametrize("fingerprint", ["00" * 32, ""])
async def test_another_certificate_gets_no_request(fingerprint: str) -> None:
    asked: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response()

    async with serving(note) as port:
        call = call_to(port, replace(PCU, fingerprint=fingerprint))
        with pytest.raises(DialogueError, match="certificate"):
            await ask(call)

    assert not asked
    assert not call.point.passed


async def test_verification_can_be_switched_off_by_the_record() -> None:
    async with serving(polite) as port:
        assert await ask(call_to(port, replace(PCU, fingerprint="", verify=False))) == "yes <x/>"


async def test_a_megabyte_is_too_much() -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        return web.Response(text="x" * 1024 * 1024)

    async with serving(flood) as port:
        with pytest.raises(DialogueError, match="more than 64 KiB"):
            await ask(call_to(port))


async def test_a_redirect_is_not_followed() -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("https://127.0.0.1:1/")

    async with serving(elsewhere) as port:
        with pytest.raises(DialogueError, match="302"):
            await ask(call_to(port))


async def test_503_is_busy() -> None:
    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    async with serving(busy) as port:
        with pytest.raises(BusyError):
            await ask(call_to(port))


async def test_a_request_that_never_left_is_taken_back() -> None:
    async with serving(polite) as port:
        pass
    call = call_to(port)

    with pytest.raises(NotListeningError):
        await ask(call)
    assert not call.point.passed


async def test_a_link_lost_after_the_request_stays_committed() -> None:
    async def leave(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(leave) as port:
        call = call_to(port)
        with pytest.raises(UnreachableError):
            await ask(call)

    assert call.point.passed


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
async def test_no_request_is_sent_again_by_itself(method: str) -> None:
    asked: list[str] = []

    async def leave(request: web.Request) -> web.StreamResponse:
        asked.append(request.method)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(leave) as port, https.connect(call_to(port)) as browser:
        with pytest.raises(UnreachableError):
            await browser.send(method, "/ribcl", doing="asking")

    assert asked == [method]


async def test_an_answer_brings_its_status_and_headers() -> None:
    async def teapot(request: web.Request) -> web.StreamResponse:
        return web.Response(status=418, text=request.headers["X-Asked"], headers={"X-Said": "b"})

    async with serving(teapot) as port, https.connect(call_to(port)) as browser:
        answer = await browser.send("GET", "/ribcl", doing="asking", headers={"X-Asked": "a"})

    assert (answer.status, answer.text, answer.headers["x-said"]) == (418, "a", "b")


async def test_a_path_goes_out_as_it_is() -> None:
    paths: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        paths.append(request.raw_path)
        return web.Response()

    async with serving(note) as port, https.connect(call_to(port)) as browser:
        await browser.send("GET", "/ribcl?cmnd=Power%20Off&a=%2F", doing="asking")

    assert paths == ["/ribcl?cmnd=Power%20Off&a=%2F"]


async def test_plain_http_is_spoken_where_the_transport_says_so() -> None:
    async with serving(polite, tls=False) as port:
        call = Call(PCU, Transport("http", port), RememberedKeys(), lambda _: None)

        assert await ask(call) == "yes <x/>"
