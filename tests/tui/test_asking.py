"""Questions of the command line whose answer is a page."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.operations.views import PlanView, WhyView
from plcmon.tui.asking import ASKED, LastAnswers, then
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import NOW


def test_times_are_read_as_people_type_them() -> None:
    assert then("2h", NOW) == NOW - timedelta(hours=2)
    assert then("2026-01-01", NOW).isoformat() == "2026-01-01T00:00:00+00:00"
    assert timedelta() <= NOW - then("03:00", NOW) < timedelta(days=1)


@pytest.mark.parametrize("text", ["soon", "7", "25:00", "2026-99-99"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        then(text, NOW)


@pytest.mark.parametrize("what", list(ASKED))
async def test_every_question_has_an_answer_and_a_page(what: str) -> None:
    desk = FakeDesk()
    argument = next(iter(desk.fleet.nodes.values())).name if what in {"why", "history"} else ""

    ask = ASKED[what](desk, argument, NOW, True)

    assert list(ask.page(await ask.view(), 80))


async def test_a_plan_reaches_as_far_as_asked() -> None:
    view = await ASKED["plan"](FakeDesk(), "1h", NOW, True).view()

    assert isinstance(view, PlanView)
    assert view.until - view.since == timedelta(hours=1)


async def test_why_may_be_asked_of_another_time() -> None:
    desk = FakeDesk()
    name = next(iter(desk.fleet.nodes.values())).name

    view = await ASKED["why"](desk, f"{name} 2h", NOW, True).view()

    assert isinstance(view, WhyView)
    assert view.at == NOW - timedelta(hours=2)


@pytest.mark.parametrize(("what", "said"), [("why", "of what"), ("history", "of which node")])
def test_questions_about_nothing_are_refused(what: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ASKED[what](FakeDesk(), "", NOW, True)


async def test_the_last_answers_are_asked_for_again_when_the_node_changed() -> None:
    desk = FakeDesk()
    node = next(iter(desk.fleet.nodes.values()))
    answers, asked = LastAnswers(desk), desk.calls

    first = await answers.lines(node, NOW, 80)
    await answers.lines(node, NOW + timedelta(seconds=59), 80)
    assert asked["history"] == 1

    await answers.lines(replace(node, detail="silent"), NOW + timedelta(seconds=59), 80)
    await answers.lines(replace(node, detail="silent"), NOW + timedelta(minutes=2), 80)
    assert asked["history"] == 3
    assert any("12.5 ms, 33% lost" in cell.text for line in first for cell in line)


async def test_a_desk_that_does_not_tell_leaves_the_rest_of_the_page() -> None:
    desk = FakeDesk()
    node = next(iter(desk.fleet.nodes.values()))

    assert await LastAnswers(desk).lines(replace(node, key="toml:gone"), NOW, 80) == []
