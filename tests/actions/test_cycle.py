"""Off, wait, on, against real units with every fault: the right ending, and never a dark node."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from plcmon.actions.cycle import judged
from plcmon.model.beliefs import Finding
from plcmon.model.intents import IntentState, Outcome, PowerState, Stage
from plcmon.model.issues import Verdict
from plcmon.model.readings import Observed
from plcmon.model.subjects import Outlet, PcuKey, Transport
from plcmon.sim.relay import Relay
from plcmon.sim.units import IpmiUnit, write_ipmitool
from tests.actions.scene import (
    NODE,
    PCU,
    AsyncUnits,
    Run,
    Scene,
    inventory_of,
    pcu_record,
    scene_for,
)
from tests.drivers.rigs import PASSWORD

A, B = Outlet(PCU, "3"), Outlet(PCU, "4")


@asynccontextmanager
async def ready(scene: Scene) -> AsyncIterator[Run]:
    async with scene.run() as run:
        await scene.ready(run)
        yield run


def when_dark(relay: Relay, act: Callable[[], object]) -> None:
    """Let something happen at the moment at which the outlet goes off."""

    def moved(on: bool) -> None:
        if not on:
            act()

    relay.listeners.append(moved)


async def test_a_silent_node_is_cut_waits_in_the_dark_and_is_lit(scene: Scene) -> None:
    moves: list[bool] = []
    scene.relay.listeners.append(moves.append)
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert moves == [False, True]
        assert (intent.state, intent.outcome) == (IntentState.CONFIRMED, Outcome.OK)
        assert intent.off_seen
        assert intent.awaits_proof


async def test_the_dark_row_is_written_while_it_is_dark(scene: Scene) -> None:
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until(lambda: run.intent.stage is Stage.DARK)

        assert run.engine.state.fleet.known_off == {A}
        assert not scene.relay.on

        await run.until_over()
        assert not run.engine.state.fleet.known_off


async def test_a_unit_that_lies_is_found_out_and_counts_against_its_outlet(scene: Scene) -> None:
    scene.unit.faults.lies = True
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.FAILED
        assert "never read off" in intent.detail
        assert intent.verdict is Verdict.NOT_REBOOTED
        assert run.engine.state.pcus[PCU].not_rebooted == {"3": 1}


@pytest.mark.parametrize(
    ("fault", "value", "outcome", "finding"),
    [
        ("dead", True, Outcome.UNREACHABLE, Finding.TIMEOUT),
        ("wrong_password", True, Outcome.AUTH_FAILED, Finding.LOGIN_REFUSED),
        ("busy", True, Outcome.BUSY, Finding.BUSY),
        ("hangs_after_login", True, Outcome.PROTOCOL_MISMATCH, Finding.PROMPT_NOT_FOUND),
    ],
)
async def test_a_session_that_cannot_be_had_ends_it_before_anything_is_sent(
    scene: Scene, fault: str, value: object, outcome: Outcome, finding: Finding
) -> None:
    setattr(scene.unit.faults, fault, value)
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert (intent.state, intent.outcome) == (IntentState.FAILED, outcome)
        assert intent.sent_at is None
        assert run.engine.state.pcus[PCU].finding is finding, "the claim is a test, too"
    assert scene.cuts() == []
    assert scene.relay.on


async def test_what_was_never_sent_is_not_taken_from_the_nodes_limit(scene: Scene) -> None:
    scene.unit.faults.busy = True
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        issue = run.engine.state.issues[intent.issue or ""]  # type: ignore[index]  # it has one
        assert issue.climb.rung == ""


async def test_a_link_lost_before_the_commit_is_a_failure_and_nothing_was_cut(
    scene: Scene,
) -> None:
    scene.unit.faults.drop_at = "before-commit"
    async with ready(scene) as run:
        await run.ask(force=True)
        intent = await run.until_over()

        assert intent.state is IntentState.FAILED
        assert not run.engine.state.fleet.known_off
        assert intent.dark_since is None
    assert scene.cuts() == []
    assert scene.relay.on


async def test_a_link_lost_after_the_commit_is_read_and_lit_in_a_session_of_its_own(
    scene: Scene,
) -> None:
    scene.unit.faults.drop_at = "after-commit"
    async with ready(scene) as run:
        await run.ask(force=True)
        intent = await run.until_over()

        states = [row.outcome for row in await run.db.audit() if row.verb == "command off answered"]
        assert states == [Outcome.UNKNOWN_AFTER_SEND]
        assert intent.state is IntentState.CONFIRMED
        assert intent.settled_by == "engine"
        assert intent.off_seen
    assert scene.cuts() == [("off", "3")], "it is never sent again"
    assert scene.relay.on


async def test_a_unit_that_goes_mute_once_it_took_the_off_is_not_believed_to_have_failed(
    scene: Scene,
) -> None:
    # The command is answered well, and the reading after it is not: the outlet may be off.
    faults = scene.unit.faults
    when_dark(scene.relay, lambda: setattr(faults, "dead", True))
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until_state(IntentState.UNKNOWN)
        assert run.room.dark
        faults.dead = False
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
    assert scene.cuts() == [("off", "3")]
    assert scene.relay.on


async def test_an_outlet_that_does_not_come_on_is_lit_again_and_again(scene: Scene) -> None:
    when_dark(scene.relay, lambda: setattr(scene.unit.faults, "lies", True))
    async with ready(scene) as run:
        await run.ask(force=True)
        commands = run.engine.state.commands
        await run.until(lambda: len(commands.get(run.intent.id, ())) >= 4)
        assert run.intent.in_flight
        scene.unit.faults.lies = False
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
    assert [row.verb for row in scene.unit.log.rows if row.verb == "off"] == ["off"]
    assert scene.relay.on


async def test_lighting_opens_a_new_session_only_when_the_old_one_is_closed(scene: Scene) -> None:
    # The card has one session: a second one beside our own would be refused for ever.
    when_dark(scene.relay, lambda: setattr(scene.unit.faults, "lies", True))
    busy: list[str] = []
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until(lambda: len(run.engine.state.commands.get(run.intent.id, ())) >= 3)
        scene.unit.faults.lies = False
        await run.until_over()
        for transcript in await run.db.transcripts(PCU):
            busy += [line for line in transcript.text.split("\n") if "already logged in" in line]

    assert busy == []


async def test_a_relay_that_follows_late_but_in_time_is_waited_for(scene: Scene) -> None:
    scene.unit.faults.slow = 0.05
    async with ready(scene) as run:
        await run.ask(force=True)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
        assert intent.off_seen
    assert scene.relay.on


async def test_a_relay_that_follows_too_late_ends_on_all_the_same(scene: Scene) -> None:
    scene.unit.faults.slow = 0.6
    async with ready(scene) as run:
        await run.ask(force=True)
        intent = await run.until_over()
        assert intent.state is IntentState.FAILED

        await run.until(lambda: not scene.relay.on)
        await run.until(lambda: scene.relay.on)


async def test_an_outlet_off_by_an_unknown_hand_is_left_alone_and_told(scene: Scene) -> None:
    scene.relay.switch(False)
    async with ready(scene) as run:
        await scene.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CANCELLED
        assert run.engine.state.fleet.foreign_off == {A}
        assert any("somebody may be inside" in text for text in run.alerts())
    assert [row.verb for row in scene.unit.log.rows if row.verb in ("on", "off")] == []
    assert not scene.relay.on


async def test_a_person_may_light_what_an_unknown_hand_put_off(scene: Scene) -> None:
    scene.relay.switch(False)
    async with ready(scene) as run:
        await run.ask(force=True)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED
    assert scene.cuts() == []
    assert scene.relay.on


async def test_what_a_person_switched_off_is_ours_and_a_later_cycle_lights_it(
    scene: Scene,
) -> None:
    async with ready(scene) as run:
        await run.ask("power-off", force=True, until="2100-01-01T00:00")
        off = await run.until_over()
        assert (off.state, off.dark_since) == (IntentState.CONFIRMED, None), "it is meant"
        assert not run.room.dark

        await run.ask()
        intent = await run.until_over()
        assert intent.id != off.id
        assert intent.state is IntentState.CONFIRMED
        assert intent.sent_at is not None, "or its proof would never come"
    assert scene.relay.on
    assert len(scene.cuts()) == 1


async def test_power_on_switches_on_in_the_one_session_it_has(scene: Scene) -> None:
    scene.relay.switch(False)
    async with ready(scene) as run:
        await run.ask("power-on")
        intent = await run.until_over()

        assert (intent.state, intent.outcome) == (IntentState.CONFIRMED, Outcome.OK)
    assert scene.relay.on
    assert [row.verb for row in scene.unit.log.rows if row.verb == "login"] == ["login"]


async def test_power_on_of_what_is_on_sends_nothing(scene: Scene) -> None:
    async with ready(scene) as run:
        await run.ask("power-on")
        intent = await run.until_over()

        assert (intent.state, intent.outcome) == (IntentState.CONFIRMED, Outcome.ALREADY)
    assert [row.verb for row in scene.unit.log.rows if row.verb == "on"] == []


async def test_a_persons_off_that_a_unit_only_pretends_is_a_failure(scene: Scene) -> None:
    scene.unit.faults.lies = True
    async with ready(scene) as run:
        await run.ask("power-off", force=True, until="2100-01-01T00:00")
        intent = await run.until_over()

        assert intent.state is IntentState.FAILED
        assert not run.engine.state.fleet.known_off


@pytest.mark.parametrize(("pcus", "outlets"), [(1, 2), (2, 1)], ids=["one-pcu", "two-pcus"])
async def test_two_supplies_are_dark_together_and_lit_together(
    tmp_path: Path, pcus: int, outlets: int
) -> None:
    together: list[bool] = []
    async with scene_for(tmp_path / "state", pcus=pcus, outlets=outlets) as scene:
        one, two = scene.relays
        two.listeners.append(lambda on: together.append(not one.on and not on))
        async with ready(scene) as run:
            await run.ask(force=True)
            intent = await run.until_over()

            assert intent.state is IntentState.CONFIRMED
            assert intent.off_seen
        assert together[0]
        assert one.on
        assert two.on
        assert len(scene.cuts()) == 2


@pytest.mark.parametrize("drop_at", ["before-commit", "after-commit"])
@pytest.mark.parametrize(("pcus", "outlets"), [(1, 2), (2, 1)], ids=["one-pcu", "two-pcus"])
async def test_a_second_outlet_that_fails_leaves_neither_dark(
    tmp_path: Path, pcus: int, outlets: int, drop_at: str
) -> None:
    async with scene_for(tmp_path / "state", pcus=pcus, outlets=outlets) as scene:
        one, two = scene.relays
        when_dark(one, lambda: setattr(scene.units[-1].faults, "drop_at", drop_at))
        async with ready(scene) as run:
            await run.ask(force=True)
            intent = await run.until_over()

            after = drop_at == "after-commit"
            assert intent.state is (IntentState.CONFIRMED if after else IntentState.FAILED)
            assert not run.engine.state.fleet.known_off
            assert intent.dark_since is None
        assert one.on
        assert two.on
        assert len(scene.cuts()) == len(set(scene.cuts())) or pcus == 2, "each off once"


async def test_a_second_pcu_that_is_dead_ends_it_before_the_first_is_touched(
    tmp_path: Path,
) -> None:
    async with scene_for(tmp_path / "state", pcus=2) as scene:
        scene.units[1].faults.dead = True
        async with ready(scene) as run:
            await run.ask(force=True)
            intent = await run.until_over()

            assert intent.state is IntentState.FAILED
        assert scene.cuts() == []


async def test_a_second_pcu_that_dies_in_the_dark_is_waited_for(tmp_path: Path) -> None:
    async with scene_for(tmp_path / "state", pcus=2) as scene:
        one, two = scene.relays
        when_dark(two, lambda: setattr(scene.units[1].faults, "dead", True))
        async with ready(scene) as run:
            await run.ask(force=True)
            await run.until_state(IntentState.UNKNOWN)
            await run.until(lambda: one.on)
            scene.units[1].faults.dead = False
            intent = await run.until_over()

            assert intent.state is IntentState.CONFIRMED
        assert two.on
        assert len(scene.cuts()) == 2


async def test_a_family_that_guarantees_on_cycles_by_itself(tmp_path: Path) -> None:
    relay = Relay("1")
    unit = IpmiUnit({"1": relay}, password=PASSWORD)
    key, program = PcuKey("toml:bmc"), write_ipmitool(tmp_path / "ipmitool")
    unit.mechanics.reboot = 0.2
    async with AsyncUnits([unit]):
        record = replace(
            pcu_record(key, "ipmi"),
            user="admin",
            transports=(Transport("ipmi", unit.port),),
            options={"program": str(program)},
        )
        inventory = inventory_of({key: record}, (Outlet(key, "1"),))
        scene = Scene(tmp_path / "state", [unit], [relay], inventory)
        scene.policy = replace(
            scene.policy,
            wire=replace(scene.policy.wire, outlet_confirm=1000 * scene.policy.wire.dark),
        )
        moves: list[bool] = []
        relay.listeners.append(moves.append)
        async with ready(scene) as run:
            await run.ask(force=True)
            intent = await run.until_over()

            assert intent.state is IntentState.CONFIRMED
            assert not run.engine.state.fleet.known_off
        assert [verb for verb, _ in scene.cuts()] == ["cycle"]
        assert moves == [False, True]


@pytest.mark.parametrize(
    ("shown", "state", "seen"),
    [
        ((PowerState.OFF, PowerState.OFF), IntentState.CONFIRMED, True),
        ((PowerState.OFF, PowerState.ON), IntentState.FAILED, False),
        ((PowerState.UNKNOWN, PowerState.UNKNOWN), IntentState.CONFIRMED, False),
        ((PowerState.OFF, PowerState.UNKNOWN), IntentState.CONFIRMED, False),
    ],
    ids=["both-off", "one-stayed-on", "unreadable", "half-readable"],
)
def test_only_an_outlet_that_reads_on_is_held_against_its_unit(
    shown: tuple[PowerState, PowerState], state: IntentState, seen: bool
) -> None:
    ending = judged(dict(zip((A, B), shown, strict=True)), ())

    assert (ending.state, ending.off_seen) == (state, seen)


async def test_a_verdict_follows_from_what_the_node_shows(scene: Scene) -> None:
    async with ready(scene) as run:
        await run.ask(force=True)
        await run.until_over()
        now = scene.clock.now()
        await scene.observe(run, Observed.BOOT, boot_id="second", booted_at=now)

        assert run.intent.verdict is Verdict.FIXED
        assert NODE in run.engine.state.nodes
