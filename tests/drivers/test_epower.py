"""ePowerSwitch: its generations, its pages, and the passwords of single sockets."""

from dataclasses import replace

import pytest

from plcmon.errors import DialogueError, LoginError
from plcmon.model.intents import PowerState
from plcmon.sim.units import EpowerUnit
from tests.drivers.rigs import web_rig


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("cmd", "> POST /cmd.html P3=0"),
        ("home", "> POST /config/home_f.html P3=0"),
        ("old", "> POST /econtrol.html P3=0"),
        ("r2", "> GET /hidden.htm?M0:O3=OFF"),
        ("hidden", "> GET /hidden.htm?P03=0"),
    ],
)
async def test_each_generation_has_its_own_words(kind: str, sent: str) -> None:
    async with web_rig(EpowerUnit, kind=kind) as rig, rig.session() as unit:
        await unit.switch("3", PowerState.OFF)

        assert await unit.read("3") is PowerState.OFF
    assert sent in rig.lines


async def test_who_was_not_refused_first_shows_nothing() -> None:
    async with web_rig(EpowerUnit, kind="cmd") as rig, rig.session():
        pass

    assert [row.verb for row in rig.unit.log.rows] == ["login", *["read"] * 8]


@pytest.mark.parametrize(("kind", "cycles"), [("cmd", True), ("old", True), ("r2", False)])
async def test_a_restart_is_its_own_cycle(kind: str, cycles: bool) -> None:
    async with web_rig(EpowerUnit, kind=kind) as rig, rig.session() as unit:
        assert unit.native_cycle is cycles
        if cycles:
            await unit.cycle("3")

    assert [row.verb for row in rig.unit.log.destructive()] == ["reboot"] * cycles


async def test_a_socket_that_restarts_is_neither_on_nor_off() -> None:
    async with web_rig(EpowerUnit, kind="home") as rig, rig.session() as unit:
        rig.unit.restarting.add("3")  # type: ignore[attr-defined]  # of this unit alone

        assert await unit.read("3") is PowerState.UNKNOWN


async def test_the_password_of_one_socket_has_a_page_of_its_own() -> None:
    async with web_rig(EpowerUnit, kind="old") as rig:
        rig.unit.of_socket = "3"  # type: ignore[attr-defined]  # of this unit alone
        rig.pcu = replace(rig.pcu, quirks=("socket-password",))
        async with rig.session() as unit:
            await unit.switch("3", PowerState.OFF)

    assert "> POST /econtrol_3.html P3=0" in rig.lines


async def test_a_login_that_ran_out_is_no_lost_command() -> None:
    async with web_rig(EpowerUnit, kind="old") as rig, rig.session() as unit:
        rig.unit._welcome.clear()  # type: ignore[attr-defined]  # of this unit alone
        with pytest.raises(LoginError, match="password refused"):
            await unit.switch("3", PowerState.ON)


async def test_the_record_may_say_how_an_old_page_shows_a_state() -> None:
    options = {"state": '"node {outlet} *",{state}'}
    async with web_rig(EpowerUnit, options, kind="old") as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON


async def test_a_page_that_shows_states_in_another_way_is_not_understood() -> None:
    options = {"state": "outlet {outlet}: {state}"}
    async with web_rig(EpowerUnit, options, kind="old") as rig, rig.session() as unit:
        with pytest.raises(DialogueError, match="outlet 3"):
            await unit.read("3")
