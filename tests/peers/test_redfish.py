"""The Redfish driver against OpenStack's sushy-emulator, plain and over TLS."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.drivers import DriverUnits
from plcmon.drivers.situations import IncompleteError
from plcmon.errors import DialogueError, LoginError, RefusedError, UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.model.policy import Wire
from plcmon.model.ports import Unit
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.sim.units import Certificate
from tests.drivers.rigs import Purse
from tests.peers.conftest import listening, running, until

EMULATOR = Path(".peers/bin/sushy-emulator").absolute()
USER, PASSWORD = "admin", "redfish secret"
HASHED = (
    "import bcrypt, sys; print(bcrypt.hashpw(sys.stdin.buffer.read(), bcrypt.gensalt(4)).decode())"
)
SYSTEMS = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")


@dataclass
class Emulator:
    """A running sushy-emulator."""

    port: int
    certificate: Certificate | None

    @property
    def pcu(self) -> Pcu:
        pin = self.certificate.fingerprint if self.certificate else ""
        return Pcu(
            key=PcuKey("toml:bmc"),
            site=SiteKey("s"),
            name="bmc",
            host="127.0.0.1",
            family="redfish",
            transports=(Transport("https" if pin else "http", self.port),),
            user=USER,
            credential="secret",
            fingerprint=pin,
            options={"system": SYSTEMS[0]},
        )

    def session(
        self, pcu: Pcu | None = None, *, password: str = PASSWORD
    ) -> AbstractAsyncContextManager[Unit]:
        wire = Wire(pcu_command=timedelta(seconds=20))
        return DriverUnits(Purse(secret=password), wire).session(pcu or self.pcu)


async def hashed(password: str) -> str:
    """As bcrypt writes it; only the emulator's own venv has that."""
    python = EMULATOR.with_name("python")
    process = await asyncio.create_subprocess_exec(
        python,
        "-c",
        HASHED,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(password.encode())
    return out.decode().strip()


def settings(folder: Path, *, on: bool, stuck: bool) -> str:
    systems = [
        {
            "uuid": uuid,
            "name": f"node{number}",
            "power_state": "On" if on else "Off",
            "external_notifier": False,
            "nics": [{"mac": f"00:5c:52:31:3a:0{number}", "ip": f"127.0.9.{number}"}],
        }
        for number, uuid in enumerate(SYSTEMS)
    ]
    return (
        f"SUSHY_EMULATOR_STATE_DIR = {str(folder / 'state')!r}\n"
        f"SUSHY_EMULATOR_AUTH_FILE = {str(folder / 'htpasswd')!r}\n"
        f"SUSHY_EMULATOR_DISABLE_POWER_OFF = {stuck}\n"
        f"SUSHY_EMULATOR_FAKE_SYSTEMS = {systems!r}\n"
    )


@asynccontextmanager
async def emulating(
    folder: Path, *, tls: bool = False, on: bool = True, stuck: bool = False
) -> AsyncIterator[Emulator]:
    assert await asyncio.to_thread(EMULATOR.exists), "tests/peers/install installs it"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Emulator(port, Certificate.make("127.0.0.1") if tls else None)
    (folder / "state").mkdir()
    (folder / "htpasswd").write_text(f"{USER}:{await hashed(PASSWORD)}\n")
    (folder / "emulator.conf").write_text(settings(folder, on=on, stuck=stuck))
    # Without an address of its own it listens on all there are.
    argv = ["--fake", "--config", "emulator.conf", "-i", "127.0.0.1", "-p", str(port)]
    if made.certificate is not None:
        (folder / "bmc.pem").write_bytes(made.certificate.pem)
        argv += ["--ssl-certificate", "bmc.pem", "--ssl-key", "bmc.pem"]
    async with running(str(EMULATOR), *argv, folder=folder):
        await listening("127.0.0.1", port)
        yield made


async def test_switches_off_and_waits_until_it_reads_so(tmp_path: Path) -> None:
    async with emulating(tmp_path) as bmc, bmc.session() as unit:
        assert await unit.read("1") is PowerState.ON
        await unit.switch("1", PowerState.OFF)
        async with asyncio.timeout(20):  # it follows after 1 to 11 s
            await until(lambda: unit.read("1"), PowerState.OFF)


async def test_switches_on_over_tls_with_a_pinned_certificate(tmp_path: Path) -> None:
    async with emulating(tmp_path, tls=True, on=False) as bmc, bmc.session() as unit:
        assert await unit.read("1") is PowerState.OFF
        await unit.switch("1", PowerState.ON)
        async with asyncio.timeout(20):
            await until(lambda: unit.read("1"), PowerState.ON)


async def test_a_certificate_that_is_not_the_pinned_one_gets_no_password(tmp_path: Path) -> None:
    async with emulating(tmp_path, tls=True) as bmc:
        for pin in ("00" * 32, ""):
            with pytest.raises(DialogueError, match="certificate"):
                async with bmc.session(replace(bmc.pcu, fingerprint=pin)):
                    pass


async def test_what_it_says_of_records_that_are_wrong(tmp_path: Path) -> None:
    async with emulating(tmp_path, stuck=True) as bmc:
        with pytest.raises(LoginError):
            async with bmc.session(password="wrong"):
                pass
        with pytest.raises(IncompleteError, match="must be one of"):
            async with bmc.session(replace(bmc.pcu, options={})):
                pass
        with pytest.raises(UnsupportedError, match="basic"):
            async with bmc.session(replace(bmc.pcu, options={"auth": "session"})):
                pass
        async with bmc.session() as unit:
            assert not unit.native_cycle
            with pytest.raises((RefusedError, UnsupportedError)):
                await unit.switch("1", PowerState.OFF)
            assert await unit.read("1") is PowerState.ON
