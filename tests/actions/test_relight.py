"""Lighting what is dark and settling what is unknown: only reading and *on*, until it is done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.actions import relight
from plcmon.model.beliefs import Finding
from plcmon.model.events import InventoryRead, PcuTested, Verb
from plcmon.model.intents import IntentState
from plcmon.model.policy import Limits
from plcmon.model.subjects import fleet_subject, pcu_subject
from tests.actions.scene import OPS, PCU, TARGET, Crash, Run, Scene
from tests.actions.test_cycle import when_dark

DARK = 6  # the step at which the node is dark


@asynccontextmanager
async def after_a_crash_in_the_dark(scene: Scene) -> AsyncIterator[Run]:
    """The outlet is off by our hand, and the service begins anew."""
    crash = Crash(DARK, durable=True)
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask(force=True)
        await crash.happened.wait()
    assert not scene.relay.on
    async with scene.run() as run:
        yield run


def logins(scene: Scene) -> int:
    return sum(row.verb == "login" for row in scene.unit.log.rows)


@pytest.mark.parametrize("fault", ["busy", "dead"])
async def test_a_unit_that_is_out_of_reach_after_a_crash_is_tried_until_it_answers(
    scene: Scene, fault: str
) -> None:
    setattr(scene.unit.faults, fault, False)
    async with after_a_crash_in_the_dark(scene) as run:
        setattr(scene.unit.faults, fault, True)
        await scene.begin(run)
        await run.until(lambda: run.engine.state.pcus[PCU].finding is not Finding.OK)
        assert run.room.dark
        setattr(scene.unit.faults, fault, False)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
    assert scene.relay.on


async def test_a_refused_login_is_not_tried_again_by_itself(scene: Scene) -> None:
    # Accounts lock: a locked account could never be used to light the node.
    async with after_a_crash_in_the_dark(scene) as run:
        scene.unit.faults.wrong_password = True
        before = logins(scene)
        await scene.begin(run)
        await run.until(lambda: run.engine.state.pcus[PCU].refused)
        told = len(run.events)
        async with asyncio.timeout(30):
            while len(run.events) < told + 20:
                await run.durable()
                await scene.refresh_canaries(run)

        assert logins(scene) == before + 1


@pytest.mark.parametrize("how", ["record", "re-arm", "test"])
async def test_a_mended_account_is_used_at_once(
    scene: Scene, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relight, "GLANCE", timedelta(milliseconds=10))
    async with after_a_crash_in_the_dark(scene) as run:
        scene.unit.faults.wrong_password = True
        await scene.begin(run)
        await run.until(lambda: run.engine.state.pcus[PCU].refused)
        scene.unit.faults.wrong_password = False
        await mend(scene, run, how)
        await run.until_over()

    assert scene.relay.on


async def mend(scene: Scene, run: Run, how: str) -> None:
    if how == "record":
        pcu = replace(scene.inventory.pcus[PCU], host_key="another card")
        inventory = replace(scene.inventory, pcus={PCU: pcu})
        await run.engine.tell(fleet_subject(), InventoryRead(inventory, "mended"))
    elif how == "re-arm":
        await run.engine.say(pcu_subject(PCU), Verb(OPS, "re-arm", "new password"))
    else:
        await run.engine.tell(pcu_subject(PCU), PcuTested(Finding.OK, "logged in"))


async def test_what_a_person_settled_is_left_to_them(scene: Scene) -> None:
    async with after_a_crash_in_the_dark(scene) as run:
        scene.unit.faults.dead = True
        await scene.begin(run)
        await run.until(lambda: run.engine.state.pcus[PCU].finding is not Finding.OK)
        await run.engine.say(
            TARGET,
            Verb(OPS, "settle", "it is gone", {"intent": run.intent.id, "outcome": "not_rebooted"}),
        )
        intent = await run.until_over()
        scene.unit.faults.dead = False
        async with asyncio.timeout(30):
            await run.room.stop()

        assert (intent.state, intent.settled_by) == (IntentState.FAILED, "ops")
    assert not scene.relay.on


async def test_a_person_can_test_the_unit_between_two_tries(scene: Scene) -> None:
    async with after_a_crash_in_the_dark(scene) as run:
        when_dark(scene.relay, lambda: None)
        scene.unit.faults.lies = True
        await scene.begin(run)
        await run.until(lambda: len(run.engine.state.commands.get(run.intent.id, ())) >= 3)

        async with asyncio.timeout(30):
            tested = await run.tester.test(scene.inventory.pcus[PCU])
        assert tested.finding is Finding.OK
        assert "reads off" in tested.detail


async def test_every_try_is_written_down_with_what_it_came_to(scene: Scene) -> None:
    async with after_a_crash_in_the_dark(scene) as run:
        scene.unit.faults.lies = True
        await scene.begin(run)
        commands = run.engine.state.commands
        await run.until(lambda: len(commands.get(run.intent.id, ())) >= 4)
        scene.unit.faults.lies = False
        await run.until_over()

        rows = commands[run.intent.id]
        assert [row.verb for row in rows] == ["off"] + ["on"] * (len(rows) - 1)
        assert all(row.outcome is not None for row in rows[1:])


async def test_a_node_that_stays_dark_is_said_aloud(scene: Scene) -> None:
    async with after_a_crash_in_the_dark(scene) as run:
        scene.unit.faults.dead = True
        await scene.begin(run)
        scene.clock.shift += scene.policy.wire.dark_alert
        await run.until(lambda: any("still off by our hand" in text for text in run.alerts()))

        assert run.room.dark


async def test_it_reads_on_when_the_off_never_arrived(scene: Scene) -> None:
    crash = Crash(4, durable=True)  # `sent` is durable, the byte never left
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask(force=True)
        await crash.happened.wait()
    async with scene.run() as run:
        await scene.begin(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
        assert not intent.off_seen
        assert "it reads on" in intent.detail
    assert scene.cuts() == []


async def test_an_off_that_a_slow_unit_obeys_late_is_waited_for(scene: Scene) -> None:
    wire = replace(scene.policy.wire, outlet_confirm=timedelta(seconds=1.5))
    scene.policy = replace(scene.policy, wire=wire)
    scene.unit.faults.slow = 0.6  # seconds; sooner than an outlet must follow
    crash = Crash(5, durable=False)  # the *off* is out, its answer was not written down
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask(force=True)
        await run.until(lambda: bool(scene.cuts()))
    scene.unit.faults.slow = 0.0
    async with scene.run() as run:
        await scene.begin(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
        assert intent.off_seen
    assert scene.relay.on
    assert len(scene.cuts()) == 1


async def test_an_off_that_came_later_than_we_waited_is_still_our_own(scene: Scene) -> None:
    scene.policy = replace(scene.policy, limits=Limits(cycles={timedelta(days=1): 9}))
    crash = Crash(4, durable=True)  # `sent` is durable, the byte never left
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask()
        await crash.happened.wait()
    async with scene.run() as run:
        await scene.begin(run)
        await run.until_over()
        scene.relay.switch(False)  # as if a very slow unit had obeyed only now
        await scene.ready(run)
        said = await run.ask()
        assert said.ok, said.text
        await run.until(lambda: scene.relay.on)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
        assert intent.off_seen
    assert scene.cuts() == []


async def test_a_unit_that_left_the_inventory_is_waited_for_until_a_person_settles_it(
    scene: Scene,
) -> None:
    async with after_a_crash_in_the_dark(scene) as run:
        scene.inventory = replace(scene.inventory, pcus={})
        await scene.begin(run)
        await run.until_state(IntentState.UNKNOWN)
        await run.say("settle", TARGET, intent=run.intent.id, outcome="fixed")
        async with asyncio.timeout(30):
            await run.room.stop()

        assert not run.room.dark


async def test_what_cannot_be_read_takes_on_and_is_not_said_to_read_on(scene: Scene) -> None:
    pcu = replace(scene.inventory.pcus[PCU], quirks=("no-state",), readable=False)
    scene.inventory = replace(scene.inventory, pcus={PCU: pcu})
    crash = Crash(5, durable=True)
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask(force=True)
        await crash.happened.wait()
    async with scene.run() as run:
        await scene.begin(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
        assert intent.detail.endswith("it took on, and cannot be read back")
    assert scene.relay.on
