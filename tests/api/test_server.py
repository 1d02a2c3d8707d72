"""The API as a script meets it: raw requests over the socket."""

import asyncio
import json
import logging
import os
import pwd
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from plcmon.api.server import Health, serve_api
from plcmon.errors import DeskError, StoreError, UnreachableError
from plcmon.hub import Hub, Subscription
from plcmon.model.events import Actor, Noticed
from plcmon.model.subjects import fleet_subject
from plcmon.operations.desk import Desk
from tests.fakes.book import DOWN, House, house_with_a_story

ME = pwd.getpwuid(os.geteuid()).pw_name


class Api:
    """A served house and a session to ask it."""

    def __init__(self, house: House, session: aiohttp.ClientSession, socket: Path) -> None:
        self.house = house
        self.socket = socket
        self.session = session
        self.callers: list[Actor] = []
        self.health = Health(ok=True, ages={"engine": 0.25, "scanner": 1.5})

    def desk_for(self, actor: Actor) -> Desk:
        self.callers.append(actor)
        return self.house.desk(actor)

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        async with self.session.get(f"http://x{path}", **more) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, body: bytes) -> tuple[int, Any]:
        async with self.session.post(f"http://x{path}", data=body) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    socket = tmp_path / "api.sock"
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as session:
        found = Api(house_with_a_story(), session, socket)
        async with serve_api(
            found.desk_for,
            socket=socket,
            roles={},
            health=lambda: found.health,
            heartbeat=timedelta(milliseconds=50),
        ):
            yield found


async def test_the_services_own_user_is_an_admin_by_the_kernels_word(api: Api) -> None:
    status, summary = await api.get("/api/summary")

    assert status == 200
    assert api.callers == [Actor(ME, "admin", "socket")]
    assert (summary["caller"], summary["role"]) == (ME, "admin")


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("/api/nodes", 4),
        ("/api/nodes?match=beta", 1),
        ("/api/sites", 2),
        ("/api/pcus", 2),
        ("/api/issues", 1),
        ("/api/issues?closed=1", 2),
        ("/api/intents", 0),
        ("/api/events", 3),
        ("/api/events?after=2", 1),
        ("/api/events?after=0&limit=2", 2),
        ("/api/audit", 5),
        ("/api/audit?about=beta&verb=held", 1),
        ("/api/audit?actor=ann", 1),
        ("/api/audit?since=2026-03-01T12:21:00Z&until=2026-03-01T12:31:00Z", 2),
        ("/api/audit?limit=3", 3),
    ],
)
async def test_lists_are_lists_of_rows(api: Api, path: str, rows: int) -> None:
    status, found = await api.get(path)

    assert status == 200
    assert len(found) == rows


async def test_a_view_and_a_why_and_a_handover_are_objects(api: Api) -> None:
    _, view = await api.get("/api/view")
    _, why = await api.get(f"/api/why/issue/{DOWN}")
    _, handover = await api.get("/api/since?at=2026-03-01T13:00:00Z")
    _, verdict = await api.get("/api/audit/verify")

    assert set(view) == {"summary", "issues", "nodes", "sites", "pcus", "intents"}
    assert why["gates"][1]["name"] == "freeze"
    assert len(handover["worse"]) == 2
    assert (verdict["holds"], verdict["rows"]) == (True, 5)


async def test_an_unknown_name_in_the_query_names_those_there_are(api: Api) -> None:
    _, found = await api.get("/api/issues?match=beta&close=1")

    assert (found["who"], found["why"]) == (
        "close",
        "unknown in the query; allowed: match, closed",
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"mod": "auto"}', "mod: unknown key"),
        (b'{"thresholds": {"failures": 5, "faliures": 3}}', "thresholds.faliures: unknown key"),
        (b'{"mode": "car"}', "mode: Input should be 'observe', 'propose' or 'auto'"),
        (b"{", "Invalid JSON: "),
    ],
)
async def test_a_policy_with_a_word_that_is_none_is_not_compared(
    api: Api, body: bytes, why: str
) -> None:
    status, found = await api.post("/api/policy-diff", body)

    assert (status, found["error"]) == (400, "bad-request")
    assert found["why"].startswith(why)


async def test_a_verb_is_posted_and_answered(api: Api) -> None:
    order = {"verb": "power-cycle", "subject": "beta", "reason": "it hangs"}

    status, answer = await api.post("/api/do", json.dumps(order).encode())

    assert (status, answer["ok"]) == (200, True)
    assert api.house.ear.heard[0][1].actor == Actor(ME, "admin", "socket")


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/api/why/nobody", 404, "not-found"),
        ("/api/nothing", 404, "bad-request"),
        ("/api/since", 400, "bad-request"),
        ("/api/since?at=yesterday", 400, "bad-request"),
        ("/api/audit?since=yesterday", 400, "bad-request"),
        ("/api/audit?limit=many", 400, "bad-request"),
        ("/api/audit?about=nobody-at-all", 404, "not-found"),
        ("/api/events?after=-1", 400, "bad-request"),
        ("/api/events?after=1e9", 400, "bad-request"),
        ("/api/intents?limit=" + "9" * 40, 400, "bad-request"),
        ("/api/do", 405, "bad-request"),
        ("/api/issues?closed=perhaps", 400, "bad-request"),
        ("/api/nodes?mach=beta", 400, "bad-request"),
        ("/api/summary?match=beta", 400, "bad-request"),
        ("/api/why/beta?since=2026-03-01", 400, "bad-request"),
        ("/api/events?form=2", 400, "bad-request"),
    ],
)
async def test_a_bad_request_is_an_error_in_json(
    api: Api, path: str, status: int, error: str
) -> None:
    got, found = await api.get(path)

    assert (got, found["error"]) == (status, error)
    assert set(found) == {"error", "who", "doing", "why", "retry"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("history/alpha?since=0001-01-01T00:00:00%2B12:00", 200),
        ("repairs?since=0001-01-01", 200),
        ("availability?since=0001-01-01&until=9999-12-31T23:59:59-12:00", 200),
        ("why/alpha?at=9999-12-31T23:59:59-12:00", 400),
        ("plan?for=99999999999d", 400),
    ],
)
async def test_a_time_beyond_the_calendar_is_no_fault_of_ours(
    api: Api, path: str, status: int
) -> None:
    got, _ = await api.get(f"/api/{path}")

    assert got == status


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "bad-request"),
        (b"\xff\xfe", 400, "bad-request"),
        (b'{"verb": "scan", "extra": 1}', 400, "bad-request"),
        (b'{"verb": "scan"}', 409, "declined"),
        (b'{"verb": "dance"}', 404, "not-found"),
        (b'{"verb": "scan", "subject": "' + b"x" * 70_000 + b'"}', 413, "bad-request"),
    ],
)
async def test_a_bad_order_is_refused_and_changes_nothing(
    api: Api, body: bytes, status: int, error: str
) -> None:
    got, found = await api.post("/api/do", body)

    assert (got, found["error"]) == (status, error)
    assert api.house.ear.heard == []


async def test_what_a_device_said_is_a_bad_gateway(api: Api) -> None:
    api.house.hands.fails = UnreachableError("apc1", "connecting", "no route")

    got, found = await api.post("/api/do", b'{"verb": "power-status", "subject": "beta"}')

    assert (got, found["error"], found["retry"]) == (502, "unreachable", "later")


async def test_a_store_that_says_no_is_unavailable(api: Api) -> None:
    api.house.archive.fails = StoreError("history.db", "reading events", "disk I/O error")

    assert (await api.get("/api/events"))[0] == 503


async def test_a_stream_whose_store_says_no_ends_so_that_the_reader_resumes(api: Api) -> None:
    api.house.archive.fails = StoreError("history.db", "reading events", "disk I/O error")

    async with asyncio.timeout(30), api.session.get("http://x/api/events?stream=1") as answer:
        assert await answer.read() == b": still here\n\n"


async def test_health_is_plain_text_with_ages(api: Api) -> None:
    async with api.session.get("http://x/healthz") as answer:
        assert (answer.status, await answer.text()) == (
            200,
            "ok\nengine 0.250 s\nscanner 1.500 s\n",
        )
    assert api.callers == []


async def test_health_counts_what_is_left_undone(api: Api) -> None:
    api.health = Health(ok=True, counts={"scan_put_off": 815})

    async with api.session.get("http://x/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok\nscan_put_off 815\n")


async def test_a_stale_engine_is_not_healthy(api: Api) -> None:
    api.health = Health(ok=False, ages={"engine": 42.0})

    async with api.session.get("http://x/healthz") as answer:
        assert (answer.status, await answer.text()) == (503, "stale\nengine 42.000 s\n")


async def read_frames(
    api: Api, number: int, *, path: str = "/api/events", headers: Mapping[str, str] | None = None
) -> list[str]:
    """The first frames of a stream, comments left out."""
    frames: list[str] = []
    url = f"http://x{path}"
    async with asyncio.timeout(30), api.session.get(url, headers=headers) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        while len(frames) < number:
            frame = (await answer.content.readuntil(b"\n\n")).decode()
            if not frame.startswith(":"):
                frames.append(frame)
    return frames


async def test_the_stream_has_number_kind_and_json(api: Api) -> None:
    first = (await read_frames(api, 1, path="/api/events?stream=1"))[0].splitlines()

    assert first[0] == "id: 1"
    assert first[1] == "event: Started"
    assert json.loads(first[2].removeprefix("data: "))["seq"] == 1


async def test_the_stream_resumes_after_the_last_number_a_reader_had(api: Api) -> None:
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "2"}

    frames = await read_frames(api, 1, headers=headers)

    assert frames[0].startswith("id: 3\n")


async def test_the_stream_says_that_it_is_there_while_nothing_happens(api: Api) -> None:
    url = "http://x/api/events?stream=1&after=3"
    async with asyncio.timeout(30), api.session.get(url) as answer:
        for _ in range(3):
            assert await answer.content.readuntil(b"\n\n") == b": still here\n\n"


class DoorHub(Hub):
    """A hub that tells when a reader has left."""

    def __init__(self) -> None:
        super().__init__()
        self.left = asyncio.Event()

    def leave(self, reader: Subscription) -> None:
        super().leave(reader)
        self.left.set()


async def test_a_reader_that_goes_leaves_nothing_behind(api: Api) -> None:
    """The server learns of it with the next heartbeat."""
    hub = api.house.hub = DoorHub()
    await read_frames(api, 1, path="/api/events?stream=1")

    async with asyncio.timeout(30):
        await hub.left.wait()
    assert hub.readers == 0


async def test_stopping_ends_open_streams_at_once(tmp_path: Path) -> None:
    socket, house = tmp_path / "api.sock", house_with_a_story()
    serving = serve_api(house.desk, socket=socket, roles={}, health=lambda: Health(ok=True))
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as session,
        asyncio.timeout(30),
    ):
        async with serving:
            answer = await session.get("http://x/api/events?stream=1&after=3")
            await answer.content.readuntil(b"\n\n")
        rest = await answer.content.read()

    assert rest == b""
    assert house.hub.readers == 0


async def test_a_slow_reader_of_the_stream_loses_nothing(api: Api) -> None:
    api.house.hub._bound = 10
    url = "http://x/api/events?stream=1&after=3"
    async with asyncio.timeout(20), api.session.get(url) as answer:
        await answer.content.readuntil(b"\n\n")
        for _ in range(2_000):
            api.house.commit(fleet_subject(), Noticed("x", on=True, detail="y" * 400))
        seen: list[int] = []
        while len(seen) < 2_000:
            line = await answer.content.readline()
            if line.startswith(b"id: "):
                seen.append(int(line[4:]))

    assert seen == list(range(4, 2_004))


async def test_the_socket_is_in_use_while_it_serves(api: Api, tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="another service listens on it"):
        async with serve_api(
            api.desk_for, socket=tmp_path / "api.sock", roles={}, health=lambda: api.health
        ):
            pass


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
async def test_others_have_the_role_they_were_given(tmp_path: Path, role: str) -> None:
    async with served_to_others(tmp_path, {ME: role}) as api:
        assert (await api.get("/api/summary"))[1]["role"] == role
        assert api.callers == [Actor(ME, role, "socket")]


async def test_a_viewer_is_refused_a_verb(tmp_path: Path) -> None:
    async with served_to_others(tmp_path, {ME: "viewer"}) as api:
        status, found = await api.post("/api/do", b'{"verb": "freeze"}')

        assert (status, found["error"]) == (403, "forbidden")


async def test_a_named_role_stands_before_being_root_or_the_service(tmp_path: Path) -> None:
    async with served_to_others(tmp_path, {ME: "viewer"}, admins={os.geteuid()}) as api:
        assert (await api.get("/api/summary"))[0] == 200
        assert (await api.post("/api/do", b'{"verb": "freeze"}'))[0] == 403


@pytest.mark.parametrize("roles", [{}, {"other": "admin"}, {ME: "king"}])
async def test_others_without_a_role_are_refused_everything_but_health(
    tmp_path: Path, roles: Mapping[str, str]
) -> None:
    async with served_to_others(tmp_path, roles) as api:
        assert (await api.get("/api/summary"))[0] == 403
        assert (await api.get("/api/events?stream=1"))[0] == 403
        assert (await api.post("/api/do", b'{"verb": "freeze"}'))[0] == 403
        async with api.session.get("http://x/healthz") as answer:
            assert answer.status == 200
        assert api.callers == []


@asynccontextmanager
async def served_to_others(
    folder: Path, roles: Mapping[str, str], admins: Collection[int] = ()
) -> AsyncIterator[Api]:
    """A house whose admins are none of us unless said, so that only `roles` counts."""
    socket = folder / "others.sock"
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as session:
        found = Api(house_with_a_story(), session, socket)
        async with serve_api(
            found.desk_for,
            socket=socket,
            roles=roles,
            health=lambda: found.health,
            admins=admins,
        ):
            yield found


async def raw(api: Api, *said: bytes) -> bytes:
    """Say bytes at the socket, and return what was answered until the service hung up."""
    reader, writer = await asyncio.open_unix_connection(str(api.socket))
    for part in said:
        writer.write(part)
    answer = await reader.read(4096)
    writer.close()
    return answer


async def test_a_caller_that_vanishes_in_the_middle_is_no_fault_of_ours(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST /api/do HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    for said in (head + b"{", b"GET /api/events?stream=1 HTTP/1.1\r\nHost: x\r\n\r\n"):
        _, writer = await asyncio.open_unix_connection(str(api.socket))
        writer.write(said)
        await writer.drain()
        writer.transport.abort()
    async with asyncio.timeout(10):
        while (await api.get("/api/summary"))[0] != 200:
            pass

    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_what_is_no_http_is_one_line_without_what_was_said(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answer = await raw(api, b"GET / HTTP/1.1\r\nContent-Length: -5\r\nX: hunter2\r\n\r\n")

    assert answer.startswith(b"HTTP/1.0 400 ")
    assert [record.getMessage() for record in caplog.records][-1] == "caller speaks no HTTP"
    assert not any(record.exc_info for record in caplog.records)
