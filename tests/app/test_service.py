"""The service: starts in order, reloads whole, stops with nothing dark, falls loudly."""

import asyncio
import gc
import json
import logging
import os
import resource
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from aiohttp import web

from plcmon.app import service
from plcmon.app.service import forever, note_fall, run_staff, serve, stopped
from plcmon.errors import DeclinedError, DeskError, StoreError
from plcmon.memory import THRESHOLDS
from plcmon.operations.desk import Desk
from plcmon.sim.relay import Relay
from plcmon.sim.units import ApcUnit
from tests.app.place import SOON, Place, answering, ended, until, until_nodes, until_told
from tests.drivers.rigs import PASSWORD
from tests.fakes.peers import silent_port
from tests.sources.test_web import serving as serving_http


async def test_it_starts_without_canaries_mail_or_units_and_stops_when_told(place: Place) -> None:
    async with place.serving() as desk:
        nodes = await desk.nodes()

    assert [node.name for node in nodes] == ["n0.example.org", "n1.example.org"]
    assert not place.load()[0].socket.exists()


async def test_what_it_loaded_is_left_out_of_collections(place: Place) -> None:
    gc.unfreeze()
    async with place.serving():
        assert gc.get_freeze_count()
        assert gc.get_threshold() == THRESHOLDS


async def test_a_second_start_goes_on_with_the_story(place: Place) -> None:
    async with place.serving() as desk:
        first = await desk.events(0)
    async with place.serving() as desk:
        again = await desk.events(0)

    assert [event.seq for event in again[: len(first)]] == [event.seq for event in first]
    assert sum(event.kind == "Started" for event in again) == 2


async def test_what_nodes_answered_is_there_after_the_next_start(place: Place) -> None:
    async with place.serving() as desk:
        await until_told(desk, "scan complete")
    async with place.serving() as desk:
        since = (await desk.summary()).at - timedelta(hours=1)
        found = await desk.history("n0.example.org", since)

    assert {"tcp", "ssh"} <= {reading.probe for reading in found.readings}


async def test_a_folder_in_use_is_one_clear_error(place: Place) -> None:
    async with place.serving():
        with pytest.raises(StoreError, match="another plcmon"):
            await serve(*place.load())


async def test_a_socket_that_cannot_be_opened_is_one_clear_error(place: Place) -> None:
    place.load()[0].socket.mkdir(parents=True)

    with pytest.raises((DeskError, ExceptionGroup)) as caught:
        await serve(*place.load())
    found = caught.value
    while isinstance(found, ExceptionGroup):
        (found,) = found.exceptions
    assert isinstance(found, DeskError)


def hang_up() -> None:
    os.kill(os.getpid(), signal.SIGHUP)


async def test_a_hang_up_reads_the_file_again(place: Place) -> None:
    async with place.serving() as desk:
        place.write(nodes=3)
        hang_up()
        await until_nodes(desk, 3)


async def test_a_broken_file_changes_nothing_and_says_so(place: Place) -> None:
    async with place.serving() as desk:
        before = (await desk.summary()).mode
        place.write(nodes=3, more="nonsense = 1\n")
        hang_up()
        text = await until_told(desk, "nothing changed")

        assert "nonsense" in text
        assert len(await desk.nodes()) == 2
        assert (await desk.summary()).mode == before

        place.write(nodes=3)
        hang_up()
        await until_told(desk, "the file was read")
        await until_nodes(desk, 3)


async def test_an_inventory_that_shrank_waits_to_be_accepted(place: Place) -> None:
    place.write(nodes=6)
    async with place.serving() as desk:
        with pytest.raises(DeclinedError, match="no inventory waits"):
            await desk.do("inventory-accept", reason="none there")
        place.write(nodes=1)
        hang_up()
        await until_told(desk, "self opened")
        assert len(await desk.nodes()) == 6

        answer = await desk.do("inventory-accept", reason="they moved out")
        assert "1 node" in answer.text
        assert [node.name for node in await desk.nodes()] == ["n0.example.org"]
        assert await until_told(desk, "accepted: 1 node")
        said = await until_told(desk, "they moved out")
        assert "inventory-accept" in said


async def test_a_later_good_inventory_takes_the_place_of_the_one_that_waited(
    place: Place,
) -> None:
    place.write(nodes=6)
    async with place.serving() as desk:
        place.write(nodes=1)
        hang_up()
        await until_told(desk, "self opened")
        place.write(nodes=6)
        hang_up()
        await until_told(desk, "the inventory was read")

        with pytest.raises(DeclinedError, match="no inventory waits"):
            await desk.do("inventory-accept", reason="too late")


async def test_a_copied_state_does_nothing_until_a_person_adopts_it(place: Place) -> None:
    async with place.serving():
        pass
    (place.load()[0].state_dir / "mark").unlink()
    async with place.serving() as desk:
        await until_told(desk, "not adopted")
        assert (await desk.summary()).adopted is False

        await desk.do("db-adopt", reason="it was moved here")
        assert (await desk.summary()).adopted is True


# Sources

QUICK = """scale = 120
[policy.thresholds]
failures = 1
failing_for = "1s"
node_down_silent = "1m"
"""
SOURCE = """
[sources.prom]
kind = "prometheus"
url = "{url}"
query = "up"
node = "instance"
interval = "5s"
counts = true
"""


async def up(request: web.Request) -> web.Response:
    """Prometheus, which sees n0 up."""
    assert (request.path, request.query["query"]) == ("/api/v1/query", "up")
    sample = {"metric": {"instance": "n0.example.org:9100"}, "value": [time.time(), "1"]}
    data = {"resultType": "vector", "result": [sample]}
    return web.json_response({"status": "success", "data": data})


async def until_elsewhere(desk: Desk, answer: str) -> str:
    """What the gate says of n0 once it answers so."""
    async with asyncio.timeout(SOON):
        while True:
            for gate in (await desk.why("n0")).gates:
                if (gate.name, gate.answer) == ("elsewhere", answer):
                    return gate.fact
            await asyncio.sleep(0.05)


async def test_what_a_source_sees_up_holds_power_until_a_reload_removes_the_source(
    place: Place,
) -> None:
    async with serving_http(up) as url, ApcUnit({"3": Relay("3")}, password=PASSWORD) as unit:
        with silent_port("127.0.1.0") as port:
            place.write(nodes=1, unit=unit, port=port, policy=QUICK, more=SOURCE.format(url=url))
            async with place.serving() as desk:
                held = await until_elsewhere(desk, "hold")
                place.write(nodes=1, unit=unit, port=port, policy=QUICK)
                hang_up()
                free = await until_elsewhere(desk, "pass")

                facts = " ".join((await desk.why("n0")).facts)
                is_it_us = await desk.is_it_us()

    assert held.startswith("prom says that it is up, since ")
    assert free == "no source that counts says that it is up"
    assert "prom" not in facts
    assert is_it_us.sources == ()


async def test_a_source_comes_by_a_reload_too(place: Place) -> None:
    async with serving_http(up) as url, place.serving() as desk:
        assert (await desk.is_it_us()).sources == ()
        place.write(more=SOURCE.format(url=url))
        hang_up()
        await until_told(desk, "prom says that it is up")


HOOK = """
[sources.nagios]
kind = "webhook"
interval = "500ms"
counts = true
"""


async def test_what_is_posted_is_told_of_the_node_until_nobody_posts_any_more(
    place: Place,
) -> None:
    place.write(policy="scale = 120\n", more=HOOK)
    async with place.serving() as desk:
        taken = await desk.post_readings("nagios", b"node,up\nn0.example.org,1\nnobody,1\n")
        await until_told(desk, "nagios says that it is up")
        (source,) = (await desk.is_it_us()).sources
        (row,) = await desk.audit(verb="readings-post")
        holds = (await desk.verify()).holds
        await until_told(desk, "nagios says nothing of it any more")
        out = await until_told(desk, "the source nagios is out of reach")

    assert (taken.taken, taken.unknown_names) == (1, ("nobody",))
    assert source.heard_at is not None
    assert (row.subject, row.reason) == ("fleet/source nagios", taken.text)
    assert holds
    assert "nothing was posted that could be used" in out


# Its end


async def test_a_termination_in_the_dark_lights_first(place: Place) -> None:
    relay = Relay("3")
    moves: list[bool] = []
    relay.listeners.append(moves.append)
    async with ApcUnit({"3": relay}, password=PASSWORD) as unit:
        place.write(unit=unit, dark="1s")
        async with place.started() as process, await answering(place.load()[0].socket) as desk:
            await desk.do("power-cycle", "n0", reason="test", force=True)
            await until(lambda: not relay.on)
            process.terminate()
            err = await ended(process)

    assert moves == [False, True]
    assert process.returncode == 0
    assert len(unit.log.destructive()) == 1
    words = [json.loads(line)["event"] for line in err.splitlines()]
    assert words[-1] == "stopped"


async def test_a_full_disk_leaves_nothing_dark(place: Place) -> None:
    relay = Relay("3")
    moves: list[bool] = []
    relay.listeners.append(moves.append)
    async with ApcUnit({"3": relay}, password=PASSWORD) as unit:
        place.write(unit=unit, dark="20s")
        async with place.started() as process, await answering(place.load()[0].socket) as desk:
            await desk.do("power-cycle", "n0", reason="test", force=True)
            await until(lambda: not relay.on)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, 1))  # no file may grow
            err = await ended(process)

    assert moves == [False, True]
    assert process.returncode == 3
    words = [json.loads(line)["event"] for line in err.splitlines() if line.startswith("{")]
    assert words.index("fell") < words.index("lit without a row")


class Room:
    """Stops when it is told that it may; dark until it stopped."""

    def __init__(self, *, dark: bool, stops: bool) -> None:
        self.dark = dark
        self._stops = stops
        self.asked = 0

    async def stop(self) -> None:
        self.asked += 1
        if not self._stops:
            await asyncio.Event().wait()
        self.dark = False


class Houseful:
    """Of a house, what winding down needs."""

    def __init__(self, room: Room) -> None:
        self.power = self.effects = room


async def test_stopping_is_bounded_by_its_time() -> None:
    free, stuck = Room(dark=False, stops=True), Room(dark=False, stops=False)

    assert await stopped(Houseful(free), timedelta(seconds=1))  # type: ignore[arg-type]  # enough
    assert not await stopped(Houseful(stuck), timedelta())  # type: ignore[arg-type]  # of it


class Crew:
    """Of a house, what running its staff needs."""

    def __init__(self, **staff: Callable[[], Awaitable[None]]) -> None:
        self.engine = self
        self.staff = list(staff.items())

    async def run(self) -> None:
        await asyncio.Event().wait()


async def fall() -> None:
    raise ZeroDivisionError("a bug")


async def leave() -> None:
    return


async def stay() -> None:
    await asyncio.Event().wait()


async def test_a_task_that_falls_brings_all_down_and_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with run_staff(Crew(post=stay, scan=fall)):  # type: ignore[arg-type]  # enough of it
            await asyncio.Event().wait()

    assert caught.group_contains(ZeroDivisionError)
    (row,) = [record for record in caplog.records if record.message == "fell"]
    assert vars(row)["task"] == "scan"
    assert vars(row)["why"] == "ZeroDivisionError: a bug"
    assert row.levelno == logging.CRITICAL


async def test_an_everlasting_task_that_returns_is_a_bug_and_says_so() -> None:
    with pytest.raises(RuntimeError, match="post returned"):
        await forever("post", leave)


async def test_the_staff_ends_in_reverse_order_and_the_engine_last() -> None:
    ended: list[str] = []

    def worker(name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(name)

        return work

    crew = Crew(first=worker("first"), second=worker("second"))
    crew.run = worker("engine")  # type: ignore[method-assign,assignment]  # tells its end
    async with run_staff(crew):  # type: ignore[arg-type]  # enough of a house
        await asyncio.sleep(0)

    assert ended == ["second", "first", "engine"]


async def test_a_task_that_was_told_to_end_did_not_fall(caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(stay(), name="x")
        task.add_done_callback(note_fall)
        await asyncio.sleep(0)
        task.cancel()

    assert caplog.records == []


async def test_a_bug_ends_the_process_with_a_readable_line_and_a_failure(place: Place) -> None:
    program = (
        "from plcmon.app.keys import PcuKeys\n"
        "async def keep(self, clock): raise ZeroDivisionError('a bug')\n"
        "PcuKeys.keep = keep\n"
        "from plcmon.cli.main import main\n"
        f"import sys; sys.argv = ['plcmon', 'serve', '--config', {str(place.config)!r}]\n"
        "main()\n"
    )
    async with place.started("-c", program) as process:
        err = await ended(process)

    rows = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert process.returncode == 1
    assert [(row["task"], row["why"]) for row in rows if row["event"] == "fell"] == [
        ("pcu-keys", "ZeroDivisionError: a bug")
    ]


def test_a_quick_stop_leaves_time_within_what_systemd_grants() -> None:
    assert service.QUICK_STOP.total_seconds() < 10
