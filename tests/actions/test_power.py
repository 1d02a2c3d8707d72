"""The power room: who starts, what is judged again, what a look cancels, and how it stops."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plcmon.actions.power import unsure
from plcmon.model.events import CanaryRound, InventoryRead
from plcmon.model.intents import ActionKind, Intent, IntentId, IntentState, Outcome
from plcmon.model.readings import Observation, Observed
from plcmon.model.subjects import Node, NodeKey, fleet_subject, node_subject
from tests.actions.scene import (
    PCU,
    SITE,
    TARGET,
    Crash,
    Run,
    Scene,
    inventory_of,
    pcu_record,
)
from tests.actions.test_cycle import A, when_dark

WHEN_DARK = 6  # the step of the journal after which the outlet is off
NOT_SICK = [Observed.BOOT, Observed.DEAF, Observed.DEBUG, Observed.UNREACHABLE, Observed.STALE]


@asynccontextmanager
async def ready(scene: Scene) -> AsyncIterator[Run]:
    async with scene.run() as run:
        await scene.ready(run)
        yield run


@pytest.mark.parametrize("shows", [*NOT_SICK, Observed.WEDGED])
async def test_a_look_that_shows_anything_else_cancels(scene: Scene, shows: Observed) -> None:
    scene.eyes.shows = shows
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CANCELLED
        assert f"it shows {shows.value}" in intent.detail
    assert scene.unit.log.rows == [], "the unit is not even asked"


async def test_a_look_that_teaches_nothing_cancels(scene: Scene) -> None:
    scene.policy = replace(scene.policy, wire=replace(scene.policy.wire, look_tries=0))
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CANCELLED
    assert scene.cuts() == []


async def test_a_person_looks_again_too_and_may_override_it(scene: Scene) -> None:
    scene.eyes.shows = Observed.BOOT
    async with ready(scene) as run:
        await run.ask()
        first = await run.until_over()
        await run.ask(force=True)
        second = await run.until_over()

        assert first.state is IntentState.CANCELLED
        assert "--force overrides" in first.detail
        assert second.state is IntentState.CONFIRMED
    assert scene.eyes.looks == 1


async def test_a_look_that_is_too_old_when_the_command_would_go_out_cancels(
    scene: Scene,
) -> None:
    wire = replace(scene.policy.wire, look_fresh=timedelta(milliseconds=1))
    scene.policy = replace(scene.policy, wire=wire)
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CANCELLED
        assert "look again" in intent.detail
    assert scene.cuts() == []


async def test_a_freeze_during_the_look_stops_it(scene: Scene) -> None:
    async with ready(scene) as run, asyncio.TaskGroup() as group:
        scene.eyes.meanwhile = lambda: group.create_task(run.say("freeze", scope="all"), name="x")
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CANCELLED
        assert "all is frozen" in intent.detail
    assert scene.cuts() == []


async def test_a_freeze_while_the_unit_is_read_stops_it_before_the_command(scene: Scene) -> None:
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until_state(IntentState.CLAIMED)
        await run.until(lambda: bool(scene.unit.log.rows))
        await run.say("freeze", scope=f"pcu/{PCU}")
        intent = await run.until_over()

        assert intent.state is IntentState.CANCELLED
    assert scene.cuts() == []


async def test_a_cancel_while_the_unit_is_read_stops_it_before_the_command(scene: Scene) -> None:
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until_state(IntentState.CLAIMED)
        await run.until(lambda: bool(scene.unit.log.rows))
        await run.say("cancel", TARGET, intent=run.intent.id)
        async with asyncio.timeout(30):
            await run.room.stop()

        assert run.intent.state is IntentState.CANCELLED
    assert scene.cuts() == []


async def test_a_freeze_in_the_dark_does_not_keep_the_node_off(scene: Scene) -> None:
    async with ready(scene) as run, asyncio.TaskGroup() as group:
        when_dark(scene.relay, lambda: group.create_task(run.say("freeze", scope="all"), name="x"))
        await run.ask(force=True)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
    assert scene.relay.on


async def blind(scene: Scene, run: Run) -> None:
    await run.engine.tell(fleet_subject(), CanaryRound(0, 3))


async def close_issue(scene: Scene, run: Run) -> None:
    issue = next(run.engine.state.all_open())
    await run.say("close", issue.subject, issue=issue.id)


async def move_outlet(scene: Scene, run: Run) -> None:
    changed = inventory_of({PCU: scene.inventory.pcus[PCU]}, (A._replace(outlet="7"),))
    await run.engine.tell(fleet_subject(), InventoryRead(changed, "moved"))


async def maintain(scene: Scene, run: Run) -> None:
    await run.say("maintenance", TARGET, until="2100-01-01T00:00")


async def expire(scene: Scene, run: Run) -> None:
    scene.clock.shift += scene.policy.safety.intent_expiry


@pytest.mark.parametrize(
    "happens",
    [blind, close_issue, move_outlet, maintain, expire],
    ids=lambda function: function.__name__,
)
async def test_what_changed_while_it_waited_for_the_unit_cancels(
    scene: Scene, happens: Callable[[Scene, Run], object]
) -> None:
    async with ready(scene) as run:
        async with run.reach.leases.hold(PCU):
            await scene.fall_silent(run)
            await happens(scene, run)  # type: ignore[misc]  # each is a coroutine function
        intent = await run.until_over()

        assert intent.state is IntentState.CANCELLED
    assert scene.cuts() == []


async def test_nothing_starts_in_a_state_that_is_not_adopted(scene: Scene) -> None:
    crash = Crash(6, durable=True)
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask(force=True)
        await crash.happened.wait()
    (scene.folder / "mark").unlink()
    async with scene.run() as run:
        await scene.begin(run)
        await run.until_state(IntentState.UNKNOWN)
        asked = len(scene.unit.log.rows)
        for _ in range(5):
            await scene.refresh_canaries(run)
        assert len(scene.unit.log.rows) == asked

        await run.db.adopt()
        await run.say("db-adopt")
        await run.until_over()

    assert scene.relay.on, "adopting it is news enough to go on"


async def test_a_person_is_asked_and_the_request_waits(scene: Scene) -> None:
    record = replace(pcu_record(PCU, "manual"), host="", user="", credential="")
    scene.inventory = inventory_of({PCU: record}, (A,))
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until(lambda: run.intents() != [] and run.intent.outcome is not None)

        intent = run.intent
        assert (intent.state, intent.outcome) == (IntentState.SENT, Outcome.NEEDS_HUMAN)
        assert any(f"then confirm {intent.id}" in text for text in run.alerts())
        assert not run.room.dark

        await run.say("confirm", TARGET, intent=intent.id)
        assert run.intent.state is IntentState.CONFIRMED


async def test_a_person_is_not_asked_to_cycle_what_came_back(scene: Scene) -> None:
    record = replace(pcu_record(PCU, "manual"), host="", user="", credential="")
    scene.inventory = inventory_of({PCU: record}, (A,))
    scene.eyes.shows = Observed.BOOT
    async with ready(scene) as run:
        await run.ask()
        intent = await run.until_over()

        assert intent.state is IntentState.CANCELLED
        assert run.alerts() == []


async def test_a_request_that_was_cut_off_by_a_crash_ends_as_failed(scene: Scene) -> None:
    record = replace(pcu_record(PCU, "manual"), host="", user="", credential="")
    scene.inventory = inventory_of({PCU: record}, (A,))
    crash = Crash(2, durable=True)
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask(force=True)
        await crash.happened.wait()
    async with scene.run() as run:
        await scene.begin(run)
        intent = await run.until_over()

        assert intent.state is IntentState.FAILED


def break_down() -> None:
    raise ZeroDivisionError("a bug of ours")


async def test_a_fault_of_ours_before_anything_is_sent_is_a_failure(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.eyes.meanwhile = break_down
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.FAILED
        assert "plcmon's own fault: ZeroDivisionError" in intent.detail
    assert "power action failed" in caplog.text


async def test_a_fault_of_ours_after_the_off_still_lights_the_node(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        break_down()

    # The one way to break our own code in the middle of an action.
    monkeypatch.setattr("plcmon.actions.cycle.restore", broken)
    async with ready(scene) as run:
        await run.ask(force=True)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
        assert intent.settled_by == "engine"
    assert scene.relay.on
    assert len(scene.cuts()) == 1


async def test_a_fault_of_ours_while_settling_is_tried_again_and_said_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    async def broken(*_: object) -> None:
        tries.append("")
        break_down()

    monkeypatch.setattr("plcmon.actions.power.settle_unknown", broken)  # as above
    scene.unit.faults.drop_at = "after-commit"
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until(lambda: len(tries) >= 3)
        monkeypatch.undo()
        await run.until_over()

        assert len(run.alerts()) == 1
    assert scene.relay.on


async def test_stopping_with_nothing_running_takes_no_time(scene: Scene) -> None:
    async with ready(scene) as run, asyncio.timeout(1):
        await run.room.stop()


async def test_after_a_stop_nothing_starts(scene: Scene) -> None:
    async with ready(scene) as run:
        await run.room.stop()
        await run.ask(force=True)
        await scene.refresh_canaries(run)

        assert run.intent.state is IntentState.PLANNED


async def test_a_stop_before_the_command_sends_nothing(scene: Scene) -> None:
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until(lambda: bool(scene.unit.log.rows))
        async with asyncio.timeout(30):
            await run.room.stop()

        assert run.intent.state is IntentState.CANCELLED
    assert scene.cuts() == []


@pytest.mark.parametrize("fault", ["", "after-commit"])
async def test_a_stop_in_the_dark_lights_first(scene: Scene, fault: str) -> None:
    scene.unit.faults.drop_at = fault
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until(lambda: not scene.relay.on)
        was_dark = run.room.dark
        async with asyncio.timeout(30):
            await run.room.stop()

        assert (was_dark, run.room.dark) == (True, False)
    assert scene.relay.on


async def test_the_room_follows_a_reloaded_dark_time(scene: Scene) -> None:
    async with ready(scene) as run:
        wire = replace(scene.policy.wire, dark=timedelta(milliseconds=400))
        run.engine.adopt_policy(replace(scene.policy, wire=wire))
        times: list[float] = []
        scene.relay.listeners.append(lambda _: times.append(scene.clock.monotonic()))
        await run.ask(force=True)
        await run.until_over()

    assert times[1] - times[0] >= 0.4


AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("actor", "believed", "seen", "certain"),
    [
        ("engine", Observed.SILENT, [Observed.SILENT] * 3, True),
        ("engine", Observed.WEDGED, [Observed.WEDGED] * 3, True),
        ("engine", Observed.SILENT, [Observed.SILENT, Observed.WEDGED], False),
        ("engine", Observed.DEAF, [Observed.DEAF], False),
        ("engine", Observed.SILENT, [], False),
        ("ops", Observed.BOOT, [Observed.SILENT, Observed.WEDGED], True),
        ("ops", Observed.SILENT, [Observed.SILENT, Observed.DEAF], False),
    ],
)
def test_every_look_must_show_the_state_that_asked(
    actor: str, believed: Observed, seen: list[Observed], certain: bool
) -> None:
    intent = Intent(IntentId("i"), ActionKind.POWER_CYCLE, TARGET, AT, AT, actor, "because")
    looks = [Observation(state, AT, AT) for state in seen]

    assert (unsure(looks, believed, intent) == "") is certain


async def test_neighbours_are_looked_at_as_soon_as_power_is_cut(scene: Scene) -> None:
    neighbour = Node(NodeKey("toml:near"), "near.example.org", SITE, ("127.0.0.1",))
    scene.inventory = replace(
        scene.inventory, nodes={**scene.inventory.nodes, neighbour.key: neighbour}
    )
    async with scene.run() as run:
        await scene.ready(run)
        await scene.fall_silent(run)
        await run.until_over()

    assert scene.eyes.scanned == [node_subject(neighbour.key)]


async def test_what_an_engine_that_fell_left_dark_is_lit_without_a_row(scene: Scene) -> None:
    crash = Crash(WHEN_DARK, durable=False)
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask(force=True)
        await crash.happened.wait()
        run.stop_room()
        assert not scene.relay.on

        await run.room.last_light()

        assert scene.relay.on
    async with scene.run() as run:
        await scene.begin(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
    assert len(scene.cuts()) == 1


async def test_a_persons_own_off_is_left_as_it_is_by_the_last_light(scene: Scene) -> None:
    crash = Crash(WHEN_DARK, durable=False)
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.ready(run)
        await run.ask("power-off", force=True, until="2100-01-01T00:00")
        await crash.happened.wait()
        run.stop_room()

        await run.room.last_light()

    assert not scene.relay.on
