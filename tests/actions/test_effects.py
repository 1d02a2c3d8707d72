"""The effect room: written down first, read back after, never sent again by itself."""

import asyncio

import pytest

from plcmon.errors import OutcomeUnknownError, RefusedError, UnreachableError
from plcmon.model.events import EffectSent, Freeze, Started
from plcmon.model.intents import ActionKind, Intent, IntentState, Outcome
from plcmon.model.subjects import fleet_subject
from tests.actions.paper import TARGET, Paper
from tests.fakes.outside import FakeOutside

BOOT_STATE = ActionKind.BOOT_STATE
LOST = OutcomeUnknownError("the source", "setting it", "the link died")
DECLINED = RefusedError("the source", "setting it", "no")
AWAY = UnreachableError("the source", "reading it", "no answer")
OVER = (IntentState.CONFIRMED, IntentState.FAILED, IntentState.CANCELLED)


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def outside() -> FakeOutside:
    return FakeOutside({TARGET: "boot"})


async def carry_out(paper: Paper, outside: FakeOutside, intent: Intent) -> Intent:
    async with paper.room({BOOT_STATE: outside}):
        return await paper.until(intent, *OVER, IntentState.UNKNOWN)


async def turns() -> None:
    """Let the loop turn until the room has nothing to do but wait."""
    for _ in range(50):
        await asyncio.sleep(0)


def told(paper: Paper, kind: type) -> list[object]:
    return [event.body for event in paper.clerk.events if isinstance(event.body, kind)]


async def test_it_is_durable_that_it_goes_out_before_it_does(
    paper: Paper, outside: FakeOutside
) -> None:
    intent = paper.plan(BOOT_STATE, "reinstall")

    ended = await carry_out(paper, outside, intent)

    assert (ended.state, ended.outcome, ended.before) == (
        IntentState.CONFIRMED,
        Outcome.OK,
        "boot",
    )
    assert told(paper, EffectSent) == [EffectSent("reinstall", "boot")]
    assert outside.written == [(TARGET, "reinstall")]


async def test_what_is_so_already_is_not_set_and_is_not_ours(
    paper: Paper, outside: FakeOutside
) -> None:
    intent = paper.plan(BOOT_STATE, "boot")

    ended = await carry_out(paper, outside, intent)

    assert (ended.state, ended.outcome) == (IntentState.CONFIRMED, Outcome.ALREADY)
    assert (outside.written, ended.sent_at) == ([], None)


async def test_what_was_declined_failed_and_is_said_so(paper: Paper, outside: FakeOutside) -> None:
    outside.writing, outside.obeys = [DECLINED], False
    intent = paper.plan(BOOT_STATE, "reinstall")

    ended = await carry_out(paper, outside, intent)

    assert (ended.state, ended.outcome) == (IntentState.FAILED, Outcome.REFUSED)


async def test_a_value_that_reads_otherwise_afterwards_did_not_take(
    paper: Paper, outside: FakeOutside
) -> None:
    class Deaf(FakeOutside):
        async def write(self, target: object, value: str) -> str:
            return "accepted"

    intent = paper.plan(BOOT_STATE, "reinstall")

    ended = await carry_out(paper, Deaf({TARGET: "boot"}), intent)

    assert ended.state is IntentState.FAILED
    assert "it reads boot" in ended.detail


@pytest.mark.parametrize(("obeys", "state"), [(True, "confirmed"), (False, "failed")])
async def test_a_lost_link_is_answered_by_reading_alone(
    paper: Paper, outside: FakeOutside, obeys: bool, state: str
) -> None:
    outside.writing, outside.obeys = [LOST], obeys
    intent = paper.plan(BOOT_STATE, "reinstall")

    async with paper.room({BOOT_STATE: outside}):
        ended = await paper.until(intent, *OVER)

    assert ended.state.value == state
    assert len(outside.written) == 1


async def test_what_cannot_be_read_waits_for_a_person(paper: Paper) -> None:
    outside = FakeOutside(readable=False, writing=[LOST])
    intent = paper.plan(ActionKind.REPAIR, "")

    async with paper.room({ActionKind.REPAIR: outside}):
        await paper.until(intent, IntentState.UNKNOWN)
        await turns()
        assert f"repair {intent.id}" in paper.clerk.state.alerted
        paper.clerk.say(TARGET, "settle", intent=intent.id, outcome="fixed")

    assert paper.now(intent).state is IntentState.CONFIRMED
    assert len(outside.written) == 1


async def test_after_a_crash_what_was_sent_is_read_and_not_sent_again(
    paper: Paper, outside: FakeOutside
) -> None:
    intent = paper.plan(BOOT_STATE, "reinstall", state=IntentState.SENT, sent_at=paper.clerk.now)
    outside.values[TARGET] = "reinstall"
    await paper.tell(fleet_subject(), Started("test", "", adopted=True))
    assert paper.now(intent).state is IntentState.UNKNOWN

    ended = await carry_out_unknown(paper, outside, intent)

    assert ended.state is IntentState.CONFIRMED
    assert outside.written == []


async def carry_out_unknown(paper: Paper, outside: FakeOutside, intent: Intent) -> Intent:
    async with paper.room({BOOT_STATE: outside}):
        return await paper.until(intent, *OVER)


async def test_a_freeze_between_plan_and_claim_cancels(paper: Paper, outside: FakeOutside) -> None:
    intent = paper.plan(BOOT_STATE, "reinstall")
    paper.clerk.state.freezes["all"] = Freeze("all", "ops", paper.clerk.now)

    ended = await carry_out(paper, outside, intent)

    assert (ended.state, outside.written) == (IntentState.CANCELLED, [])


async def test_what_is_no_longer_installed_is_cancelled(paper: Paper) -> None:
    intent = paper.plan(BOOT_STATE, "reinstall")

    async with paper.room({}):
        ended = await paper.until(intent, *OVER)

    assert ended.state is IntentState.CANCELLED
    assert "nothing is installed" in ended.detail


async def test_taking_back_is_tried_until_it_is_done(paper: Paper, outside: FakeOutside) -> None:
    outside.values[TARGET] = "disabled"
    outside.reading, outside.writing, outside.obeys = [AWAY], [DECLINED], False
    done = paper.plan(BOOT_STATE, "disabled", state=IntentState.CONFIRMED)
    intent = paper.plan(BOOT_STATE, "boot", undoes=done.id, rung="undo")

    async with paper.room({BOOT_STATE: outside}), asyncio.timeout(5):
        for _ in range(2):
            await turns()
            paper.clock.advance(paper.clerk.policy.wire.boot_wait)
        ended = await paper.until(intent, *OVER)

    assert ended.state is IntentState.CONFIRMED
    assert outside.values[TARGET] == "boot"


async def test_a_value_that_somebody_else_set_is_left_alone(
    paper: Paper, outside: FakeOutside
) -> None:
    outside.values[TARGET] = "safeboot"
    done = paper.plan(BOOT_STATE, "disabled", state=IntentState.CONFIRMED)
    intent = paper.plan(BOOT_STATE, "boot", undoes=done.id, rung="undo")

    ended = await carry_out(paper, outside, intent)

    assert "not ours any more" in ended.detail
    assert outside.values[TARGET] == "safeboot"


async def test_no_freeze_stops_what_takes_back(paper: Paper, outside: FakeOutside) -> None:
    outside.values[TARGET] = "disabled"
    done = paper.plan(BOOT_STATE, "disabled", state=IntentState.CONFIRMED)
    intent = paper.plan(BOOT_STATE, "boot", undoes=done.id, rung="undo")
    paper.clerk.state.freezes["all"] = Freeze("all", "ops", paper.clerk.now)

    ended = await carry_out(paper, outside, intent)

    assert ended.state is IntentState.CONFIRMED
    assert outside.values[TARGET] == "boot"


async def test_a_later_effect_waits_for_the_one_before_it(
    paper: Paper, outside: FakeOutside
) -> None:
    first = paper.plan(BOOT_STATE, "reinstall")
    second = paper.plan(ActionKind.REPAIR, "", after=first.id)
    order: list[str] = []

    class Noting(FakeOutside):
        async def write(self, target: object, value: str) -> str:
            order.append(value or "repair")
            return await super().write(TARGET, value)

    noting = Noting({TARGET: "boot"}), Noting(readable=False)
    async with paper.room({BOOT_STATE: noting[0], ActionKind.REPAIR: noting[1]}):
        await paper.until(second, *OVER)

    assert order == ["reinstall", "repair"]
