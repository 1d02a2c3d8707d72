"""Alerts over a real web server and real programs."""

import asyncio
import json
import logging
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from blockbuster import blockbuster_ctx

from plcmon.alerts import (
    MOST_KEPT,
    Alerts,
    Channel,
    Command,
    Heartbeat,
    NotDeliveredError,
    Webhook,
    payload,
    undelivered,
)
from plcmon.model.events import AlertDelivered, AlertRaised, Body, Event, Noticed
from plcmon.model.subjects import Subject, node_subject
from plcmon.times import SystemClock
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.inbox import FakeInbox

HOST = "127.0.0.1"
NODE = node_subject("toml:1")
SOON = timedelta(milliseconds=20)
DEADLINE = timedelta(seconds=10)
SECRET = "T0PSECRET"


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    with blockbuster_ctx("plcmon"):
        yield


def event(topic: str = "mass_outage", seq: int = 1, *, urgent: bool = True) -> Event:
    return Event(NOON, NODE, AlertRaised(topic, f"text of {topic}", urgent), seq=seq)


class Web:
    """A web server that remembers what it was told."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, bytes]] = []
        self.answers: deque[int] = deque()
        self.hangs = False
        self._news = asyncio.Event()

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((request.method, await request.read()))
        self._news.set()
        if self.hangs:
            await asyncio.Event().wait()
        status = self.answers.popleft() if self.answers else 204
        location = {"Location": self.url} if status == 302 else {}
        return web.Response(status=status, headers=location)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.requests) < count:
                self._news.clear()
                await self._news.wait()

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.requests]


@asynccontextmanager
async def open_web() -> AsyncIterator[Web]:
    served = Web()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", served.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    port = runner.addresses[0][1]
    served.url = f"http://{HOST}:{port}/{SECRET}"
    try:
        yield served
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running(
    *channels: Channel, deadline: timedelta = DEADLINE, missed: tuple[Event, ...] = ()
) -> AsyncIterator[tuple[Alerts, FakeInbox]]:
    inbox = FakeInbox()
    alerts = Alerts(
        channels,
        inbox=inbox,
        clock=SystemClock(),
        deadline=deadline,
        first_retry=SOON,
        missed=missed,
    )
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(alerts.run(), name="alerts")
        yield alerts, inbox
        task.cancel()


def outcomes(inbox: FakeInbox) -> list[tuple[int, str, bool]]:
    return [(told.alert, told.channel, told.ok) for told in inbox.told(AlertDelivered)]


async def test_an_alert_is_posted_as_json() -> None:
    async with open_web() as served, running(Webhook(served.url)) as (alerts, inbox):
        alerts.hear([event()])
        await inbox.until(lambda: inbox.told(AlertDelivered))

        assert served.requests[0][0] == "POST"
        assert served.alerts == [
            {
                "id": 1,
                "at": "2026-03-01T12:00:00+00:00",
                "topic": "mass_outage",
                "thread": served.alerts[0]["thread"],
                "subject": "node/toml:1",
                "text": "text of mass_outage",
                "urgent": True,
                "source": "plcmon",
            }
        ]
        assert outcomes(inbox) == [(1, "webhook", True)]


async def test_equal_topics_thread_and_others_do_not() -> None:
    async with open_web() as served, running(Webhook(served.url)) as (alerts, _):
        alerts.hear([event("a", 1), event("a", 2), event("b", 3)])
        await served.until(3)

        first, second, third = (alert["thread"] for alert in served.alerts)
        assert first == second != third


def test_the_longest_alert_fits_into_a_pipe() -> None:
    longest = Event(NOON, NODE, AlertRaised("t", "\x00" * 1_000_000), seq=1)
    assert isinstance(longest.body, AlertRaised)

    assert len(payload(longest, longest.body)) < 60_000


async def test_other_events_are_no_alerts() -> None:
    async with open_web() as served, running(Webhook(served.url)) as (alerts, _):
        alerts.hear([Event(NOON, NODE, Noticed("disk", True, "full"), seq=1), event(seq=2)])
        await served.until(1)

        assert [alert["id"] for alert in served.alerts] == [2]


async def test_what_fails_is_kept_and_tried_again() -> None:
    async with open_web() as served, running(Webhook(served.url)) as (alerts, inbox):
        served.answers += [500, 503, 302, 404]
        alerts.hear([event()])
        await inbox.until(lambda: len(inbox.told(AlertDelivered)) == 2)

        assert len(served.requests) == 5
        assert outcomes(inbox) == [(1, "webhook", False), (1, "webhook", True)]


async def test_one_poisonous_alert_holds_up_no_other() -> None:
    async with open_web() as served, running(Webhook(served.url)) as (alerts, inbox):
        served.answers.append(400)
        alerts.hear([event("poison", 1), event("fine", 2)])
        await inbox.until(lambda: len(inbox.told(AlertDelivered)) == 3)

        assert outcomes(inbox)[:2] == [(1, "webhook", False), (2, "webhook", True)]


async def test_a_webhook_that_says_nothing_ends_at_the_deadline() -> None:
    async with open_web() as served, running(Webhook(served.url), deadline=SOON) as (alerts, inbox):
        served.hangs = True
        alerts.hear([event()])
        await inbox.until(lambda: inbox.told(AlertDelivered))

        assert inbox.told(AlertDelivered)[0].detail == "no answer within 0.02 s"


@pytest.mark.parametrize(
    "url", [f"http://{HOST}:1/{SECRET}", f"nonsense/{SECRET}", f"ftp://{SECRET}"]
)
async def test_a_url_that_leads_nowhere_is_named_without_itself(url: str) -> None:
    async with running(Webhook(url)) as (alerts, inbox):
        alerts.hear([event()])
        await inbox.until(lambda: inbox.told(AlertDelivered))

        told = inbox.told(AlertDelivered)[0]
        assert not told.ok
        assert told.detail.startswith("no answer: ")
        assert SECRET not in told.detail


async def test_alerts_of_an_earlier_run_are_delivered_too() -> None:
    async with (
        open_web() as served,
        running(Webhook(served.url), missed=(event(seq=7),)) as _,
    ):
        await served.until(1)

        assert served.alerts[0]["id"] == 7


def test_what_no_channel_took_is_left_for_the_next_run() -> None:
    def told(alert: int, channel: str, *, ok: bool) -> Event:
        return Event(NOON, NODE, AlertDelivered(alert, channel, ok), seq=alert + 10)

    story = [event(seq=seq) for seq in (1, 2, 3)]
    answers = [told(1, "webhook", ok=True), told(2, "webhook", ok=False), told(2, "mail", ok=True)]

    assert undelivered([*story, *answers]) == story[2:]


async def test_without_channels_alerts_still_reach_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running() as (alerts, _):
        with caplog.at_level(logging.WARNING):
            alerts.hear([event()])

    assert [record.message for record in caplog.records] == ["alert raised"]


class Shut:
    """A channel that takes nothing, until it is opened."""

    name = "shut"

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.open = False

    async def deliver(self, payload: bytes) -> str:
        if not self.open:
            raise NotDeliveredError("shut")
        self.taken.append(json.loads(payload)["id"])
        return "ok"


async def test_a_flood_lets_go_of_what_is_not_urgent_first() -> None:
    shut = Shut()
    async with running(shut) as (alerts, inbox):
        alerts.hear([event("calm", 1, urgent=False)])
        alerts.hear([event(f"t{seq}", seq) for seq in range(2, MOST_KEPT + 2)])
        shut.open = True
        await inbox.until(lambda: len(shut.taken) == MOST_KEPT, within=30)

        assert sorted(shut.taken) == list(range(2, MOST_KEPT + 2))


class Falling(FakeInbox):
    """An engine that never answers."""

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        await asyncio.Event().wait()
        raise AssertionError


async def test_hearing_never_waits_for_anybody() -> None:
    alerts = Alerts([Shut()], inbox=Falling(), clock=FakeClock())
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(alerts.run(), name="alerts")
        for seq in range(100):
            alerts.hear([event(seq=seq)])
            await asyncio.sleep(0)
        task.cancel()


def program(tmp_path: Path, text: str) -> Command:
    """A program of this interpreter with `out` as the path of its witness."""
    file = tmp_path / "program.py"
    file.write_text(f"import json, os, sys\nout = {str(tmp_path / 'out')!r}\n{text}\n")
    return Command([sys.executable, "-I", str(file), "argument; with `odd` $chars"])


async def test_a_command_gets_json_on_its_input_and_a_clean_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLCMON_SECRET_APC1", SECRET)
    command = program(
        tmp_path,
        "said = [json.load(sys.stdin)['topic'], sys.argv[1:], sorted(os.environ), os.getcwd()]\n"
        "json.dump(said, open(out, 'w'))",
    )
    async with running(command) as (alerts, inbox):
        alerts.hear([event("a topic")])
        await inbox.until(lambda: inbox.told(AlertDelivered))

    topic, argv, names, folder = json.loads((tmp_path / "out").read_text())
    assert (topic, argv) == ("a topic", ["argument; with `odd` $chars"])
    assert (names, folder) == (["LC_ALL", "PATH"], "/")
    assert outcomes(inbox) == [(1, "command", True)]


async def test_a_command_that_fails_is_tried_again(tmp_path: Path) -> None:
    command = program(
        tmp_path, "open(out, 'a').write('x')\nsys.exit(3 if len(open(out).read()) < 2 else 0)"
    )
    async with running(command) as (alerts, inbox):
        alerts.hear([event()])
        await inbox.until(lambda: len(inbox.told(AlertDelivered)) == 2)

    assert [told.detail for told in inbox.told(AlertDelivered)] == [
        "it ended with status 3",
        "it ended with status 0",
    ]


async def test_a_command_that_does_not_exist_is_named() -> None:
    with pytest.raises(NotDeliveredError, match="cannot be started: No such file"):
        await Command(["/nonexistent/page"]).deliver(b"{}")


async def test_a_command_that_reads_nothing_is_judged_by_its_status(tmp_path: Path) -> None:
    assert await program(tmp_path, "sys.exit(0)").deliver(b"x" * 60_000)


async def test_a_command_that_hangs_dies_with_all_its_children(tmp_path: Path) -> None:
    """The program and its child hold one connection: its end is the end of both."""
    began, gone = asyncio.Event(), asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began.set()
        await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(hold, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    command = program(
        tmp_path,
        "import socket, subprocess, time\n"
        f"line = socket.create_connection(({HOST!r}, {port}))\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "subprocess.Popen(sleep, pass_fds=[line.fileno()])\n"
        "line.sendall(b'x')\n"
        "time.sleep(60)",
    )
    async with server, asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        running_ = tasks.create_task(command.deliver(b"{}"), name="command")
        await began.wait()
        running_.cancel()
        await gone.wait()


async def test_a_child_that_stays_behind_holds_up_nothing(tmp_path: Path) -> None:
    command = program(
        tmp_path,
        "import subprocess\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
    )
    async with asyncio.timeout(10):
        assert await command.deliver(b"{}") == "it ended with status 0"


async def test_one_channel_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    async with (
        open_web() as served,
        running(Shut(), Webhook(served.url)) as (alerts, _),
    ):
        alerts.hear([event(seq=seq) for seq in range(1, 4)])
        await served.until(3)

        assert [alert["id"] for alert in served.alerts] == [1, 2, 3]


@asynccontextmanager
async def beating(served: Web, clock: FakeClock, alive: list[bool]) -> AsyncIterator[None]:
    heart = Heartbeat(served.url, every=timedelta(seconds=60), clock=clock, alive=lambda: alive[0])
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(heart.run(), name="heartbeat")
        yield
        task.cancel()


async def resting(clock: FakeClock) -> None:
    """Return once the heart waits for its next beat."""
    async with asyncio.timeout(10):
        while not clock.sleepers:  # noqa: ASYNC110 # the clock has no event for it
            await asyncio.sleep(0)


async def test_the_heart_beats_every_minute() -> None:
    clock = FakeClock()
    async with open_web() as served, beating(served, clock, [True]):
        for count in range(1, 4):
            await served.until(count)
            await resting(clock)
            clock.advance(timedelta(seconds=60))
            await asyncio.sleep(0)

        assert [method for method, _ in served.requests[:3]] == ["GET"] * 3


async def test_the_heart_stands_still_while_the_loops_do() -> None:
    clock, alive = FakeClock(), [True]
    async with open_web() as served, beating(served, clock, alive):
        await served.until(1)
        await resting(clock)
        alive[0] = False
        clock.advance(timedelta(seconds=60))
        await asyncio.sleep(0)
        await resting(clock)
        alive[0] = True
        clock.advance(timedelta(seconds=60))
        await served.until(2)

        assert len(served.requests) == 2


async def test_a_heart_that_nobody_hears_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    async with open_web() as served, beating(served, clock, [True]):
        served.answers += [500, 500, 204]
        with caplog.at_level(logging.INFO, "plcmon.alerts"):
            for count in range(1, 4):
                await served.until(count)
                await resting(clock)
                clock.advance(timedelta(seconds=60))
                await asyncio.sleep(0)

    changes = [r.levelname for r in caplog.records if r.message == "heartbeat changed"]
    assert changes == ["WARNING", "INFO"]
