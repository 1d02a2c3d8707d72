"""The IPMI driver against a recording program: what is on its command line, what answers mean."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.drivers import DriverUnits
from plcmon.drivers.base import RememberedKeys
from plcmon.drivers.ipmi import check
from plcmon.drivers.situations import DeniedError, NoRouteError
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.sim.units import IpmiUnit
from tests.drivers.rigs import PASSWORD, Purse, Rig, ipmi_rig, wire


@pytest.fixture
async def bmc(tmp_path: Path) -> AsyncIterator[Rig]:
    async with ipmi_rig(tmp_path) as rig:
        yield rig


def calls(rig: Rig) -> list[dict[str, list[str]]]:
    record = Path(rig.pcu.options["program"] + ".calls").read_text()
    return [json.loads(line) for line in record.splitlines()]


def suites_of(rig: Rig) -> list[str]:
    return [call["argv"][call["argv"].index("-C") + 1] for call in calls(rig)]


def pretend(rig: Rig, folder: Path, text: str) -> None:
    """Put another program in the place of ipmitool."""
    program = folder / "pretender"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o700)
    rig.pcu = replace(rig.pcu, options={"program": str(program)})


async def test_the_password_is_in_no_argument(bmc: Rig) -> None:
    async with bmc.session() as unit:
        await unit.switch("1", PowerState.OFF)

    assert len(calls(bmc)) > 1
    assert not [call for call in calls(bmc) if PASSWORD in " ".join(call["argv"])]
    assert all("-E" in call["argv"] and "-P" not in call["argv"] for call in calls(bmc))


async def test_the_child_sees_its_password_and_nothing_else(bmc: Rig) -> None:
    async with bmc.session():
        pass

    extra = set(calls(bmc)[0]["env"]) - {"LC_CTYPE", "PWD", "_", "SHLVL"}
    assert extra == {"IPMI_PASSWORD", "LC_ALL", "PATH"}


async def test_a_refused_cipher_leads_to_the_next_before_any_password(bmc: Rig) -> None:
    async with bmc.session() as unit:
        await unit.read("1")

    assert suites_of(bmc) == ["17", "3", "3"]
    assert [row.verb for row in bmc.unit.log.rows] == ["login", "read", "login", "read"]


async def test_the_cipher_that_worked_comes_first_from_then_on(bmc: Rig) -> None:
    keys = RememberedKeys()
    units = DriverUnits(Purse(secret=PASSWORD), wire(), known_keys=keys)
    for _ in range(2):
        async with units.session(bmc.pcu):
            pass

    assert suites_of(bmc) == ["17", "3", "3"]


async def test_a_cipher_that_works_no_more_is_forgotten(bmc: Rig) -> None:
    assert isinstance(bmc.unit, IpmiUnit)
    keys = RememberedKeys()
    units = DriverUnits(Purse(secret=PASSWORD), wire(), known_keys=keys)
    async with units.session(bmc.pcu):
        pass
    bmc.unit.cipher = "17"
    for _ in range(2):
        async with units.session(bmc.pcu):
            pass

    assert suites_of(bmc) == ["17", "3", "3", "17", "17"]


async def test_what_is_remembered_is_no_word_for_a_command_line(bmc: Rig) -> None:
    keys = RememberedKeys()
    keys.set(f"{bmc.pcu.key} cipher", "0 -P x")
    units = DriverUnits(Purse(secret=PASSWORD), wire(), known_keys=keys)
    async with units.session(bmc.pcu):
        pass

    assert suites_of(bmc) == ["17", "3"]


async def test_ipmi_1_5_has_no_cipher_suites(bmc: Rig) -> None:
    short = "short & old"
    assert isinstance(bmc.unit, IpmiUnit)
    async with IpmiUnit({"3": bmc.relay}, password=short) as unit:
        options = {**bmc.pcu.options, "interface": "lan", "level": "ADMINISTRATOR"}
        pcu = replace(bmc.pcu, transports=(Transport("ipmi", unit.port),), options=options)
        async with DriverUnits(Purse(secret=short), wire()).session(pcu) as session:
            assert await session.read("1") is PowerState.ON
        with pytest.raises(LoginError, match="password refused"):
            async with DriverUnits(Purse(secret="wrong"), wire()).session(pcu):
                pass
        unit.levels = {"OPERATOR"}
        with pytest.raises(DeniedError):
            async with DriverUnits(Purse(secret=short), wire()).session(pcu):
                pass

    assert all("-C" not in call["argv"] for call in calls(bmc))
    assert calls(bmc)[0]["argv"][:2] == ["-I", "lan"]


async def test_a_password_that_ipmi_cannot_carry_is_told(bmc: Rig) -> None:
    with pytest.raises(LoginError, match="too long"):
        async with bmc.session(password="x" * 21):
            pass

    assert not bmc.unit.log.rows


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cipher": "0"}, "cipher suite 0"),
        ({"cipher": "best"}, "no number of a suite"),
        ({"cipher": "-f"}, "no number of a suite"),
        ({"interface": "open"}, "lanplus, lan"),
        ({"level": "KING"}, "OPERATOR"),
    ],
)
def test_options_that_make_no_sense_are_told(options: dict[str, str], words: str) -> None:
    pcu = Pcu(PcuKey("toml:bmc"), SiteKey("s"), "bmc", "192.0.2.1", "ipmi", options=options)

    assert words in "\n".join(check(pcu))


async def test_a_chosen_cipher_is_the_only_one(bmc: Rig) -> None:
    bmc.pcu = replace(bmc.pcu, options={**bmc.pcu.options, "cipher": "17"})

    with pytest.raises(UnsupportedError):
        async with bmc.session():
            pass


async def test_its_own_cycle_is_offered_and_sent_once(bmc: Rig) -> None:
    async with bmc.session() as unit:
        assert unit.native_cycle
        await unit.cycle("1")

    assert [row.verb for row in bmc.unit.log.destructive()] == ["cycle"]


async def test_a_cycle_while_off_is_refused(bmc: Rig) -> None:
    bmc.relay.on = False

    async with bmc.session() as unit:
        with pytest.raises(RefusedError):
            await unit.cycle("1")


async def test_a_wrong_user_is_told_from_a_wrong_password(bmc: Rig) -> None:
    bmc.pcu = replace(bmc.pcu, user="root")

    with pytest.raises(LoginError) as caught:
        async with bmc.session():
            pass

    assert caught.value.why == "user refused"


@pytest.mark.parametrize(
    ("complaint", "situation"),
    [
        ("Error: Unable to establish IPMI v2 / RMCP+ session", UnreachableError),
        ("> RAKP 2 HMAC is invalid\\nError: Unable to establish IPMI v2", LoginError),
        ("insufficient resources for session\\nUnable to establish IPMI v2", BusyError),
        ("Address lookup for bmc failed\\nCould not open socket!", NoRouteError),
        ("Set Session Privilege Level to OPERATOR failed", DeniedError),
        ("Get Chassis Power Status failed: Node busy", RefusedError),
        ("password verification timeout, the power is on its way", DialogueError),
        ("Segmentation fault", DialogueError),
        ("Activate Session command failed\\nUnable to establish LAN session", LoginError),
        ("Invalid user name\\nUnable to establish LAN session", LoginError),
        ("Get Auth Capabilities command failed\\nUnable to establish LAN", UnreachableError),
        ("Requested privilege level exceeds limit\\nUnable to establish LAN", DeniedError),
    ],
)
async def test_what_complaints_mean(
    bmc: Rig, tmp_path: Path, complaint: str, situation: type[DeviceError]
) -> None:
    pretend(bmc, tmp_path, f"printf '{complaint}' >&2; exit 1")

    with pytest.raises(situation) as caught:
        async with bmc.session():
            pass

    assert type(caught.value) is situation


STATUS_WORKS = 'case "$*" in *status) echo Chassis Power is on; exit 0;; esac'


@pytest.mark.parametrize(
    ("answer", "situation"),
    [
        ("echo 'Set Chassis Power Control to Down/Off failed: Insufficient privilege level' >&2",
         DeniedError),
        ("echo 'Unable to set Chassis Power Control to Down/Off' >&2", OutcomeUnknownError),
        ("echo 'Error: Unable to establish IPMI v2 / RMCP+ session' >&2", UnreachableError),
        ("kill -9 $$", OutcomeUnknownError),
        ("exec yes", OutcomeUnknownError),
        ("sleep 30", OutcomeUnknownError),
    ],
)  # fmt: skip
async def test_what_is_known_after_a_command(
    bmc: Rig, tmp_path: Path, answer: str, situation: type[DeviceError]
) -> None:
    pretend(bmc, tmp_path, f"{STATUS_WORKS}\n{answer}\nexit 1")

    async with bmc.session(step=timedelta(seconds=2)) as unit:
        with pytest.raises(situation) as caught:
            await unit.switch("1", PowerState.OFF)

    assert type(caught.value) is situation


async def test_on_is_matched_as_a_whole_sentence(bmc: Rig, tmp_path: Path) -> None:
    pretend(bmc, tmp_path, "echo 'password verification timeout: on'; exit 0")

    async with bmc.session() as unit:
        with pytest.raises(DialogueError):
            await unit.read("1")


async def test_a_missing_program_is_unsupported(bmc: Rig) -> None:
    bmc.pcu = replace(bmc.pcu, options={"program": "plcmon-no-such-ipmitool"})

    with pytest.raises(UnsupportedError):
        async with bmc.session():
            pass
