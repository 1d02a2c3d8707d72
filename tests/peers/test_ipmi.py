"""The IPMI driver with the real ipmitool against OpenIPMI's ipmi_sim."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.drivers import DriverUnits
from plcmon.drivers.base import RememberedKeys
from plcmon.drivers.situations import DeniedError
from plcmon.errors import LoginError, UnreachableError, UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.model.policy import Wire
from plcmon.model.ports import Unit
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.rigs import Purse
from tests.peers.conftest import program, running, until

PASSWORD = "secret"
LAN = """name "node1"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "{chassis}"
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "admin" "secret" admin 10 none md2 md5 straight
  user 3 true "looker" "secret" user 10 none md2 md5 straight
"""
EMULATOR = """mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""
CHASSIS = """#!/bin/sh
S={state}
op=$1; shift
case $op in
 get) while [ $# -gt 0 ]; do
        case $1 in power) echo "power:$(cat $S)";; boot) echo "boot:default";; *) echo "$1:0";; esac
        shift
      done;;
 set) while [ $# -gt 1 ]; do
        case $1 in power) echo $2 >$S; echo "$2" >>$S.log;; esac
        shift 2
      done;;
esac
exit 0
"""


@dataclass
class Bmc:
    """A running ipmi_sim."""

    port: int
    folder: Path

    keys: RememberedKeys = field(default_factory=RememberedKeys)
    lines: list[str] = field(default_factory=list)

    def session(
        self, *, password: str = PASSWORD, port: int = 0, user: str = "admin", **options: str
    ) -> AbstractAsyncContextManager[Unit]:
        pcu = Pcu(
            key=PcuKey("toml:bmc"),
            site=SiteKey("s"),
            name="bmc",
            host="127.0.0.1",
            family="ipmi",
            transports=(Transport("ipmi", port or self.port),),
            user=user,
            credential="secret",
            options=options,
        )
        wire = Wire(pcu_command=timedelta(seconds=20))
        units = DriverUnits(Purse(secret=password), wire, known_keys=self.keys)
        return units.session(pcu, transcript=self.lines.append)

    async def commands(self) -> list[str]:
        log = self.folder / "power.log"
        return log.read_text().split() if log.exists() else []


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def bmc(tmp_path: Path) -> AsyncIterator[Bmc]:
    program("ipmitool")
    made = Bmc(free_port(), tmp_path)
    chassis = tmp_path / "chassis"
    chassis.write_text(CHASSIS.format(state=tmp_path / "power"))
    chassis.chmod(0o700)
    (tmp_path / "power").write_text("1\n")
    (tmp_path / "lan.conf").write_text(LAN.format(port=made.port, chassis=chassis))
    (tmp_path / "node1.emu").write_text(EMULATOR)
    (tmp_path / "state").mkdir()
    argv = ("-n", "-c", "lan.conf", "-f", "node1.emu", "-s", "state")
    async with running(program("ipmi_sim"), *argv, folder=tmp_path):
        await answering(made)
        yield made


async def answering(bmc: Bmc) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                async with bmc.session():
                    return
            except UnreachableError:
                await asyncio.sleep(0.1)


async def reads(unit: Unit, state: PowerState) -> None:
    """Wait until the chassis follows; ipmi_sim takes about a second."""
    async with asyncio.timeout(15):
        await until(lambda: unit.read("1"), state)


async def test_reads_and_switches(bmc: Bmc) -> None:
    async with bmc.session() as unit:
        assert await unit.read("1") is PowerState.ON
        await unit.switch("1", PowerState.OFF)
        await reads(unit, PowerState.OFF)
        await unit.switch("1", PowerState.ON)
        await reads(unit, PowerState.ON)

    assert await bmc.commands() == ["0", "1"]


async def test_its_own_cycle_ends_on(bmc: Bmc) -> None:
    async with bmc.session() as unit:
        await unit.cycle("1")
        async with asyncio.timeout(15):
            await until(bmc.commands, ["0", "1"])
        await reads(unit, PowerState.ON)


async def test_a_wrong_password_is_told_from_a_dead_machine(bmc: Bmc) -> None:
    with pytest.raises(LoginError):
        async with bmc.session(password="wrong"):
            pass
    with pytest.raises(UnreachableError):
        async with bmc.session(port=free_port()):
            pass


async def test_the_cipher_suite_that_worked_is_tried_first(bmc: Bmc) -> None:
    bmc.lines.clear()
    async with bmc.session() as unit:
        assert await unit.read("1") is PowerState.ON

    asked = [line for line in bmc.lines if line.startswith("> ")]
    assert len(asked) == 2
    assert all("-C 3 " in line for line in asked)


async def test_a_chosen_cipher_suite_that_it_lacks_is_told(bmc: Bmc) -> None:
    with pytest.raises(UnsupportedError, match="cipher"):
        async with bmc.session(cipher="17"):
            pass


async def test_ipmi_1_5_reads_and_tells_what_was_refused(bmc: Bmc) -> None:
    async with bmc.session(interface="lan", level="ADMINISTRATOR") as unit:
        assert await unit.read("1") is PowerState.ON
    with pytest.raises(LoginError, match="user refused"):
        async with bmc.session(interface="lan", user="nobody"):
            pass
    with pytest.raises(DeniedError):
        async with bmc.session(interface="lan", user="looker"):
            pass
    with pytest.raises(LoginError, match="password refused"):
        async with bmc.session(interface="lan", password="wrong"):
            pass
