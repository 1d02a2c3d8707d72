"""Following an action: its steps, its verdict, and the exit status that scripts go by."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from plcmon.cli.follow import ending, follow, is_over, waits_for_proof, went_well
from plcmon.errors import DeskError, NotFoundError
from plcmon.operations.views import Answer, EventView, IntentView
from tests.cli.shell import Shell
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import NOW

STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("IntentChanged", "power-cycle planned: dead", {"state": "planned"}),
    ("IntentClaimed", "claimed (fence 7)", {}),
    ("IntentChanged", "power-cycle claimed", {"state": "claimed"}),
    ("IntentStage", "connected", {"stage": "connected"}),
    ("IntentStage", "read; apc1 outlet 2 reads on", {"stage": "read"}),
    ("IntentSent", "sending off to apc1 outlet 2", {"state": "sent"}),
    ("IntentStage", "off sent; off apc1 outlet 2: ok, reads off", {"stage": "off sent"}),
    ("IntentStage", "dark; off by our hand: apc1 outlet 2", {"stage": "dark"}),
    ("IntentStage", "on sent; on apc1 outlet 2: ok, reads on", {"stage": "on sent"}),
    ("IntentStage", "read on; on again: apc1 outlet 2", {"stage": "read on"}),
    ("IntentEnded", "the device side ended confirmed (ok)", {}),
    ("IntentChanged", "power-cycle confirmed: off and on again", {"state": "confirmed"}),
)


class ActingDesk(FakeDesk):
    """A FakeDesk that lets one action happen as soon as it is asked for."""

    verdict = "fixed"

    async def do(self, verb: str, subject: str = "", **more: object) -> Answer:
        answer = await super().do(verb, subject, **more)  # type: ignore[arg-type] # handed through
        intent = replace(first(self), verdict="", state="planned", kind=verb)
        for kind, text, changes in (*STEPS, self.judged()):
            intent = replace(intent, **changes)
            self.fleet.intents[intent.id] = intent
            await self.push(step_of(intent, kind, text))
        return replace(answer, intent=intent.id)

    def judged(self) -> tuple[str, str, dict[str, Any]]:
        changes = {"verdict": self.verdict, "detail": "as the boot id says"}
        return "IntentChanged", f"power-cycle verdict {self.verdict}", changes


def first(desk: FakeDesk) -> IntentView:
    return next(iter(desk.fleet.intents.values()))


def step_of(intent: IntentView, kind: str, text: str) -> EventView:
    return EventView(0, NOW, kind, intent.target, intent.name, text, (f"intent/{intent.id}",))


def cycled(shell: Shell, *more: str) -> tuple[int, str, str]:
    node = next(iter(shell.desk.fleet.nodes.values()))
    words = ("power", "cycle", node.name, "--reason", "dead", "--yes", *more)
    result = shell.run(*words)
    return result.exit_code, result.stdout, result.stderr


def test_waiting_prints_every_step_and_the_verdict() -> None:
    code, text, _ = cycled(Shell(ActingDesk(role="admin")), "--wait")

    assert code == 0
    lines = [line.partition(" ")[2] for line in text.splitlines()[1:-1]]
    steps = [word.partition(";")[0].partition(":")[0] for word in lines]
    assert steps == [
        *("power-cycle planned", "power-cycle claimed", "connected", "read"),
        "sending off to apc1 outlet 2",
        *("off sent", "dark", "on sent", "read on"),
        "power-cycle confirmed",
        "power-cycle verdict fixed",
    ]
    assert text.splitlines()[-1] == "verdict: fixed (as the boot id says)"


@pytest.mark.parametrize("verdict", ["not_rebooted", "rebooted_sick", "unknown"])
def test_any_other_verdict_is_exit_5(verdict: str) -> None:
    desk = ActingDesk(role="admin")
    desk.verdict = verdict

    code, text, _ = cycled(Shell(desk), "--wait")

    assert code == 5
    assert f"verdict: {verdict}" in text


def test_json_prints_the_action_as_it_ended_and_nothing_else() -> None:
    code, text, _ = cycled(Shell(ActingDesk(role="admin")), "--wait", "--json")

    assert code == 0
    assert json.loads(text)["verdict"] == "fixed"


@pytest.mark.parametrize(
    ("person", "option", "waits"),
    [(True, "", True), (True, "--no-wait", False), (False, "", False), (False, "--wait", True)],
)
def test_a_person_waits_by_default_and_a_script_does_not(
    person: bool, option: str, waits: bool
) -> None:
    shell = Shell(ActingDesk(role="admin"), person=person)

    _, text, _ = cycled(shell, *[option] if option else [])

    assert ("verdict: fixed" in text) is waits


def test_a_service_that_names_no_action_cannot_be_waited_for() -> None:
    code, _, error = cycled(Shell(), "--wait")

    assert code == 4
    assert "named no action to wait for" in error


async def test_steps_of_other_actions_are_not_told() -> None:
    desk = FakeDesk()
    mine = replace(first(desk), kind="power-on", state="confirmed", verdict="")
    desk.fleet.intents[mine.id] = mine
    other = replace(mine, id="01OTHER")
    after = len(desk.fleet.events)
    await desk.push(step_of(other, "IntentStage", "somebody else's"))
    await desk.push(step_of(mine, "IntentChanged", "power-on confirmed"))
    told: list[str] = []

    def tell(_at: datetime, text: str) -> None:
        told.append(text)

    ended = await follow(desk, mine.id, after, tell)

    assert told == ["power-on confirmed"]
    assert ended.id == mine.id


async def test_between_the_units_word_and_the_verdict_the_proof_is_waited_for() -> None:
    desk = FakeDesk()
    waits = replace(first(desk), kind="power-cycle", state="confirmed", verdict="")
    desk.fleet.intents[waits.id] = waits
    after = len(desk.fleet.events)
    proof, told = asyncio.Event(), list[str]()

    def tell(_at: datetime, text: str) -> None:
        told.append(text)
        if text.startswith("proof"):
            proof.set()

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow(desk, waits.id, after, tell))
        await desk.push(step_of(waits, "IntentChanged", "power-cycle confirmed"))
        await proof.wait()
        desk.fleet.intents[waits.id] = replace(waits, verdict="fixed")
        await desk.push(step_of(waits, "IntentChanged", "power-cycle verdict fixed"))

    assert [text.partition(":")[0] for text in told] == [
        *("power-cycle confirmed", "proof", "power-cycle verdict fixed")
    ]
    assert following.result().verdict == "fixed"


async def test_what_is_no_longer_known_cannot_be_followed() -> None:
    desk = FakeDesk()
    mine = first(desk)
    after = len(desk.fleet.events)
    await desk.push(step_of(replace(mine, id="01GONE"), "IntentChanged", "cancelled"))

    with pytest.raises(NotFoundError, match="no longer known"):
        await follow(desk, "01GONE", after, lambda _at, _text: None)


async def test_a_service_that_stays_away_is_told() -> None:
    desk = FakeDesk()
    await desk.lose()

    with pytest.raises(DeskError, match="connection refused"):
        await follow(desk, first(desk).id, 0, lambda _at, _text: None)


@pytest.mark.parametrize(
    ("kind", "state", "verdict", "over", "well"),
    [
        ("power-cycle", "sent", "", False, False),
        ("power-cycle", "confirmed", "", False, False),
        ("power-cycle", "confirmed", "fixed", True, True),
        ("power-cycle", "unknown", "", False, False),
        ("power-cycle", "unknown", "not_rebooted", True, False),
        ("power-cycle", "cancelled", "", True, False),
        ("power-cycle", "failed", "", True, False),
        ("power-on", "confirmed", "", True, True),
        ("power-off", "failed", "", True, False),
    ],
)
def test_an_action_is_over_when_nothing_more_can_come(
    kind: str, state: str, verdict: str, over: bool, well: bool
) -> None:
    intent = replace(first(FakeDesk()), kind=kind, state=state, verdict=verdict)

    assert (is_over(intent), went_well(intent)) == (over, well)
    assert waits_for_proof(intent) is (kind == "power-cycle" and state == "confirmed" and not over)


def test_an_ending_without_detail_is_one_word() -> None:
    intent = replace(first(FakeDesk()), state="cancelled", verdict="", detail="")

    assert ending(intent) == "cancelled"
    assert ending(replace(intent, detail="it lapsed")) == "cancelled (it lapsed)"
