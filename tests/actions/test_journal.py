"""The journal: whatever step the service dies at, nothing is done twice and no node stays off."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from _pytest.mark.structures import ParameterSet

from plcmon.actions.journal import Ending, Journal, WithdrawnError
from plcmon.model.events import IntentSent
from plcmon.model.intents import Intent, IntentState, Outcome, Stage
from plcmon.model.issues import Verdict
from plcmon.model.readings import Observed
from plcmon.model.subjects import Outlet
from tests.actions.scene import NODE, OPS, PCU, TARGET, Crash, Run, Scene

CYCLE = 10  # claimed, connected, read, sent, answered, dark, on, answered, lit, ended
OFF = 6  # claimed, connected, read, sent, answered, dark; then ended
SENT_AT = 4


def crashes(steps: int, *, after: tuple[int, ...]) -> list[ParameterSet]:
    """Before each step, and right after those that are followed by something in the world."""
    before = [pytest.param(step, False, id=f"before-{step}") for step in range(1, steps + 1)]
    return before + [pytest.param(step, True, id=f"after-{step}") for step in after]


async def live_and_die(
    scene: Scene, crash: Crash, story: Callable[[Run], Awaitable[object]] | None = None
) -> None:
    """The service dies in its story; else a silent node is being cycled when it does."""
    async with scene.run(crash=crash) as run, asyncio.timeout(30), asyncio.TaskGroup() as group:
        await scene.ready(run)
        living = (story or scene.fall_silent)(run)
        task = group.create_task(lived(living), name="story")  # a dead engine answers nobody
        await crash.happened.wait()
        task.cancel()


async def lived(living: Awaitable[object]) -> None:
    await living


@pytest.mark.parametrize(("step", "durable"), crashes(CYCLE, after=(1, SENT_AT, 6, 7)))
async def test_a_crash_at_any_step_cuts_once_at_most_and_leaves_the_node_on(
    scene: Scene, step: int, durable: bool
) -> None:
    await live_and_die(scene, Crash(step, durable))
    cuts_before = scene.cuts()

    async with scene.run() as run:
        await scene.begin(run)
        await run.until_over()

        assert scene.relay.on
        assert scene.cuts() == cuts_before, "nothing destructive follows a crash"
        assert len(scene.cuts()) <= 1
        assert not scene.cuts() or step >= SENT_AT, "no cut without a `sent` before it"
        await expect_books_in_order(run)


async def expect_books_in_order(run: Run) -> None:
    """One intent, ended, and its whole way in a journal whose chain holds."""
    (intent,) = run.intents()
    ended = {IntentState.CONFIRMED, IntentState.CANCELLED}
    assert intent.state in ended
    assert intent.dark_since is None
    assert not run.engine.state.fleet.known_off
    assert not run.room.dark
    rows = [row for row in await run.db.audit() if row.intent == intent.id]
    states = [row.verb for row in rows if row.verb.startswith("power-cycle ")]
    assert states[0] == "power-cycle planned"
    assert states[-1] == f"power-cycle {intent.state.value}"
    commands = [row for row in rows if row.verb == "command off"]
    assert len(commands) == (intent.sent_at is not None)
    assert await run.db.verify_audit() is None


@pytest.mark.parametrize(("step", "durable"), crashes(OFF + 1, after=(SENT_AT,))[3:])
async def test_a_persons_off_is_read_after_a_crash_and_never_undone(
    scene: Scene, step: int, durable: bool
) -> None:
    until = scene.clock.now().replace(year=2100).isoformat()
    await live_and_die(
        scene, Crash(step, durable), lambda run: run.ask("power-off", force=True, until=until)
    )
    was_on = scene.relay.on

    async with scene.run() as run:
        await scene.begin(run)
        intent = await run.until_over()

        assert scene.relay.on is was_on, "somebody may be inside the machine"
        assert len(scene.cuts()) <= 1
        assert intent.state is not IntentState.UNKNOWN
        assert (intent.state is IntentState.CONFIRMED) is (not was_on)


async def test_two_crashes_in_a_row_are_no_worse_than_one(scene: Scene) -> None:
    await live_and_die(scene, Crash(6, durable=True))
    crash = Crash(1, durable=True)
    async with scene.run(crash=crash) as run, asyncio.timeout(30):
        await scene.begin(run)
        await crash.happened.wait()

    async with scene.run() as run:
        await scene.begin(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
        assert intent.settled_by == "engine"
        assert intent.off_seen
        assert scene.relay.on
        assert scene.cuts() == [("off", "3")]


async def test_what_was_lit_after_a_crash_is_proven_like_any_cycle(scene: Scene) -> None:
    await live_and_die(scene, Crash(6, durable=True))

    async with scene.run() as run:
        await scene.begin(run)
        await run.until_over()
        now = scene.clock.now()
        await scene.observe(run, Observed.BOOT, boot_id="second", booted_at=now)

        assert run.intent.verdict is Verdict.FIXED


async def test_a_commit_that_fails_answers_nobody_and_brings_the_engine_down(scene: Scene) -> None:
    crash = Crash(4, durable=False)
    async with scene.run(crash=crash) as run:
        await scene.ready(run)
        await scene.fall_silent(run)
        async with asyncio.timeout(30):
            await crash.happened.wait()

        assert run.intent.state is IntentState.SENT, "it is folded, but not durable"
        assert scene.cuts() == [], "so nothing goes out"


async def planned(run: Run) -> Intent:
    """An intent that nobody carries out."""
    run.stop_room()
    await run.ask(force=True)
    return run.intent


async def journal_of(scene: Scene, run: Run, intent: Intent) -> Journal:
    return Journal(run.engine, scene.clock, run.engine.state, intent)


OUTLET = Outlet(PCU, "3")


async def test_a_claim_of_what_was_cancelled_is_withdrawn(scene: Scene) -> None:
    async with scene.run() as run:
        await scene.ready(run)
        intent = await planned(run)
        await run.say("cancel", TARGET, intent=intent.id)
        journal = await journal_of(scene, run, intent)

        with pytest.raises(WithdrawnError):
            await journal.claimed(1)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [("cancel", {"intent": ""}), ("freeze", {"scope": "all"}), ("freeze", {"scope": "kind/power"})],
    ids=["cancelled", "frozen", "power-frozen"],
)
async def test_a_command_after_a_persons_no_is_withdrawn_and_leaves_no_row(
    scene: Scene, verb: str, arguments: dict[str, str]
) -> None:
    async with scene.run() as run:
        await scene.ready(run)
        intent = await planned(run)
        journal = await journal_of(scene, run, intent)
        await journal.claimed(1)
        await run.say(verb, TARGET, **{k: v or intent.id for k, v in arguments.items()})

        with pytest.raises(WithdrawnError):
            await journal.begin("off", OUTLET, destructive=True)

        assert run.intent.state is IntentState.CANCELLED
        assert run.intent.sent_at is None
        assert not run.engine.state.commands.get(intent.id)
        assert not run.engine.state.fleet.known_off


async def test_a_changed_mapping_withdraws_at_the_moment_of_sending(scene: Scene) -> None:
    async with scene.run() as run:
        await scene.ready(run)
        intent = await planned(run)
        journal = await journal_of(scene, run, intent)
        await journal.claimed(1)
        node = scene.inventory.nodes[NODE]
        scene.inventory = replace(scene.inventory, nodes={NODE: replace(node, paths=())})
        await scene.begin(run)

        with pytest.raises(WithdrawnError):
            await journal.begin("off", OUTLET, destructive=True)


async def test_an_outlet_counts_as_dark_from_the_row_before_its_off(scene: Scene) -> None:
    async with scene.run() as run:
        await scene.ready(run)
        journal = await journal_of(scene, run, await planned(run))
        await journal.claimed(1)
        await journal.begin("off", OUTLET, destructive=True)

        assert run.engine.state.fleet.known_off == {OUTLET}
        assert run.intent.dark_since is not None
        assert run.room.dark


async def test_commands_are_numbered_on_where_an_earlier_life_stopped(scene: Scene) -> None:
    async with scene.run() as run:
        await scene.ready(run)
        journal = await journal_of(scene, run, await planned(run))
        await journal.claimed(1)
        first = await journal.begin("off", OUTLET, destructive=True)
        again = await journal_of(scene, run, run.intent)
        second = await again.begin("on", OUTLET, destructive=False)

        assert (first.number, second.number) == (1, 2)


async def test_on_never_makes_a_second_sent(scene: Scene) -> None:
    async with scene.run() as run:
        await scene.ready(run)
        journal = await journal_of(scene, run, await planned(run))
        await journal.claimed(1)
        await journal.begin("off", OUTLET, destructive=True)
        await journal.begin("on", OUTLET, destructive=False)

        sent = [event for event in run.events if isinstance(event.body, IntentSent)]
        assert len(sent) == 1


async def test_a_step_that_comes_after_the_end_changes_nothing(scene: Scene) -> None:
    async with scene.run() as run:
        await scene.ready(run)
        journal = await journal_of(scene, run, await planned(run))
        await journal.claimed(1)
        command = await journal.begin("off", OUTLET, destructive=True)
        await journal.answered(command, Outcome.OK, Stage.OFF_SENT)
        await journal.ended(Ending(IntentState.CONFIRMED, Outcome.OK, "done", lit=(OUTLET,)))
        before = run.intent
        await journal.ended(Ending(IntentState.FAILED, None, "late"))

        assert run.intent == before


async def test_every_command_says_who_asked_for_it(scene: Scene) -> None:
    async with scene.run() as run:
        await scene.ready(run)
        await run.ask(force=True)
        await run.until_over()

        rows = [row for row in await run.db.audit() if row.verb.startswith("command")]
        assert [row.verb for row in rows] == [
            "command off",
            "command off answered",
            "command on",
            "command on answered",
        ]
        assert {row.actor for row in rows} == {OPS.name}
        assert {row.reason for row in rows} == {"because"}
