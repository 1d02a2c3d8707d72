"""The plan as lines: what, when, and what holds it."""

from plcmon.model.readings import Observed
from plcmon.model.subjects import fleet_subject
from plcmon.operations.plan import ASSUMED, plan_view
from plcmon.operations.views import PlanLine, PlanView
from tests.policy.clerk import DAY, Clerk, node


def plan(clerk: Clerk, days: int = 7) -> PlanView:
    return plan_view(clerk.state, clerk.policy, clerk.now, clerk.now + days * DAY)


def about(view: PlanView, rung: str) -> PlanLine:
    return next(line for line in view.lines if line.rung == rung)


def test_it_says_what_opens_and_what_each_rung_does() -> None:
    clerk = Clerk().begin()
    clerk.observe(node(0, 0), Observed.SILENT)

    view = plan(clerk)

    assert view.assumed == ASSUMED
    assert any(line.what.startswith("opens: silent for 24 h") for line in view.lines)
    assert about(view, "cycle").what == "does: power-cycle"
    assert about(view, "tell").what == "does: notify down tech"
    assert about(view, "cycle").name == "n0-0.example.org"
    assert about(view, "cycle").issue == "node_down"


def test_lines_go_by_time_and_end_with_the_plan() -> None:
    clerk = Clerk().begin()
    clerk.observe(node(0, 0), Observed.SILENT)

    view = plan(clerk, 2)
    times = [line.at for line in view.lines]

    assert times == sorted(times)
    assert times[-1] <= view.until == clerk.now + 2 * DAY


def test_what_is_held_already_stands_first() -> None:
    clerk = Clerk().begin()
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(node(0, 0))

    line = plan(clerk).lines[0]

    assert (line.at, line.rung, line.what, line.held_by) == (
        clerk.now,
        "cycle",
        "is held already",
        "freeze",
    )
    assert line.fact == "all is frozen by ops"


def test_what_would_be_held_says_by_what() -> None:
    clerk = Clerk().begin()
    clerk.observe(node(0, 0), Observed.SILENT)
    clerk.say(fleet_subject(), "freeze", scope="all")

    held = [line for line in plan(clerk).lines if line.held_by == "freeze"]

    assert [line.rung for line in held][:1] == ["cycle"]
    assert not any(line.what == "does: power-cycle" for line in plan(clerk).lines)


def test_a_cycle_ends_unknown_because_nothing_changes() -> None:
    clerk = Clerk().begin()
    clerk.observe(node(0, 0), Observed.SILENT)

    assert any(
        line.what == "power-cycle ends with the verdict unknown" for line in plan(clerk).lines
    )


def test_more_lines_than_an_answer_holds_are_counted() -> None:
    clerk = Clerk().begin()
    clerk.observe(node(0, 0), Observed.SILENT)
    whole = plan(clerk)

    cut = plan_view(clerk.state, clerk.policy, clerk.now, whole.until, most=3)

    assert cut.lines == whole.lines[:3]
    assert cut.left_out == len(whole.lines) - 3
