"""A canary password: every family's sessions, through the whole service, leave no trace of it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from plcmon.client import Client
from plcmon.drivers import DriverUnits
from plcmon.errors import DeviceError, explain, to_json
from plcmon.model.intents import PowerState
from tests.app.conftest import logging_restored
from tests.app.place import Place
from tests.drivers.rigs import PASSWORD, RIGS, Purse, Rig, wire

__all__ = ["logging_restored"]  # a fixture that acts by itself

WORD = "Tr0ub4dor"  # no form of the canary that keeps its letters is without this
IMPATIENT = timedelta(seconds=1.5)
PLAIN_ENVIRONMENT = {"PATH", "LC_ALL", "LC_CTYPE"}
NEEDS_IT = {"ipmitool": {"IPMI_PASSWORD"}}  # by program: what else it may be given
HEAD = """
[policy]
mode = "observe"
[policy.wire]
tcp_deadline = "1s"
pcu_command = "2s"
pcu_settle = "10ms"
[service]
log_format = "json"
log_level = "debug"
[secrets]
directory = "secrets"
[sites.here]
name = "Here"
"""


def traces() -> list[bytes]:
    """What the canary looks like as it is, in a URL, and in base64 wherever it begins."""
    assert WORD in PASSWORD
    found = [WORD.encode(), quote(PASSWORD, safe="").encode()]
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + PASSWORD.encode())
        found.append(encoded[4 if before else 0 : -4])
    return found


def seen_in(data: bytes) -> list[bytes]:
    return [trace for trace in traces() if trace in data]


@pytest.mark.parametrize(
    "text",
    [
        f"password {PASSWORD}",
        f"/login?p={quote(PASSWORD)}",
        *(base64.b64encode(f"{user}:{PASSWORD}".encode()).decode() for user in ("a", "ab", "abc")),
        json.dumps({"said": PASSWORD}),
    ],
)
def test_a_trace_would_be_seen(text: str) -> None:
    assert seen_in(text.encode())


@asynccontextmanager
async def every_rig(folder: Path) -> AsyncIterator[dict[str, Rig]]:
    """A unit of each family over each transport, with the canary for its password."""
    async with AsyncExitStack() as stack:
        found: dict[str, Rig] = {}
        for name, make in RIGS.items():
            place = folder / name
            place.mkdir(parents=True)
            found[name] = await stack.enter_async_context(make(place))
            assert found[name].password == PASSWORD
        yield found


async def one_session(rig: Rig) -> list[str]:
    """Switch off and on; then a refusal: what each way of telling an error says of it."""
    async with rig.session() as unit:
        await unit.switch("3", PowerState.OFF)
        await unit.switch("3", PowerState.ON)
    rig.unit.faults.wrong_password = True
    told: list[str] = []
    units = DriverUnits(Purse(secret=PASSWORD), wire(IMPATIENT))
    try:
        async with units.session(rig.pcu, transcript=rig.lines.append):
            pass
    except DeviceError as error:
        told += chain(error)
        told += [explain(error), json.dumps(to_json(error))]
    rig.unit.faults.wrong_password = False
    assert told
    return [*told, *rig.lines, repr(rig.pcu)]


def chain(error: BaseException) -> Iterator[str]:
    """The texts of an error and of everything that it came from."""
    cause: BaseException | None = error
    while cause is not None:
        yield f"{cause} {cause!r} {cause.args!r}"
        cause = cause.__cause__ or cause.__context__


def record(number: int, name: str, rig: Rig) -> str:
    """The PCU as monitor.toml has it, with one node."""
    pcu = rig.pcu
    (transport,) = pcu.transports
    lines = [
        f"[pcus.{name}]",
        'site = "here"',
        f"family = {json.dumps(pcu.family)}",
        f"host = {json.dumps(pcu.host)}",
        f'transports = ["{transport.name}:{transport.port}"]',
        f"quirks = {json.dumps(list(pcu.quirks))}",
        'credential = "canary"',
    ]
    if pcu.user:
        lines.append(f"user = {json.dumps(pcu.user)}")
    if pcu.fingerprint:
        lines.append(f"fingerprint = {json.dumps(pcu.fingerprint)}")
    if not pcu.verify:
        lines.append("verify = false")
    lines.append(f"[pcus.{name}.options]" if pcu.options else "")
    lines += [f"{option} = {json.dumps(value)}" for option, value in pcu.options.items()]
    lines += [
        f"[nodes.{name}]",
        f'hostname = "{name}.example.org"',
        'site = "here"',
        f'addresses = ["127.0.1.{number}"]',
        "ssh_port = 1",
        f'power = [{{ outlets = ["{name}:3"] }}]',
    ]
    return "\n".join(lines) + "\n"


def write(place: Place, rigs: Mapping[str, Rig]) -> None:
    records = [record(number, *one) for number, one in enumerate(rigs.items(), 1)]
    place.config.write_text(HEAD + "".join(records))
    secrets = place.folder / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "canary").write_text(PASSWORD)
    (secrets / "canary").chmod(0o600)


async def ask_all(desk: Client) -> list[str]:
    """Test every PCU, some at once; what the desk answers."""
    free = asyncio.Semaphore(8)

    async def one(key: str) -> str:
        async with free:
            return repr(await desk.do("pcu-test", f"pcu/{key}", reason="canary"))

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(pcu.key), name=pcu.key) for pcu in await desk.pcus()]
    return [task.result() for task in tasks]


async def everything_shown(desk: Client) -> str:
    """All that the API shows of the PCUs."""
    shown: list[Any] = [await desk.view(), await desk.events(0, limit=500), await desk.plan(
        timedelta(days=1)
    )]  # fmt: skip
    for pcu in await desk.pcus():
        shown += [pcu, await desk.why(f"pcu/{pcu.key}"), await desk.sessions(f"pcu/{pcu.key}")]
    return "\n".join(json.dumps(plain(one), default=str) for one in shown)


def plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def calls_of(folder: Path) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """The name, arguments and environment of each program that was started."""
    for path in folder.rglob("*.calls"):
        for line in path.read_text().splitlines():
            yield path.stem, json.loads(line)


@pytest.mark.timeout(180)
async def test_no_family_leaves_a_trace_of_its_password(
    tmp_path: Path,
    usual_collector: None,
    capfd: pytest.CaptureFixture[str],
) -> None:
    place = Place(tmp_path / "service")
    place.folder.mkdir()
    async with every_rig(tmp_path / "rigs") as rigs:
        async with asyncio.TaskGroup() as group:
            sessions = [
                group.create_task(one_session(rig), name=name) for name, rig in rigs.items()
            ]
        told = [line for session in sessions for line in session.result()]
        write(place, rigs)
        async with place.serving() as desk:
            good = await ask_all(desk)
            for rig in rigs.values():
                rig.unit.faults.wrong_password = True
            bad = await ask_all(desk)
            shown = await everything_shown(desk)
    logged = "".join(capfd.readouterr())

    assert len(good) == len(bad) == len(RIGS)
    assert all("ok after" in answer for answer in good), [a for a in good if "ok after" not in a]
    assert not any("ok after" in answer for answer in bad)
    assert "pcu-test" in shown
    assert '"level"' in logged
    for where, text in {
        "transcripts and errors": "\n".join(told),
        "answers": "\n".join([*good, *bad]),
        "what the API shows": shown,
        "the log": logged,
    }.items():
        assert not seen_in(text.encode()), where
    no_file_has_it(place.folder)
    no_program_was_shown_it(tmp_path / "rigs")


def no_file_has_it(folder: Path) -> None:
    """Everything on disk but the secret itself; the databases and their logs are among it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    kept = [path for path in files if path.parent.name != "secrets"]

    assert any(path.suffix == ".db" for path in kept)
    assert not [path for path in kept if seen_in(path.read_bytes())]


def no_program_was_shown_it(folder: Path) -> None:
    called = list(calls_of(folder))

    assert {name for name, _ in called} >= {"ipmitool", "fence_virtual"}
    for name, call in called:
        assert not seen_in(json.dumps(call["argv"]).encode()), name
        assert set(call["env"]) <= PLAIN_ENVIRONMENT | NEEDS_IT.get(name, set()), name
