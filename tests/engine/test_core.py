"""The engine: one inbox, one fold, one commit; then the news."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.config.load import default_policy
from plcmon.engine import Engine, core
from plcmon.engine.core import merge
from plcmon.model.beliefs import Status
from plcmon.model.events import (
    CanaryRound,
    Event,
    NodeObserved,
    NodeSeen,
    Noticed,
    Refused,
    ScanCompleted,
    Started,
    Verb,
)
from plcmon.model.issues import IssueType
from plcmon.model.readings import (
    Evidence,
    Login,
    Observation,
    Observed,
)
from plcmon.model.state import Changes, State
from plcmon.model.subjects import NodeKey, fleet_subject, node_subject
from plcmon.store import open_database
from tests.actions.scene import ShiftClock
from tests.engine.desk import FLEET, NODE, Desk, N, running, silence, ssh
from tests.policy.clerk import OPS, make_inventory

# What is told


async def test_tell_returns_once_it_is_durable() -> None:
    async with running() as desk, asyncio.TaskGroup() as group:
        desk.gate.clear()
        task = group.create_task(desk.engine.tell(FLEET, CanaryRound(3, 3)), name="tell")
        await desk.until(lambda: desk.engine.state.seq > 3 or desk.engine._inbox.empty())
        await asyncio.sleep(0)
        assert not task.done()
        desk.gate.set()
        event = await task

        assert event.seq == desk.engine.state.seq


async def test_news_follows_its_commit_and_never_precedes_it() -> None:
    async with running() as desk:
        await desk.engine.tell(FLEET, CanaryRound(3, 3))

        assert desk.log == ["commit", "news"] * (len(desk.log) // 2)


async def test_what_waits_together_is_one_commit() -> None:
    async with running() as desk, asyncio.TaskGroup() as group:
        desk.gate.clear()
        first = group.create_task(desk.engine.tell(FLEET, CanaryRound(3, 3)), name="first")
        await desk.until(desk.engine._inbox.empty)
        await asyncio.sleep(0)
        before = len(desk.commits)
        rest = [
            group.create_task(desk.engine.tell(FLEET, CanaryRound(3, 3)), name=f"tell-{number}")
            for number in range(50)
        ]
        await asyncio.sleep(0)
        desk.gate.set()
        for task in (first, *rest):
            await task

        assert len(desk.commits) == before + 2
        assert len({task.result().seq for task in rest}) == 50


async def test_numbers_of_events_have_no_gaps() -> None:
    async with running() as desk:
        await desk.engine.say(FLEET, Verb(OPS, "freeze", "x", {"scope": "all"}))
        await desk.settle()

        assert [event.seq for event in desk.news] == list(range(1, len(desk.news) + 1))


async def test_a_commit_that_fails_answers_nobody_and_ends_the_engine() -> None:
    async def full(_: Changes) -> None:
        raise OSError("disk full")

    engine = Engine(
        state=State(),
        policy=default_policy(),
        commit=full,
        publish=lambda _: None,
        clock=ShiftClock(),
    )
    told: list[Event] = []

    async def tell() -> None:
        told.append(await engine.tell(FLEET, Started("test", "p", adopted=True)))

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(tell(), name="tell")
            group.create_task(engine.run(), name="engine")

    assert caught.group_contains(OSError, match="disk full")
    assert told == []


# What is said


async def test_a_verb_says_what_it_did() -> None:
    async with running() as desk:
        said = await desk.engine.say(FLEET, Verb(OPS, "freeze", "x", {"scope": "all"}))

        assert said.ok
        assert said.text == "freeze: done"
        assert said.seq > 0


async def test_a_declined_verb_says_which_rule_declined_it() -> None:
    async with running() as desk:
        said = await desk.engine.say(FLEET, Verb(OPS, "unfreeze", "x", {"scope": "all"}))

        assert not said.ok
        assert "not frozen" in said.text
        assert desk.bodies(Refused)


async def test_a_power_verb_names_the_intent_that_it_wrote_down() -> None:
    async with running() as desk:
        said = await desk.engine.say(NODE, Verb(OPS, "power-cycle", "x", force=True))

        assert said.intent in desk.engine.state.intents
        assert said.intent in said.text


async def test_a_verb_that_cancels_an_intent_does_not_say_it_wrote_one_down() -> None:
    async with running() as desk:
        said = await desk.engine.say(NODE, Verb(OPS, "power-cycle", "x", force=True))
        ended = await desk.engine.say(NODE, Verb(OPS, "cancel", "x", {"intent": said.intent}))

        assert ended.text == "cancel: done"


@pytest.mark.parametrize("verb", ["scan", "pcu-test", "pcu-status", "power-status"])
async def test_a_harmless_question_leaves_a_row_with_its_asker(verb: str) -> None:
    async with running() as desk:
        said = await desk.engine.say(NODE, Verb(OPS, verb))

        assert said.ok
        rows = [row for changes in desk.commits for row in changes.audit if row.verb == verb]
        assert [row.actor for row in rows] == [OPS.name]


# What is seen


async def test_only_what_changes_becomes_an_event() -> None:
    async with running() as desk:
        for _ in range(5):
            desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
            await desk.settle()

        assert len(desk.bodies(NodeObserved)) == 1
        assert desk.engine.state.nodes[N].observed is Observed.BOOT


async def test_the_same_reading_twice_is_once() -> None:
    async with running() as desk:
        reading = ssh(desk, Login.OK, boot_id="one")
        desk.engine.ingest(reading)
        await desk.settle()
        desk.engine.ingest(reading)
        await desk.settle()

        assert len(desk.bodies(NodeObserved)) == 1


async def test_a_node_in_doubt_is_attended_to() -> None:
    async with running() as desk:
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        silence(desk)
        assert desk.attended[-1] == (N, True)

        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        assert desk.attended[-1] == (N, False)


async def test_three_failures_over_ten_minutes_make_it_silent() -> None:
    async with running() as desk:
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        for _ in range(3):
            desk.clock.shift += timedelta(minutes=6)
            silence(desk)
            await desk.settle()

        belief = desk.engine.state.nodes[N]
        assert (belief.observed, belief.status) == (Observed.SILENT, Status.OFFLINE)


async def test_a_reading_about_nobody_is_nothing() -> None:
    async with running() as desk:
        stranger = replace(ssh(desk, Login.OK), subject=node_subject(NodeKey("toml:nobody")))
        desk.engine.ingest(stranger)
        await desk.settle()

        assert desk.bodies(NodeObserved) == []


async def test_blind_no_reading_is_evidence_and_doubt_is_forgotten() -> None:
    async with running() as desk:
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        await desk.settle()
        silence(desk)
        await desk.engine.tell(FLEET, CanaryRound(0, 3))
        assert desk.attended[-1] == (N, False)

        for _ in range(4):
            desk.clock.shift += timedelta(minutes=6)
            silence(desk)
            await desk.settle()
        assert desk.engine.state.nodes[N].observed is Observed.BOOT
        assert desk.engine.state.nodes[N].evidence is Evidence.BLIND


async def test_after_blindness_the_next_reading_is_evidence_again() -> None:
    async with running() as desk:
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        await desk.engine.tell(FLEET, CanaryRound(0, 3))
        for _ in range(3):
            await desk.engine.tell(FLEET, CanaryRound(3, 3))
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        await desk.settle()

        assert desk.engine.state.nodes[N].evidence is Evidence.FRESH


async def test_readings_that_stay_away_make_it_stale() -> None:
    async with running() as desk:
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        await desk.settle()
        desk.clock.shift += 2 * desk.engine.policy.intervals.ssh + timedelta(minutes=1)
        await desk.settle()

        assert desk.engine.state.nodes[N].evidence is Evidence.STALE


async def test_when_a_node_was_last_heard_of_is_kept_from_time_to_time() -> None:
    async with running() as desk:
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        heard = desk.engine.seen(N)
        desk.clock.shift += timedelta(minutes=1)
        await desk.settle()

        assert isinstance(heard, NodeSeen)
        assert desk.engine.state.seen[N] == heard
        assert any(changes.seen == [heard] for changes in desk.commits)


# Time


def count_turns(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the loop turns from here on."""
    turns = [0]
    turn = desk.engine.turn

    async def counted(jobs: list[core.Job]) -> None:
        turns[0] += 1
        await turn(jobs)

    monkeypatch.setattr(desk.engine, "turn", counted)  # counts, and changes nothing
    return turns


async def silent_for_long(desk: Desk) -> None:
    """A node that was well and has been silent for two days."""
    now = desk.clock.now()
    seen = Observation(Observed.BOOT, now, now, boot_id="one", booted_at=now - timedelta(days=9))
    await desk.engine.tell(NODE, NodeObserved(seen))
    await desk.engine.tell(NODE, NodeObserved(Observation(Observed.SILENT, now, now)))
    desk.clock.shift += timedelta(hours=49)
    await desk.engine.tell(FLEET, CanaryRound(3, 3))
    await desk.settle()


@pytest.mark.parametrize("how", ["idle", "blind", "issue", "paused", "frozen"])
async def test_an_engine_with_nothing_to_do_hardly_turns(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running() as desk:
        if how == "blind":
            await desk.engine.tell(FLEET, CanaryRound(0, 3))
            desk.clock.shift += timedelta(minutes=5)  # past the sweep, which blindness skips
        elif how != "idle":
            await silent_for_long(desk)
            (issue,) = (i for i in desk.engine.state.all_open() if i.subject == NODE)
            until = (desk.clock.now() + timedelta(days=1)).isoformat()
            if how == "paused":
                arguments = {"issue": issue.id, "until": until}
                assert (await desk.engine.say(NODE, Verb(OPS, "pause", "x", arguments))).ok
            elif how == "frozen":
                await desk.engine.say(FLEET, Verb(OPS, "freeze", "x", {"scope": "all"}))
        await desk.settle()
        await desk.settle()
        turns = count_turns(desk, monkeypatch)
        await asyncio.sleep(0.5)

        assert turns[0] <= 1


async def test_a_time_that_has_come_already_is_not_looked_at_again_at_once() -> None:
    async with running() as desk:
        now = desk.clock.now()

        assert core.later(None, now) is None
        assert core.later(now + timedelta(hours=1), now) == now + timedelta(hours=1)
        assert core.later(now - timedelta(hours=1), now) == now + core.SOON


async def test_time_alone_opens_an_issue() -> None:
    async with running() as desk:
        await silent_for_long(desk)

        assert desk.engine.state.open_issue(NODE, IssueType.NODE_DOWN) is not None


async def test_a_window_that_is_over_ends_though_nothing_else_happens() -> None:
    async with running() as desk:
        until = (desk.clock.now() + timedelta(milliseconds=50)).isoformat()
        await desk.engine.say(NODE, Verb(OPS, "maintenance", "x", {"until": until}))
        assert desk.engine.state.windows

        await desk.until(lambda: not desk.engine.state.windows)


async def test_a_new_policy_is_looked_at_for_everybody_at_once() -> None:
    async with running() as desk:
        now = desk.clock.now()
        seen = Observation(Observed.BOOT, now, now, boot_id="one")
        await desk.engine.tell(NODE, NodeObserved(seen))
        await desk.engine.tell(NODE, NodeObserved(Observation(Observed.SILENT, now, now)))
        desk.clock.shift += timedelta(hours=2)
        await desk.settle()
        assert desk.engine.state.open_issue(NODE, IssueType.NODE_DOWN) is None

        shorter = replace(desk.engine.policy.thresholds, node_down_silent=timedelta(hours=1))
        desk.engine.adopt_policy(replace(desk.engine.policy, thresholds=shorter))
        await desk.settle()

        assert desk.engine.state.open_issue(NODE, IssueType.NODE_DOWN) is not None


async def test_the_loop_says_when_it_last_turned() -> None:
    async with running() as desk:
        before = desk.engine.turned_at
        await desk.settle()
        await desk.until(lambda: desk.engine.turned_at > before)


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_jump_of_the_wall_clock_stops_actions_until_a_fresh_scan(minutes: int) -> None:
    async with running() as desk:
        await desk.engine.tell(FLEET, ScanCompleted(6, 6, 1.0))
        desk.clock.jump = timedelta(minutes=minutes)
        await desk.settle()
        clock = fleet_subject("clock")
        state = desk.engine.state
        before = state.fleet.scan_complete_at, bool(state.open_issue(clock, IssueType.SELF))
        await desk.engine.tell(FLEET, ScanCompleted(6, 6, 1.0))

        assert before == (None, True)
        assert state.fleet.scan_complete_at is not None
        assert state.open_issue(clock, IssueType.SELF) is None


@pytest.mark.parametrize(
    ("minutes", "said"), [(-6, "jumped by 6m back"), (125, "jumped by 2h 5m forward")]
)
async def test_a_jump_says_how_far_and_which_way(minutes: int, said: str) -> None:
    async with running() as desk:
        desk.clock.jump = timedelta(minutes=minutes)
        await desk.until(lambda: bool(desk.bodies(Noticed)))
        (told,) = desk.bodies(Noticed)

        assert isinstance(told, Noticed)
        assert said in told.detail


async def test_after_a_jump_only_a_fresh_reading_is_evidence() -> None:
    async with running() as desk:
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        await desk.settle()
        desk.clock.jump = timedelta(hours=-3)
        await desk.settle()
        after_the_jump = desk.engine.state.nodes[N].evidence
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        await desk.settle()

        assert after_the_jump is Evidence.STALE
        assert desk.engine.state.nodes[N].evidence is Evidence.FRESH


async def test_a_clock_that_went_back_leaves_nothing_waiting_for_the_old_time() -> None:
    async with running() as desk:
        desk.clock.jump = timedelta(days=-1)
        await desk.settle()
        desk.engine.ingest(ssh(desk, Login.OK, boot_id="one"))
        desk.clock.shift += timedelta(minutes=1)
        await desk.settle()

        assert desk.engine.state.seen[N] == desk.engine.seen(N), "the sweep goes on"


async def test_a_clock_that_is_set_right_by_a_little_is_no_jump() -> None:
    async with running() as desk:
        desk.clock.jump = timedelta(minutes=4)
        await desk.settle()
        desk.clock.shift += timedelta(days=1)
        await desk.settle()

        assert desk.bodies(Noticed) == []


# Over a restart


async def test_the_next_life_goes_on_with_what_the_store_kept(tmp_path: Path) -> None:
    clock = ShiftClock()
    async with (
        open_database(tmp_path / "state", clock=clock) as db,
        running(state=await db.load(), keep=db.commit) as desk,
    ):
        await silent_for_long(desk)
        await desk.engine.tell(FLEET, ScanCompleted(6, 6, 1.0))
        first = desk.engine.state
        (issue,) = [i for i in first.all_open() if i.subject == NODE]

    async with open_database(tmp_path / "state", clock=clock) as db:
        state = await db.load()
        assert state.seq == first.seq
        assert state.nodes == first.nodes
        assert state.issues == first.issues
        assert state.fleet == first.fleet
        async with running(state=state, keep=db.commit) as desk:
            assert desk.news[0].seq == first.seq + 1
            assert desk.engine.wants[issue.id].issue == issue.id
            assert desk.engine.state.nodes[N].evidence is Evidence.STALE, "no reading yet"


def test_merging_keeps_order_and_the_last_row_of_each_key() -> None:
    def noticed(on: bool) -> Event:
        return Event(ShiftClock().now(), FLEET, Noticed("disk", on, ""))

    one, two = Changes(events=[noticed(True)]), Changes(events=[noticed(False)])
    one.windows["w"], two.windows["w"] = None, None
    inventory = make_inventory()
    one.inventory = inventory

    merged = merge([one, two])
    assert [event.body.on for event in merged.events if isinstance(event.body, Noticed)] == [
        True,
        False,
    ]
    assert merged.inventory is inventory
    assert merged.windows == {"w": None}
    assert not merge([])
