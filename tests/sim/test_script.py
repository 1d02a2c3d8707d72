"""Scripts are read strictly and played in time."""

import asyncio
import json
import logging

import pytest

from plcmon.sim.faults import OrderError
from plcmon.sim.fleet import Fleet
from plcmon.sim.layout import plan_layout
from plcmon.sim.machine import Condition
from plcmon.sim.script import NIGHT, Step, draw_steps, play, read_script


def test_a_script_is_orders_with_times() -> None:
    text = json.dumps([{"after": 2, "do": "fault", "what": "silent", "node": "n01"}])

    assert read_script(text) == [Step(2, {"do": "fault", "what": "silent", "node": "n01"})]


def test_without_a_time_it_is_done_at_once() -> None:
    assert read_script('[{"do": "heal"}]') == [Step(0, {"do": "heal"})]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("silent n01", "not JSON"),
        ('{"do": "heal"}', "a list of orders"),
        ('["heal"]', "a list of orders"),
        ('[{"do": "heal"}, {"do": "dance"}]', 'order 2: "do" must be one of fault'),
        ('[{"do": "heal", "after": "later"}]', 'order 1: "after" must be seconds'),
        ('[{"do": "heal", "after": -1}]', 'order 1: "after" must be seconds'),
    ],
)
def test_what_is_no_script_is_refused(text: str, why: str) -> None:
    with pytest.raises(OrderError, match=why):
        read_script(text)


async def test_orders_are_carried_out_by_time(fleet: Fleet) -> None:
    ill = {"do": "fault", "node": "n01", "what": "silent"}
    async with asyncio.timeout(30):
        await play(fleet, [Step(0.02, {"do": "heal", "node": "n01"}), Step(0.0, ill)])

    assert fleet.nodes["n01"].machine.condition is Condition.HEALTHY


async def test_an_order_that_cannot_be_is_told_and_left_out(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    steps = [
        Step(0, {"do": "fault", "node": "n99", "what": "silent"}),
        Step(0, {"do": "fault", "node": "n01", "what": "silent"}),
    ]
    with caplog.at_level(logging.WARNING):
        await play(fleet, steps)

    assert [record.message for record in caplog.records] == ["order refused"]
    assert fleet.nodes["n01"].machine.condition is Condition.SILENT


def test_drawn_steps_are_spread_over_the_night() -> None:
    steps = draw_steps(plan_layout(3), 20)

    assert len(steps) == 20
    assert [step.after for step in steps] == sorted(step.after for step in steps)
    assert all(0 <= step.after <= NIGHT for step in steps)


def test_drawn_steps_follow_from_the_seed() -> None:
    assert draw_steps(plan_layout(3), 9) == draw_steps(plan_layout(3), 9)
