"""The SNMP driver against net-snmp's snmpd, and against snmpsim."""

import asyncio
import getpass
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.drivers import DriverUnits
from plcmon.drivers.situations import DeniedError, NoSuchOutletError
from plcmon.errors import DeviceError, LoginError, OutcomeUnknownError, UnreachableError
from plcmon.model.intents import PowerState
from plcmon.model.policy import Wire
from plcmon.model.ports import Unit
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.sim.units.snmp_devices import DEVICES, Device
from tests.drivers.rigs import Purse
from tests.peers.conftest import program, running

PHRASES = "authpass 123\nprivpass 456"
STUCK = "7"  # the outlet whose command is obeyed and never answered
OUTLETS = range(1, 9)
OFF_FROM_THE_START = 2
ON, OFF = PowerState.ON, PowerState.OFF
VERSIONS = ("1", "2c", "3")
SNMPD = """agentAddress udp:127.0.0.1:{port}
rwcommunity private 127.0.0.0/8
rocommunity public 127.0.0.0/8
createUser admin SHA "authpass 123" AES "privpass 456"
createUser old MD5 "authpass 123" DES "privpass 456"
createUser plain SHA-256 "authpass 123"
createUser strong SHA-512 "authpass 123" AES-256 "privpass 456"
rwuser admin priv
rwuser old priv
rwuser plain auth
rwuser strong priv
sysObjectID {model}
pass_persist .{branch} {python} -u {script} {layout}
"""
SCRIPT = '''"""Answers snmpd for one power unit, as its pass_persist program."""
import json, sys, time

layout = json.load(open(sys.argv[1]))
state = {outlet: outlet != "2" for outlet in layout["outlets"]}

def oid(text):
    return tuple(map(int, text.strip(".").split(".")))

status = {oid(place): outlet for place, outlet in layout["status"].items()}
control = {oid(place): made for place, made in layout["control"].items()}

def value(at):
    if at in status:
        return layout["on" if state[status[at]] else "off"]
    return 0

def tell(at):
    print("." + ".".join(map(str, at)), "integer", value(at), sep="\\n")

def set_(at, number):
    if at not in control:
        return "not-writable"
    outlet, verbs = control[at]
    if str(number) not in verbs:
        return "wrong-value"
    verb = verbs[str(number)]
    with open(layout["log"], "a") as log:
        log.write(f"{verb} {outlet}\\n")
    state[outlet] = verb == "on"
    if outlet == layout["stuck"]:
        time.sleep(3)
    return "DONE"

known = sorted({*status, *control})
for line in sys.stdin:
    word = line.strip()
    if word == "PING":
        print("PONG")
    elif word in ("get", "getnext"):
        at = oid(sys.stdin.readline().strip())
        if word == "getnext":
            at = next((one for one in known if one > at), None)
        if at in status or at in control:
            tell(at)
        else:
            print("NONE")
    elif word == "set":
        at = oid(sys.stdin.readline().strip())
        print(set_(at, int(sys.stdin.readline().split()[1])))
    sys.stdout.flush()
'''


@dataclass
class Peer:
    """A running agent."""

    port: int
    folder: Path

    def session(
        self,
        version: str = "2c",
        *,
        secret: str = "",
        user: str = "admin",
        step: float = 10,
        **options: str,
    ) -> AbstractAsyncContextManager[Unit]:
        pcu = Pcu(
            key=PcuKey("toml:pdu"),
            site=SiteKey("s"),
            name="pdu",
            host="127.0.0.1",
            family="snmp",
            transports=(Transport("snmp", self.port),),
            user=user,
            credential="secret",
            options={"version": version, **options},
        )
        value = secret or (PHRASES if version == "3" else "private")
        wire = Wire(pcu_command=timedelta(seconds=step))
        return DriverUnits(Purse(secret=value), wire).session(pcu)

    def commands(self) -> list[str]:
        log = self.folder / "commands"
        return log.read_text().splitlines() if log.exists() else []


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def status_of(device: Device) -> dict[str, str]:
    """Where each outlet is read."""
    return {device.shows.format(n + device.first - 1): str(n) for n in OUTLETS}


def control_of(device: Device) -> dict[str, tuple[str, dict[str, str]]]:
    """Where each outlet is written, and what numbers mean there."""
    return {
        place.format(n + device.first - 1): (str(n), {str(k): verb for k, verb in verbs.items()})
        for place, verbs in device.obeys.items()
        for n in OUTLETS
    }


def branch_of(device: Device) -> str:
    """The branch that holds all of its tables."""
    places = [place.replace(".", "/") for place in (*status_of(device), *control_of(device))]
    return os.path.commonpath(places).replace("/", ".")


@asynccontextmanager
async def snmpd(folder: Path, name: str) -> AsyncIterator[Peer]:
    device, peer = DEVICES[name], Peer(free_port(), folder)
    layout = {
        "outlets": [str(n) for n in OUTLETS],
        "status": status_of(device),
        "control": control_of(device),
        "on": device.on,
        "off": device.off,
        "log": str(folder / "commands"),
        "stuck": STUCK,
    }
    (folder / "layout.json").write_text(json.dumps(layout))
    (folder / "unit.py").write_text(SCRIPT)
    text = SNMPD.format(
        port=peer.port,
        model=f".{device.model}",
        branch=branch_of(device),
        python=sys.executable,
        script=folder / "unit.py",
        layout=folder / "layout.json",
    )
    (folder / "snmpd.conf").write_text(text)
    (folder / "persistent").mkdir()
    argv = (
        *(program("env"), f"SNMP_PERSISTENT_DIR={folder / 'persistent'}", program("snmpd")),
        *("-f", "-Lo", "-C", "-c", "snmpd.conf", "-I", "-smux,mteTrigger,mteTriggerConf"),
    )
    async with running(*argv, folder=folder):
        await answering(peer)
        yield peer


async def answering(peer: Peer, **options: str) -> None:
    """Wait until it answers; a port where nobody listens yet says so."""
    async with asyncio.timeout(30):
        while True:
            try:
                async with peer.session(**options):  # type: ignore[arg-type]  # all are texts
                    return
            except UnreachableError:
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("name", DEVICES)
async def test_snmpd_is_read_and_switched_in_every_version(name: str, tmp_path: Path) -> None:
    async with snmpd(tmp_path, name) as peer:
        for version in VERSIONS:
            async with peer.session(version) as unit:
                assert [await unit.read("2"), await unit.read("3")] == [OFF, ON]
                await unit.switch("3", OFF)
                assert await unit.read("3") is OFF
                await unit.switch("3", ON)
                assert await unit.read("3") is ON
                with pytest.raises(NoSuchOutletError):
                    await unit.switch("9", OFF)

        assert peer.commands() == ["off 3", "on 3"] * len(VERSIONS)


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    async with snmpd(tmp_path, "apc-rpdu") as made:
        yield made


@pytest.mark.parametrize(
    ("user", "auth", "privacy"),
    [("old", "MD5", "DES"), ("plain", "SHA256", "none"), ("strong", "SHA512", "AES256")],
)
async def test_other_strengths(peer: Peer, user: str, auth: str, privacy: str) -> None:
    async with peer.session("3", user=user, auth=auth, privacy=privacy) as unit:
        await unit.switch("3", OFF)

        assert await unit.read("3") is OFF


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_a_community_that_may_only_read_is_told_at_the_command(
    peer: Peer, version: str
) -> None:
    async with peer.session(version, secret="public") as unit:
        assert await unit.read("3") is ON
        with pytest.raises(DeniedError):
            await unit.switch("3", OFF)

    assert not peer.commands()


@pytest.mark.parametrize(
    ("user", "secret"), [("admin", "wrong phrase\nprivpass 456"), ("nobody", PHRASES)]
)
async def test_a_stranger_is_told_in_version_3(peer: Peer, user: str, secret: str) -> None:
    with pytest.raises(LoginError):
        async with peer.session("3", user=user, secret=secret):
            pass


async def test_a_wrong_phrase_for_privacy_opens_nothing(peer: Peer) -> None:
    with pytest.raises(DeviceError):
        async with peer.session("3", secret="authpass 123\nwrong phrase", step=2):
            pass


async def test_a_wrong_community_is_silence(peer: Peer) -> None:
    with pytest.raises(UnreachableError):
        async with peer.session(secret="guess", step=2):
            pass


async def test_a_command_without_an_answer_is_unknown_until_it_is_read(peer: Peer) -> None:
    async with peer.session(step=1) as unit:
        with pytest.raises(OutcomeUnknownError):
            await unit.switch(STUCK, OFF)
    async with peer.session() as unit:
        assert await unit.read(STUCK) is OFF

    assert peer.commands() == [f"off {STUCK}"]


def records(device: Device) -> str:
    """The lines of snmpsim's file for one device, in the order of their objects."""
    lines = {"1.3.6.1.2.1.1.2.0": f"6|{device.model}"}
    lines |= dict.fromkeys(control_of(device), "2:writecache|value=0")
    for place, outlet in status_of(device).items():
        number = device.off if outlet == str(OFF_FROM_THE_START) else device.on
        lines[place] = f"2:writecache|value={number}"
    ordered = sorted(lines, key=lambda text: tuple(map(int, text.split("."))))
    return "".join(f"{place}|{lines[place]}\n" for place in ordered)


@pytest.fixture(scope="module")
def simulator() -> str:
    """snmpsim's program, installed beside the project."""
    path = Path(".peers/bin/snmpsim-command-responder").absolute()
    assert path.exists(), "snmpsim is not installed; tests/peers/install installs it"
    return str(path)


@asynccontextmanager
async def snmpsim(folder: Path, simulator: str) -> AsyncIterator[Peer]:
    peer = Peer(free_port(), folder)
    (folder / "data").mkdir()
    for name, device in DEVICES.items():
        (folder / "data" / f"{name}.snmprec").write_text(records(device))
    first, _, second = PHRASES.partition("\n")
    owner = () if os.getuid() else (f"--process-user={getpass.getuser()}", "--process-group=root")
    argv = (
        *(simulator, "--data-dir=data", "--cache-dir=cache", *owner),
        f"--agent-udpv4-endpoint=127.0.0.1:{peer.port}",
        *("--v3-user=admin", "--v3-auth-proto=SHA", f"--v3-auth-key={first}"),
        *("--v3-priv-proto=AES", f"--v3-priv-key={second}"),
    )
    async with running(*argv, folder=folder):
        await answering(peer, secret="apc-rpdu")
        yield peer


async def test_snmpsim_is_read_and_switched_in_every_version(
    tmp_path: Path, simulator: str
) -> None:
    """It couples nothing: the state follows only where it is read and written in one place."""
    async with snmpsim(tmp_path, simulator) as peer:
        for name, device in DEVICES.items():
            coupled = device.shows in device.obeys
            for version in VERSIONS:
                # A community is the name of a file, and so is a context.
                chosen = {"context": name} if version == "3" else {"secret": name}
                async with peer.session(version, **chosen) as unit:  # type: ignore[arg-type]
                    assert [await unit.read("2"), await unit.read("3")] == [OFF, ON], name
                    await unit.switch("3", OFF)
                    assert await unit.read("3") is (OFF if coupled else ON), name
                    await unit.switch("3", ON)
                    assert await unit.read("3") is ON, name
