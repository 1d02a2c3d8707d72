"""Pages: what a node answers, over real servers on loopback, and that nothing leads elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web

from plcmon.model.readings import PortAnswer, Probe, Reading
from plcmon.model.subjects import Node, NodeKey, Page, SiteKey
from plcmon.probes.http import Said, best_of, probe_http, unconnected
from plcmon.probes.tcp import NoEvidenceError
from plcmon.sim.units.certificate import Certificate
from plcmon.times import SystemClock
from tests.fakes.peers import HOST, mute_port, refusing_port

NAME = "n1.example.org"  # leads nowhere: only the node's own address is asked
ELSEWHERE = "127.0.9.9"
PATIENT, SHORT = timedelta(seconds=10), timedelta(milliseconds=200)


class Site:
    """A small web site that remembers what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[tuple[str, str]] = []

    def page(self, path: str = "/", status: int = 200) -> Page:
        return Page(f"http://{NAME}:{self.port}{path}", status)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append((request.host, request.path_qs))
        if request.path == "/endless":
            return web.Response(body=b"x" * 50_000_000)
        if request.path == "/moved":
            raise web.HTTPFound("/")
        return web.Response(status=int(request.path.strip("/") or 200))


@asynccontextmanager
async def site(*, certificate: Certificate | None = None) -> AsyncIterator[Site]:
    context = None if certificate is None else await asyncio.to_thread(certificate.context)
    there = Site()
    runner = web.ServerRunner(web.Server(there.answer))
    await runner.setup()
    await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
    there.port = runner.addresses[0][1]
    try:
        yield there
    finally:
        await runner.cleanup()


@asynccontextmanager
async def peer(says: bytes) -> AsyncIterator[int]:
    """A port that says something to everybody, and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(says)
        writer.close()

    async with await asyncio.start_server(answer, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]


async def probed(
    *pages: Page, addresses: tuple[str, ...] = (HOST,), deadline: timedelta = PATIENT
) -> Reading:
    node = Node(NodeKey("t:n1"), NAME, SiteKey("s"), addresses, http=pages)
    return await probe_http(node, clock=SystemClock(), deadline=deadline)


async def test_the_expected_status_is_all_well() -> None:
    async with site() as there:
        reading = await probed(there.page())

    assert (reading.probe, reading.port, reading.detail) == (Probe.HTTP, PortAnswer.OPEN, "")
    assert reading.pages == {there.page().url: 200}
    assert reading.took_ms > 0


async def test_the_name_is_asked_for_at_the_address() -> None:
    async with site() as there:
        await probed(there.page("/204?deep=1", 204))

    assert there.asked == [(f"{NAME}:{there.port}", "/204?deep=1")]


async def test_another_status_is_told_and_still_an_answer() -> None:
    async with site() as there:
        page = there.page("/503")
        reading = await probed(page)

    assert reading.detail == f"{page.url} answers 503, not 200"
    assert (reading.port, reading.pages) == (PortAnswer.OPEN, {page.url: 503})


async def test_a_redirect_is_not_followed() -> None:
    async with site() as there:
        reading = await probed(there.page("/moved", 302))

    assert reading.detail == ""
    assert len(there.asked) == 1


async def test_a_body_of_any_size_is_not_read() -> None:
    async with site() as there:
        reading = await probed(there.page("/endless"))

    assert reading.detail == ""


async def test_pages_are_told_apart() -> None:
    async with site() as there:
        good, bad = there.page(), there.page("/500")
        reading = await probed(good, bad)

    assert reading.pages == {good.url: 200, bad.url: 500}
    assert reading.detail == f"{bad.url} answers 500, not 200"


async def test_a_node_is_as_well_as_its_best_address() -> None:
    async with site() as there:
        reading = await probed(there.page(), addresses=(ELSEWHERE, HOST))

    assert reading.detail == ""


async def test_a_closed_port_refuses() -> None:
    with refusing_port() as port:
        page = Page(f"http://{NAME}:{port}/")
        reading = await probed(page)

    assert (reading.port, reading.pages) == (PortAnswer.REFUSED, {page.url: 0})
    assert reading.detail == f"{page.url} port refused"


async def test_all_pages_of_a_port_that_says_nothing_have_one_deadline() -> None:
    with mute_port() as port:
        pages = [Page(f"http://{NAME}:{port}/{number}") for number in range(5)]
        reading = await probed(*pages, deadline=SHORT)

    assert reading.port is PortAnswer.FILTERED
    assert reading.took_ms < 4 * SHORT / timedelta(milliseconds=1)
    assert reading.detail.startswith(f"{pages[0].url} does not answer; ")


@pytest.mark.parametrize(
    ("says", "told"),
    [
        pytest.param(b"", "breaks the connection off", id="nothing"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", "does not speak HTTP as we know it", id="ssh"),
        pytest.param(
            b"HTTP/1.1 200 " + b"x" * 100_000, "does not speak HTTP as we know it", id="long line"
        ),
        pytest.param(
            b"HTTP/1.1 999999 OK\r\n\r\n", "does not speak HTTP as we know it", id="no status"
        ),
        pytest.param(b"\xff\xfe\x00" * 20, "does not speak HTTP as we know it", id="noise"),
    ],
)
async def test_a_peer_that_is_no_web_server_is_told(says: bytes, told: str) -> None:
    async with peer(says) as port:
        page = Page(f"http://{NAME}:{port}/")
        reading = await probed(page)

    assert (reading.port, reading.detail) == (PortAnswer.OPEN, f"{page.url} {told}")


async def test_a_certificate_is_checked_unless_said() -> None:
    certificate = await asyncio.to_thread(Certificate.make, HOST)
    async with site(certificate=certificate) as there:
        url = f"https://{NAME}:{there.port}/"
        checked, unchecked = await probed(Page(url)), await probed(Page(url, verify=False))

    assert checked.detail.startswith(f"{url} has a bad certificate: self")
    assert (checked.port, checked.pages) == (PortAnswer.OPEN, {url: 0})
    assert unchecked.detail == ""


async def test_a_port_without_tls_is_told() -> None:
    async with site() as there:
        url = f"https://{NAME}:{there.port}/"
        reading = await probed(Page(url))

    assert reading.detail == f"{url} does not speak TLS as we know it"
    assert reading.port is PortAnswer.OPEN


def test_an_answer_of_any_kind_is_better_than_none_of_ours() -> None:
    ours = unconnected(OSError(24, "Too many open files"))

    assert ours == Said(None, trouble="[Errno 24] Too many open files")
    assert best_of([ours, Said(PortAnswer.FILTERED, trouble="x")]).port is PortAnswer.FILTERED


async def test_an_address_without_its_link_teaches_nothing() -> None:
    with pytest.raises(NoEvidenceError):
        await probed(Page(f"http://{NAME}/"), addresses=("fe80::1",))
