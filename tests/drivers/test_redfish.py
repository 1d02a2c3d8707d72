"""Redfish systems: what a controller offers, what it declines, and whose change is waited for."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from plcmon.drivers import outcome_of
from plcmon.drivers.situations import IncompleteError
from plcmon.errors import BusyError, LoginError, RefusedError, UnsupportedError
from plcmon.model.intents import Outcome, PowerState
from plcmon.sim.units import RedfishUnit
from tests.drivers.rigs import Rig, redfish_rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with redfish_rig("http") as made:
        yield made


@pytest.fixture
def bmc(rig: Rig) -> RedfishUnit:
    assert isinstance(rig.unit, RedfishUnit)
    return rig.unit


async def test_its_own_cycle_is_offered_where_it_is_listed(rig: Rig) -> None:
    async with rig.session() as unit:
        assert unit.native_cycle
        await unit.cycle("1")

    assert [row.verb for row in rig.unit.log.destructive()] == ["reboot"]


async def test_restarts_are_no_cycle(rig: Rig, bmc: RedfishUnit) -> None:
    bmc.allowed = ["On", "ForceOff", "ForceRestart"]

    async with rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(UnsupportedError):
            await unit.cycle("1")

    assert not rig.unit.log.destructive()


async def test_values_may_be_listed_in_a_resource_of_their_own(rig: Rig, bmc: RedfishUnit) -> None:
    bmc.informs = True
    bmc.allowed = ["ForceOn", "ForceOff"]

    async with rig.session() as unit:
        assert not unit.native_cycle
        await unit.switch("1", PowerState.OFF)
        await unit.switch("1", PowerState.ON)

    assert rig.relay.on


async def test_the_usual_values_are_sent_where_nothing_is_listed(
    rig: Rig, bmc: RedfishUnit
) -> None:
    bmc.allowed = []

    async with rig.session() as unit:
        assert not unit.native_cycle
        await unit.switch("1", PowerState.OFF)

    assert not rig.relay.on


@pytest.mark.parametrize("state", [PowerState.ON, PowerState.OFF])
async def test_already_there_is_no_error(rig: Rig, state: PowerState) -> None:
    rig.relay.on = state is PowerState.ON

    async with rig.session() as unit:
        await unit.switch("1", state)

    assert not rig.unit.log.destructive()


async def test_a_cycle_while_off_is_refused(rig: Rig) -> None:
    rig.relay.on = False

    async with rig.session() as unit:
        with pytest.raises(RefusedError, match="Power is off"):
            await unit.cycle("1")


async def test_a_button_is_never_pushed(rig: Rig, bmc: RedfishUnit) -> None:
    bmc.allowed = ["PushPowerButton", "GracefulShutdown"]

    async with rig.session() as unit:
        for state in (PowerState.ON, PowerState.OFF):
            with pytest.raises(UnsupportedError, match="it offers PushPowerButton"):
                await unit.switch("1", state)

    assert not rig.unit.log.destructive()


async def test_a_change_of_somebody_else_is_waited_for(rig: Rig, bmc: RedfishUnit) -> None:
    bmc.shows_changes = True
    bmc.faults.slow = 0.2
    bmc.move("off", bmc.relay)

    async with rig.session() as unit:
        assert await unit.read("1") is PowerState.OFF


async def test_our_own_change_is_unknown_until_it_is_done(rig: Rig, bmc: RedfishUnit) -> None:
    bmc.shows_changes = True
    bmc.faults.slow = 0.2
    moved = asyncio.Event()
    bmc.relay.listeners.append(lambda _: moved.set())

    async with rig.session() as unit:
        await unit.switch("1", PowerState.OFF)
        assert await unit.read("1") is PowerState.UNKNOWN
        async with asyncio.timeout(10):
            await moved.wait()

        assert await unit.read("1") is PowerState.OFF


async def test_one_of_several_systems_must_be_named(rig: Rig, bmc: RedfishUnit) -> None:
    bmc.systems = ["/redfish/v1/Systems/Other", *bmc.systems]

    with pytest.raises(IncompleteError, match="must be one of Other, System"):
        async with rig.session():
            pass

    rig.pcu = replace(rig.pcu, options={"system": "System.Embedded.1"})
    async with rig.session() as unit:
        assert await unit.read("1") is PowerState.ON


async def test_a_controller_that_just_started_lists_nothing_yet(rig: Rig, bmc: RedfishUnit) -> None:
    bmc.systems = []

    with pytest.raises(BusyError, match="no system yet"):
        async with rig.session():
            pass


@pytest.mark.parametrize("auth", ["basic", "session"])
@pytest.mark.parametrize("password", ["two words", 'a"b\\c', "pä55%20", "x" * 64])
async def test_any_password_will_do(auth: str, password: str) -> None:
    async with redfish_rig("http", auth, password) as rig:
        async with rig.session() as unit:
            assert await unit.read("1") is PowerState.ON

        assert password not in "\n".join(rig.lines)


async def test_a_session_is_given_back_whatever_happens() -> None:
    async with redfish_rig("http", "session") as rig:
        assert isinstance(rig.unit, RedfishUnit)
        with pytest.raises(KeyError):
            async with rig.session():
                assert rig.unit.sessions
                raise KeyError

        assert not rig.unit.sessions


async def test_too_many_sessions_are_busy() -> None:
    async with redfish_rig("http", "session") as rig, rig.session():
        with pytest.raises(BusyError):
            async with rig.session():
                pass


async def test_a_password_that_became_wrong_is_a_refused_login_not_an_unknown(rig: Rig) -> None:
    async with rig.session() as unit:
        rig.unit.faults.wrong_password = True
        with pytest.raises(LoginError) as caught:
            await unit.switch("1", PowerState.OFF)

    assert outcome_of(caught.value) is Outcome.AUTH_FAILED
    assert rig.relay.on
