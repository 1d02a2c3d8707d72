"""What was done about a subject, what was not, and why."""

from plcmon.model.subjects import fleet_subject, node_subject, pcu_subject, site_subject
from plcmon.operations.lately import lately
from plcmon.operations.moment import Moment
from tests.fakes.book import FakeBook
from tests.policy.clerk import DAY, HOUR, Clerk, make_inventory, node

N = node_subject(node(0, 0))


def lines(clerk: Clerk, *, about_issue: bool = False, subject: object = N) -> tuple[str, ...]:
    book = FakeBook(clerk.state, clerk.policy, clerk.wants.by_issue)
    moment = Moment.of(book, clerk.now)
    issue = next(iter(clerk.state.open_issues(N)), None) if about_issue else None
    return lately(moment, subject, issue)  # type: ignore[arg-type] # a Subject


def test_of_what_is_always_well_there_is_nothing_to_tell() -> None:
    assert lines(Clerk().begin()) == ()


def test_a_healthy_node_tells_what_repaired_it() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(node(0, 0))
    clerk.forward(HOUR)

    told = lines(clerk)

    assert any(
        line.startswith("node_down was open, bad for") and "healthy" in line for line in told
    )
    assert any(line.startswith("node_down took cycle, the last") for line in told)
    assert any(line.startswith("power-cycle by engine") and "fixed it" in line for line in told)


def test_a_rung_that_was_passed_over_says_why() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(node(0, 0), long=3 * DAY)

    told = lines(clerk, about_issue=True)

    assert any(line.startswith("node_down passed over cycle: power_path_ok") for line in told)


def test_an_action_that_was_cancelled_says_why() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    clerk.say(N, "cancel", intent=clerk.planned()[0].id, reason="somebody is there")

    told = lines(clerk)

    assert any(
        "power-cycle by engine" in line and "somebody is there (ops)" in line for line in told
    )


def test_what_is_open_beside_it_is_told_of_its_site_and_unit_too() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))

    assert any(line.startswith("open beside it: node_down:") for line in lines(clerk))
    assert lines(clerk, subject=pcu_subject("toml:p0")) == ()
    assert lines(clerk, subject=site_subject("s1")) == ()
    assert lines(clerk, subject=fleet_subject()) == ()
