"""Reaching a PCU: its record, the pause between sessions, its transcript, a slow outlet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.actions.reach import PAUSES
from plcmon.errors import LoginError, UnsupportedError
from plcmon.model.beliefs import Finding
from plcmon.model.intents import PowerState
from tests.actions.scene import PCU, Run, Scene
from tests.drivers.rigs import PASSWORD


@asynccontextmanager
async def ready(scene: Scene) -> AsyncIterator[Run]:
    async with scene.run() as run:
        await scene.ready(run)
        yield run


async def test_a_pcu_that_left_the_inventory_is_unsupported(scene: Scene) -> None:
    scene.inventory = replace(scene.inventory, pcus={})
    async with ready(scene) as run:
        with pytest.raises(UnsupportedError, match="no longer has it"):
            run.reach.pcu(PCU)


async def test_a_record_with_problems_is_not_dialled(scene: Scene) -> None:
    pcu = replace(scene.inventory.pcus[PCU], family="nonesuch")
    scene.inventory = replace(scene.inventory, pcus={PCU: pcu})
    async with ready(scene) as run:
        with pytest.raises(UnsupportedError):
            async with run.reach.session(PCU):
                pass
    assert scene.unit.log.rows == []


async def test_two_sessions_with_one_unit_keep_a_pause(scene: Scene) -> None:
    settle = timedelta(milliseconds=200)
    scene.policy = replace(scene.policy, wire=replace(scene.policy.wire, pcu_settle=settle))
    async with ready(scene) as run:
        async with run.reach.session(PCU):
            pass
        ended = scene.clock.monotonic()
        async with run.reach.session(PCU):
            began = scene.clock.monotonic()

    assert began - ended >= settle.total_seconds()


@pytest.mark.parametrize("wrong", [False, True], ids=["good", "refused"])
async def test_the_transcript_is_kept_however_the_session_went(scene: Scene, wrong: bool) -> None:
    scene.unit.faults.wrong_password = wrong
    async with ready(scene) as run:
        try:
            async with run.reach.session(PCU, intent="01INTENT"):
                pass
        except LoginError:
            assert wrong
        (kept,) = await run.db.transcripts(PCU)

    assert kept.intent == "01INTENT"
    assert "User Name" in kept.text
    assert PASSWORD not in kept.text


async def test_an_outlet_is_read_until_it_follows(scene: Scene) -> None:
    scene.unit.faults.slow = 0.05
    async with ready(scene) as run, run.reach.session(PCU) as unit:
        await unit.switch("3", PowerState.OFF)
        assert await run.reach.settled(unit, "3", PowerState.OFF) is PowerState.OFF
    scene.relay.switch(True)


async def test_an_outlet_that_does_not_follow_is_read_for_its_time_only(scene: Scene) -> None:
    async with ready(scene) as run, run.reach.session(PCU) as unit:
        began = scene.clock.monotonic()
        assert await run.reach.settled(unit, "3", PowerState.OFF) is PowerState.ON

        took = scene.clock.monotonic() - began
        assert took >= scene.policy.wire.outlet_confirm.total_seconds()


async def test_a_failed_session_is_a_finding_like_that_of_a_test(scene: Scene) -> None:
    async with ready(scene) as run:
        await run.reach.tell_failed(PCU, LoginError("p", "logging in", "refused"))

        assert run.engine.state.pcus[PCU].finding is Finding.LOGIN_REFUSED
        assert run.reach.is_refused(PCU)


async def test_blind_nothing_that_a_session_finds_becomes_a_belief(scene: Scene) -> None:
    async with ready(scene) as run:
        assert run.reach.hears_of(PCU)
        run.engine.state.fleet = replace(run.engine.state.fleet, blind=True)
        assert not run.reach.hears_of(PCU)


def test_pauses_between_tries_grow() -> None:
    assert list(PAUSES) == sorted(PAUSES)
