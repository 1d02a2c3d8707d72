"""Replies: notices and penalties wait, repairs don't, and auto-replies are nobody."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from plcmon.model.decisions import Gate, GateName, Pass
from plcmon.model.events import ReplySeen
from plcmon.model.intents import ActionKind, IntentState
from plcmon.model.issues import IssueType
from plcmon.model.subjects import SiteKey, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.judge import objection
from plcmon.policy.replies import reply_gate
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node
from tests.policy.test_penalties import down, fall, gate, known_site, level, pass_days

S = SiteKey("s0")
SUBJECT = site_subject(S)
N = node(0, 0)


def reply(clerk: Clerk, *, until: datetime | None = None, auto: bool = False) -> None:
    clerk.tell(SUBJECT, ReplySeen(clerk.now, until, "ann@s0.example.org", auto))


def ask(clerk: Clerk) -> Gate:
    return reply_gate(Draft(clerk.state, clerk.policy, clerk.now), S)


def quiet_site() -> Clerk:
    """No node of it has a power path: its issues begin with mail."""
    return Clerk(inventory=make_inventory(paths=False)).begin()


def test_a_reply_holds_the_next_notice_back_for_its_time() -> None:
    clerk = quiet_site()
    clerk.fall_silent(N)
    reply(clerk)

    clerk.forward(3 * DAY)
    clerk.refresh()
    held = list(clerk.state.outbox.values())
    clerk.forward(13 * HOUR)
    clerk.refresh()

    assert held == []
    assert {row.notice for row in clerk.state.outbox.values()} == {"down"}


@pytest.mark.parametrize(("promised", "left"), [(10 * DAY, 10 * DAY), (90 * DAY, 30 * DAY)])
def test_a_promised_date_counts_up_to_thirty_days(promised: timedelta, left: timedelta) -> None:
    clerk = quiet_site()

    reply(clerk, until=clerk.now + promised)

    assert ask(clerk).clears_at == clerk.now + left


def test_an_auto_reply_does_not_count() -> None:
    clerk = quiet_site()

    reply(clerk, auto=True)

    assert ask(clerk).answer is Pass.PASS
    assert any(row.verb == "reply" and "auto-reply" in row.reason for row in clerk.audit)


def test_a_reply_without_a_date_shortens_no_promise() -> None:
    clerk = quiet_site()
    promised = clerk.now + 10 * DAY
    reply(clerk, until=promised)

    reply(clerk)

    assert ask(clerk).clears_at == promised


def test_repairs_go_on() -> None:
    clerk = Clerk().begin()
    reply(clerk)

    clerk.fall_silent(N)

    assert len(clerk.planned()) == 1


def test_a_notice_that_was_planned_waits_at_the_moment_of_sending() -> None:
    clerk = quiet_site()
    clerk.fall_silent(N)
    clerk.forward(25 * HOUR)
    clerk.refresh()
    (intent,) = [i for i in clerk.intents() if i.kind is ActionKind.NOTIFY]
    assert intent.state is IntentState.PLANNED

    reply(clerk)

    view = Draft(clerk.state, clerk.policy, clerk.now)
    assert objection(view, intent).startswith("reply: ")


def test_no_penalty_rises_at_a_site_that_replied() -> None:
    clerk = known_site()
    fall(clerk, node(0, 0), node(0, 1), days=8)
    clerk.state.issues[down(clerk).id] = replace(down(clerk), claim=1)
    reply(clerk, until=clerk.now + 30 * DAY)

    pass_days(clerk, 5)

    assert level(clerk) == 0
    assert gate(clerk, GateName.REPLY).answer is Pass.HOLD


def test_the_hold_shows_and_ends_by_itself() -> None:
    clerk = quiet_site()
    clerk.fall_silent(N)
    reply(clerk)
    clerk.forward(25 * HOUR)
    clerk.refresh()

    want = clerk.want(N, IssueType.NODE_DOWN)

    found = next(gate for gate in want.gates if gate.name is GateName.REPLY)
    assert found.answer is Pass.HOLD
    assert want.next_at is not None
    assert want.next_at <= (found.clears_at or clerk.now) + MINUTE
