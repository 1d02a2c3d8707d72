"""The client: what a face in another process sees when the service goes and comes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web

from plcmon.api.server import Health, serve_api
from plcmon.client import Client
from plcmon.errors import DeskError
from plcmon.model.events import Noticed
from plcmon.model.subjects import fleet_subject
from plcmon.operations.views import EventView
from tests.fakes.book import FixedClock, House, house_with_a_story

SHORT = timedelta(milliseconds=100)


def serving(house: House, socket: Path) -> AbstractAsyncContextManager[None]:
    return serve_api(
        house.desk,
        socket=socket,
        roles={},
        health=lambda: Health(ok=True),
        heartbeat=timedelta(milliseconds=50),
    )


@asynccontextmanager
async def answering(socket: Path, handler: Callable[[web.Request], Any]) -> AsyncIterator[None]:
    """A server on the socket that is not ours."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def test_no_service_is_one_clear_sentence(tmp_path: Path) -> None:
    socket = tmp_path / "none.sock"
    async with Client(socket) as desk:
        with pytest.raises(DeskError) as caught:
            await desk.summary()

    assert str(caught.value) == (
        f"{socket}: asking for summary: no service listens there; is it running?"
    )


async def test_a_stale_socket_is_no_service(tmp_path: Path) -> None:
    socket = tmp_path / "api.sock"
    async with serving(House(), socket):
        socket.rename(tmp_path / "kept.sock")
    async with Client(tmp_path / "kept.sock") as desk:
        with pytest.raises(DeskError, match="no service listens there"):
            await desk.do("freeze")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
async def test_a_socket_one_may_not_use_says_so(tmp_path: Path) -> None:
    socket = tmp_path / "api.sock"
    async with serving(House(), socket), Client(socket) as desk:
        await asyncio.to_thread(socket.chmod, 0)

        with pytest.raises(DeskError, match="this user may not use the socket"):
            await desk.summary()


async def test_a_client_that_is_not_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="the client is not open"):
        await Client(tmp_path / "api.sock").summary()


async def test_a_service_that_does_not_answer_ends_at_the_deadline(tmp_path: Path) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError("never")

    socket = tmp_path / "api.sock"
    async with answering(socket, hang), Client(socket, showing=SHORT, doing=SHORT) as desk:
        with pytest.raises(DeskError, match=r"asking for nodes: no answer within 0\.1 s"):
            await desk.nodes()
        with pytest.raises(DeskError, match=r"saying freeze: no answer within 0\.1 s"):
            await desk.do("freeze")


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("<html>oops</html>", 500, "the service answered with status 500"),
        ("[]", 502, "the service answered with status 502"),
        ("not json", 200, "the service speaks another version"),
        ('{"seq": 1}', 200, "the service speaks another version"),
    ],
)
async def test_what_is_no_answer_of_ours_is_an_error_of_ours(
    tmp_path: Path, text: str, status: int, words: str
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=text, status=status)

    socket = tmp_path / "api.sock"
    async with answering(socket, answer), Client(socket) as desk:
        with pytest.raises(DeskError, match=words):
            await desk.summary()


async def test_a_verb_whose_connection_breaks_is_not_said_twice(tmp_path: Path) -> None:
    calls = []

    async def hang_up(request: web.Request) -> web.Response:
        calls.append(request.path)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    socket = tmp_path / "api.sock"
    async with answering(socket, hang_up), Client(socket) as desk:
        with pytest.raises(DeskError, match="the connection broke before the answer"):
            await desk.do("power-cycle", "beta", reason="it hangs")

    assert calls == ["/api/do"]


async def read(events: AsyncIterator[EventView], number: int) -> list[int]:
    async with asyncio.timeout(20):
        return [(await anext(events)).seq for _ in range(number)]


async def test_watching_goes_on_by_number_when_the_service_restarts(tmp_path: Path) -> None:
    socket, house, clock = tmp_path / "api.sock", house_with_a_story(), FixedClock()
    async with (
        Client(socket, clock=clock) as desk,
        aclosing(cast(Any, desk.watch(0))) as events,
    ):
        async with serving(house, socket):
            before = await read(events, 3)
        house.commit(fleet_subject(), Noticed("x", on=True, detail="while it was away"))
        async with serving(house, socket):
            after = await read(events, 1)

    assert before == [1, 2, 3]
    assert after == [4]


async def test_watching_a_service_that_was_never_there_fails_at_once(tmp_path: Path) -> None:
    async with Client(tmp_path / "none.sock") as desk:
        with pytest.raises(DeskError, match="no service listens there"):
            await read(desk.watch(0), 1)


async def test_watching_gives_up_when_the_service_stays_away(tmp_path: Path) -> None:
    socket, clock = tmp_path / "api.sock", FixedClock()
    async with (
        Client(socket, clock=clock) as desk,
        aclosing(cast(Any, desk.watch(0))) as events,
    ):
        async with serving(house_with_a_story(), socket):
            await read(events, 3)
        with pytest.raises(DeskError, match="no service listens there"):
            await read(events, 1)

    assert sum(clock.slept, timedelta()) > timedelta(seconds=60)
    assert max(clock.slept) == timedelta(seconds=5)


async def test_a_service_that_stands_still_is_lost(tmp_path: Path) -> None:
    async def silence(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b": here\n")
        await asyncio.Event().wait()
        return response

    socket, brief = tmp_path / "api.sock", timedelta(milliseconds=50)
    async with (
        answering(socket, silence),
        Client(socket, quiet=brief, patience=timedelta(0)) as desk,
    ):
        with pytest.raises(DeskError, match=r"no sign of life for 0.05 s"):
            await read(desk.watch(0), 1)


async def test_an_event_beyond_all_measure_is_an_error_not_a_flood(tmp_path: Path) -> None:
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"data: " + b"x" * 65536)

    socket = tmp_path / "api.sock"
    async with answering(socket, flood), Client(socket) as desk:
        with pytest.raises(DeskError, match="an event is too long"):
            await read(desk.watch(0), 1)
