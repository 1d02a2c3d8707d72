"""Fetching from a real web server on loopback."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from plcmon.config.sources import Source
from plcmon.sources.web import NotHeardError, fetch

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """A server that answers everything so; yields its URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def source(url: str, **more: Any) -> Source:
    return Source(**{"kind": "json", "url": url, **more})


async def test_the_whole_body_is_fetched() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 100_000)

    async with serving(answer) as url:
        assert await fetch(source(url), "") == b"x" * 100_000


async def test_prometheus_is_asked_its_query() -> None:
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, request.query["query"]))
        return web.Response()

    async with serving(answer) as url:
        await fetch(source(url + "/p/", kind="prometheus", query='up{job="a b"}'), "")

    assert asked == [("/p/api/v1/query", 'up{job="a b"}')]


@pytest.mark.parametrize(("user", "header"), [("", "Bearer s3cret"), ("me", "Basic bWU6czNjcmV0")])
async def test_a_secret_goes_in_a_header(user: str, header: str) -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        assert "s3cret" not in str(request.url)
        return web.Response()

    async with serving(answer) as url:
        await fetch(source(url, user=user, credential="c"), "s3cret")
        await fetch(source(url), "")

    assert seen == [header, ""]


async def test_a_redirect_is_not_followed_and_another_status_is_no_answer() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/there":
            return web.Response(body=b"[]")
        return web.Response(status=302, headers={"Location": "/there"})

    async with serving(answer) as url:
        with pytest.raises(NotHeardError, match="it answered 302"):
            await fetch(source(url), "")


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_beyond_the_cap_is_refused_also_packed(packed: bool) -> None:
    async def answer(_: web.Request) -> web.Response:
        body, headers = b"0" * 1_000_000, {}
        if packed:
            body, headers = gzip.compress(body), {"Content-Encoding": "gzip"}
        return web.Response(body=body, headers=headers)

    async with serving(answer) as url:
        with pytest.raises(NotHeardError, match="longer than 5000 bytes"):
            await fetch(source(url, most_bytes=5000), "")


async def test_nobody_there_is_no_answer_and_the_address_is_not_said() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    async with serving(answer) as url:
        pass
    with pytest.raises(NotHeardError) as caught:
        await fetch(source(url + "/T0KEN"), "")

    assert "T0KEN" not in str(caught.value)
    assert "no answer" in str(caught.value)


async def test_a_server_that_hangs_is_left_by_the_callers_deadline() -> None:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with serving(answer) as url:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await fetch(source(url), "")
