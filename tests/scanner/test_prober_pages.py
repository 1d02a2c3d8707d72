"""Pages of a node: when they are asked for, and when people are told what they lack."""

from dataclasses import replace

from aiohttp import web

from plcmon.model.events import PagesSeen
from plcmon.model.readings import Probe
from plcmon.model.subjects import Node, Page
from tests.fakes.inbox import FakeInbox
from tests.fakes.peers import HOST, refusing_port
from tests.scanner.test_prober import Unwell, make_node, make_prober


def paged(port: int) -> Node:
    return replace(make_node(22), http=(Page(f"http://n1.example:{port}/"),))


async def test_pages_are_asked_for_where_a_node_has_some() -> None:
    prober = make_prober(FakeInbox())

    assert Probe.HTTP not in prober.probes_of(make_node(22))
    assert Probe.HTTP in prober.probes_of(paged(80))


async def test_what_pages_lack_is_told_the_second_time_in_a_row() -> None:
    inbox = FakeInbox()
    prober = make_prober(inbox)
    with refusing_port() as port:
        await prober.probe(paged(port), Probe.HTTP)
        assert inbox.events == []
        await prober.probe(paged(port), Probe.HTTP)

    assert inbox.told(PagesSeen) == [PagesSeen(f"http://n1.example:{port}/ port refused")]
    assert len(inbox.readings) == 2


async def test_what_is_believed_of_pages_is_not_told_again() -> None:
    inbox = FakeInbox()
    with refusing_port() as port:
        believed = f"http://n1.example:{port}/ port refused"
        prober = make_prober(inbox, pages=lambda key: believed)
        for _ in range(3):
            await prober.probe(paged(port), Probe.HTTP)

    assert inbox.events == []


async def test_pages_that_are_well_again_are_told_at_once() -> None:
    async def hello(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response()

    inbox = FakeInbox()
    prober = make_prober(inbox, pages=lambda key: "http://n1.example/ answers 503, not 200")
    runner = web.ServerRunner(web.Server(hello))
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    await prober.probe(paged(runner.addresses[0][1]), Probe.HTTP)
    await runner.cleanup()

    assert inbox.told(PagesSeen) == [PagesSeen()]


async def test_pages_do_not_count_while_we_are_unwell() -> None:
    inbox = FakeInbox()
    prober = make_prober(inbox, health=Unwell())
    with refusing_port() as port:
        for _ in range(3):
            await prober.probe(paged(port), Probe.HTTP)

    assert (inbox.events, inbox.readings, prober.dropped) == ([], [], 3)
