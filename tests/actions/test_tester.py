"""The harmless login: what it finds, how often it is made, and when it is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from plcmon.model.beliefs import Finding, PcuBelief
from plcmon.model.intents import PowerState
from tests.actions.scene import PCU, Run, Scene, pcu_record

HOUR = timedelta(hours=1)


@asynccontextmanager
async def ready(scene: Scene) -> AsyncIterator[Run]:
    async with scene.run() as run:
        await scene.ready(run)
        yield run


async def test_a_good_test_logs_in_and_reads_one_outlet(scene: Scene) -> None:
    async with ready(scene) as run:
        tested = await run.tester.test(scene.inventory.pcus[PCU])

    assert (tested.finding, tested.detail) == (Finding.OK, "logged in; outlet 3 reads on")
    assert {row.verb for row in scene.unit.log.rows} == {"login", "read"}


async def test_what_is_held_is_read_and_who_asked_is_told(scene: Scene) -> None:
    async with ready(scene) as run:
        held = replace(run.engine.state.pcus[PCU], held_outlets=frozenset({"3", "4"}))
        run.engine.state.pcus[PCU] = held
        tested = await run.tester.test(scene.inventory.pcus[PCU], asked_by="ops")

    assert tested.detail == "logged in; outlet 3 reads on, outlet 4 reads on"
    assert tested.asked_by == "ops"


async def test_a_certificate_that_nobody_checks_is_told_with_each_test(scene: Scene) -> None:
    async with ready(scene) as run:
        told = await run.tester.test(replace(scene.inventory.pcus[PCU], verify=False))
        pinned = replace(scene.inventory.pcus[PCU], verify=False, fingerprint="ab" * 32)
        quiet = await run.tester.test(pinned)

    assert told.detail.endswith(
        "its certificate is not checked (verify = false): pin its fingerprint"
    )
    assert "certificate" not in quiet.detail


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        ("dead", Finding.TIMEOUT),
        ("busy", Finding.BUSY),
        ("wrong_password", Finding.LOGIN_REFUSED),
        ("hangs_after_login", Finding.PROMPT_NOT_FOUND),
    ],
)
async def test_what_is_wrong_is_found_and_believed(
    scene: Scene, fault: str, finding: Finding
) -> None:
    setattr(scene.unit.faults, fault, True)
    async with ready(scene) as run:
        tested = await run.tester.test(scene.inventory.pcus[PCU])
        assert tested.finding is finding
        assert run.engine.state.pcus[PCU].finding is finding


async def test_a_person_reads_the_outlets_they_name(scene: Scene) -> None:
    async with ready(scene) as run:
        reads = await run.tester.read(scene.inventory.pcus[PCU], ["3", "4"])

    assert reads == {"3": PowerState.ON, "4": PowerState.ON}


async def test_a_person_waits_for_the_session_that_is_open(scene: Scene) -> None:
    async with ready(scene) as run, asyncio.TaskGroup() as group:
        async with run.reach.leases.hold(PCU):
            task = group.create_task(run.tester.test(scene.inventory.pcus[PCU]), name="test")
            await run.durable()
            assert scene.unit.log.rows == []
        await task


async def test_the_tester_comes_by_itself(scene: Scene) -> None:
    async with scene.run() as run, asyncio.TaskGroup() as group:
        await scene.begin(run)
        task = group.create_task(run.tester.run(), name="tester")
        scene.clock.shift += timedelta(minutes=2)
        await run.until(lambda: run.engine.state.pcus[PCU].finding is Finding.OK)
        task.cancel()


def due(scene: Scene, run: Run, at: datetime) -> bool:
    return bool(run.tester._due(at))  # its plan has no other face


@pytest.mark.parametrize(
    ("belief", "after", "is_due"),
    [
        ({"finding": Finding.OK}, HOUR, False),
        ({"finding": Finding.OK}, 6 * HOUR, True),
        ({"finding": Finding.TIMEOUT}, timedelta(minutes=1), False),
        ({"finding": Finding.TIMEOUT}, timedelta(minutes=6), True),
        ({"finding": Finding.LOGIN_REFUSED, "refused": True}, 1000 * HOUR, False),
    ],
    ids=["good-early", "good-late", "failed-early", "failed-late", "refused-never"],
)
async def test_the_next_test_follows_from_the_last(
    scene: Scene, belief: dict[str, object], after: timedelta, is_due: bool
) -> None:
    async with ready(scene) as run:
        now = scene.clock.now()
        run.engine.state.pcus[PCU] = PcuBelief(PCU, tested_at=now, **belief)  # type: ignore[arg-type]  # its fields

        assert due(scene, run, now + after) is is_due


async def test_a_pcu_left_alone_is_left_alone_until_then(scene: Scene) -> None:
    async with ready(scene) as run:
        now = scene.clock.now()
        run.engine.state.pcus[PCU] = PcuBelief(
            PCU, finding=Finding.TIMEOUT, tested_at=now, left_alone_until=now + 6 * HOUR
        )

        assert not due(scene, run, now + 5 * HOUR)
        assert due(scene, run, now + 6 * HOUR)


@pytest.mark.parametrize("why", ["blind", "not adopted", "held", "a person"])
async def test_nobody_is_tested(scene: Scene, why: str) -> None:
    async with ready(scene) as run:
        state, later = run.engine.state, scene.clock.now() + 100 * HOUR
        if why == "blind":
            state.fleet = replace(state.fleet, blind=True)
        elif why == "not adopted":
            state.fleet = replace(state.fleet, adopted=False)
        elif why == "a person":
            pcus = {PCU: pcu_record(PCU, "manual")}
            state.inventory = replace(state.inventory, pcus=pcus)
        else:
            async with run.reach.leases.hold(PCU):
                assert not due(scene, run, later)
            return
        assert not due(scene, run, later)
