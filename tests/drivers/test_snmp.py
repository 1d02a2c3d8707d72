"""The SNMP driver: every table, every version, and any one datagram lost."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.drivers.registry import problems_of
from plcmon.drivers.situations import IncompleteError, NoSuchOutletError
from plcmon.drivers.snmp_tables import TABLES
from plcmon.errors import (
    DeviceError,
    DialogueError,
    LoginError,
    OutcomeUnknownError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.sim.units import SnmpUnit
from plcmon.sim.units.snmp_devices import DEVICES
from tests.drivers.rigs import Rig, snmp_rig

IMPATIENT = timedelta(seconds=1.5)
ON, OFF = PowerState.ON, PowerState.OFF


def unit_of(rig: Rig) -> SnmpUnit:
    assert isinstance(rig.unit, SnmpUnit)
    return rig.unit


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize("device", DEVICES)
async def test_every_table_is_found_read_and_switched(device: str, version: str) -> None:
    async with snmp_rig(version, device) as rig, rig.session() as unit:
        rig.relays["1"].on = False
        shown = [await unit.read(outlet) for outlet in ("1", "3", "8")]
        await unit.switch("3", OFF)
        read = await unit.read("3")
        await unit.switch("3", ON)

        assert shown == [OFF, ON, ON]
        assert read is OFF
        assert [
            (row.verb, row.outlet) for row in rig.unit.log.rows if row.verb in ("on", "off")
        ] == [
            ("off", "3"),
            ("on", "3"),
        ]
        assert [outlet for outlet, relay in rig.relays.items() if not relay.on] == ["1"]


def test_there_is_a_device_for_every_table() -> None:
    assert set(DEVICES) == set(TABLES)


@pytest.mark.parametrize("device", [name for name, made in DEVICES.items() if made.front])
async def test_the_whole_index_is_an_outlet_too(device: str) -> None:
    async with snmp_rig("2c", device) as rig, rig.session() as unit:
        await unit.switch(DEVICES[device].front + "3", OFF)

        assert not rig.relay.on


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("outlet", ["0", "9", "77", "all", "3.1.1", ""])
async def test_what_is_no_outlet_is_never_written(device: str, outlet: str) -> None:
    async with snmp_rig("1", device) as rig, rig.session() as unit:
        with pytest.raises(NoSuchOutletError):
            await unit.switch(outlet, OFF)

        assert not rig.unit.log.destructive()


async def test_a_makers_mark_is_only_a_hint() -> None:
    async with snmp_rig("2c", "raritan-px2") as rig:
        unit_of(rig).device = replace(unit_of(rig).device, model="1.3.6.1.4.1.318.1.3.4.5")
        async with rig.session() as unit:
            assert await unit.read("3") is ON


async def test_the_record_may_name_the_table() -> None:
    async with snmp_rig("2c", "apc-rpdu", table="apc-rpdu") as rig, rig.session() as unit:
        assert await unit.read("3") is ON
    assert sum(line.startswith("> GETNEXT") for line in rig.lines) == 1


async def test_an_agent_without_outlets_is_named_by_what_it_calls_itself() -> None:
    async with snmp_rig("2c", "apc-rpdu", table="cyberpower") as rig:
        with pytest.raises(UnsupportedError) as caught:
            async with rig.session():
                pass

    assert "1.3.6.1.4.1.318.1.3.4.4" in caught.value.why


async def test_a_relay_on_its_way_is_waited_for() -> None:
    async with snmp_rig("2c", "sentry3") as rig, rig.session() as unit:
        unit_of(rig).overrides["3"] = 11
        unit_of(rig).log.append = stops(rig)  # type: ignore[method-assign]
        state = await unit.read("3")

    assert state is ON


def stops(rig: Rig) -> object:
    """Let the relay arrive once it was looked at."""

    def append(verb: str, outlet: str, destructive: bool) -> None:
        if verb == "read":
            unit_of(rig).overrides.clear()

    return append


@pytest.mark.parametrize(("device", "number"), [("sentry4", 0), ("raritan-px1", -1), ("poe", 3)])
async def test_a_number_that_is_neither_is_no_state(device: str, number: int) -> None:
    async with snmp_rig("2c", device) as rig, rig.session() as unit:
        unit_of(rig).overrides["3"] = number
        with pytest.raises(DialogueError) as caught:
            await unit.read("3")

    assert f"= {number}" in caught.value.why


@pytest.mark.parametrize(
    ("auth", "privacy", "secret"),
    [
        ("MD5", "DES", "one-phrase-for-both"),
        ("SHA", "none", "one-phrase"),
        ("SHA", "AES", "the first phrase\nthe second phrase"),
        ("SHA256", "AES", "pässwörd % \"'"),
        ("SHA512", "AES256", "one-phrase-for-both"),
    ],
)
async def test_version_3_in_each_strength(auth: str, privacy: str, secret: str) -> None:
    strength = snmp_rig("3", password=secret, auth=auth, privacy=privacy)
    async with strength as rig, rig.session() as unit:
        await unit.switch("3", OFF)

        assert await unit.read("3") is OFF
    said = "\n".join(rig.lines)
    assert not [line for line in secret.split("\n") if line in said]


async def test_a_wrong_pass_phrase_is_told_and_not_tried_twice() -> None:
    async with snmp_rig("3", password="first phrase\nsecond phrase") as rig:
        with pytest.raises(LoginError) as caught:
            async with rig.session(password="another phrase\nsecond phrase"):
                pass
        heard = unit_of(rig).heard

    assert "wrongDigest" in caught.value.why
    assert "phrase" not in str(caught.value).replace("pass phrase refused", "")
    assert heard <= 3  # who are you, when is it, and the question


async def test_an_unknown_user_is_told() -> None:
    async with snmp_rig("3") as rig:
        rig.pcu = replace(rig.pcu, user="nobody")
        with pytest.raises(LoginError) as caught:
            async with rig.session():
                pass

    assert "unknownUserName" in caught.value.why


async def test_version_3_needs_a_user() -> None:
    async with snmp_rig("3") as rig:
        rig.pcu = replace(rig.pcu, user="")
        with pytest.raises(IncompleteError) as caught:
            async with rig.session():
                pass

    assert "user is missing" in caught.value.why


@pytest.mark.parametrize(
    ("option", "word"),
    [("version", "2"), ("table", "apc"), ("auth", "sha1"), ("privacy", "aes")],
)
async def test_a_mistyped_word_is_told_with_those_that_are_known(option: str, word: str) -> None:
    async with snmp_rig() as rig:
        problems = list(problems_of(replace(rig.pcu, options={option: word})))

    assert len(problems) == 1
    assert f"the {option} {word!r}" in problems[0]
    assert "allowed: " in problems[0]


async def test_a_wrong_community_and_a_wrong_version_are_told_as_silence() -> None:
    async with snmp_rig("1") as rig:
        for pcu, word in ((rig.pcu, "public"), (replace(rig.pcu, options={}), None)):
            rig.pcu = pcu
            with pytest.raises(UnreachableError) as caught:
                async with rig.session(step=IMPATIENT, password=word):
                    pass

            assert "no answer within" in caught.value.why


@pytest.mark.parametrize("reply", [False, True])
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("version", ["2c", "3"])
async def test_any_one_datagram_may_be_lost(number: int, reply: bool, version: str) -> None:
    async with snmp_rig(version) as rig:
        unit = unit_of(rig)
        unit.loses = lambda at, answers: (at, answers) == (number, reply)
        error: DeviceError | None = None
        try:
            async with rig.session(step=timedelta(seconds=2.5)) as session:
                await session.switch("3", OFF)
        except DeviceError as caught:
            error = caught
        commands = len(unit.log.destructive())

        assert commands <= 1
        assert (error is None) == (commands == 1) or isinstance(error, OutcomeUnknownError)


async def test_an_unknown_outcome_is_cleared_up_by_reading() -> None:
    async with snmp_rig() as rig:
        rig.unit.faults.drop_at = "after-commit"
        with pytest.raises(OutcomeUnknownError):
            async with rig.session() as unit:
                await unit.switch("3", OFF)
        async with rig.session() as unit:
            assert await unit.read("3") is OFF

    assert len(rig.unit.log.destructive()) == 1


WITHOUT = """
import asyncio, sys
sys.modules["pysnmp"] = None
from plcmon.drivers import DriverUnits
from plcmon.errors import UnsupportedError
from plcmon.model.policy import Wire
from plcmon.model.subjects import Pcu, PcuKey, SiteKey
class Purse:
    def find(self, name): return "word"
pcu = Pcu(PcuKey("toml:p"), SiteKey("s"), "p", "127.0.0.1", "snmp", credential="c")
async def main():
    try:
        async with DriverUnits(Purse(), Wire()).session(pcu):
            pass
    except UnsupportedError as error:
        print(error)
asyncio.run(main())
"""


def test_without_the_library_the_message_says_how_to_install_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True, env=os.environ
    )

    assert "pip install 'plcmon[snmp]'" in done.stdout


def test_the_library_is_not_loaded_before_a_unit_needs_it() -> None:
    words = "import sys, plcmon.drivers, plcmon.sim.units; sys.exit('pysnmp' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0


async def test_its_own_cycle_is_not_offered() -> None:
    async with snmp_rig() as rig, rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(UnsupportedError):
            await unit.cycle("3")
