"""Which notices go now, which wait, and which share a mail."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from plcmon.mail.queue import (
    budget_left,
    due_mails,
    in_peace,
    may_hurry,
    retry_at,
    thread_of,
    waiting_rows,
)
from plcmon.model.beliefs import SiteBelief
from plcmon.model.intents import ActionKind, Intent, IntentId, IntentState, Mail, MailState
from plcmon.model.policy import Budgets, Limits
from plcmon.model.state import State, outbox_key
from plcmon.model.subjects import Contact, Inventory, Role, Site, SiteKey, node_subject
from tests.fakes.post import NoObjection
from tests.mail.rows import NOW, TECH, later, row

DAY = timedelta(days=1)
LIMITS = Limits()


def sent(
    at: datetime, *, notices: str = "down", site: str = "here", state: str = "accepted"
) -> Mail:
    return Mail(
        f"<{at.timestamp()}@x>",
        TECH,
        site,
        "subject",
        "body",
        "html",
        at,
        headers={"X-Plcmon-Notices": notices},
        state=MailState(state),
    )


def intent(state: IntentState, kind: ActionKind = ActionKind.NOTIFY) -> Intent:
    return Intent(
        IntentId("N1"), kind, node_subject("n"), NOW, later(60), "engine", "why", state=state
    )


def due(
    *rows: object, mails: tuple[Mail, ...] = (), left: int = 60, **more: object
) -> list[object]:
    return due_mails(rows, mails, limits=LIMITS, budget_left=left, **{"now": NOW, **more})  # type: ignore[arg-type, return-value] # rows of the tests' own making


def test_one_mail_for_each_person_and_site() -> None:
    a, b = row(issue="I1"), row(issue="I2")
    other_site = row(issue="I3", site="there")
    other_person = row(issue="I4", recipient="pi@site.example.org")

    assert due(a, b, other_site, other_person) == [[a, b], [other_site], [other_person]]


def test_a_row_that_is_in_a_mail_is_never_mailed_again() -> None:
    assert due(row(mail="<x@y>")) == []


def test_a_second_mail_within_a_day_waits() -> None:
    assert due(row(), mails=(sent(NOW - DAY / 2),)) == []


def test_it_goes_when_the_day_is_over() -> None:
    assert len(due(row(), mails=(sent(NOW - DAY),))) == 1


def test_what_waited_goes_into_one_mail() -> None:
    waited = [row(issue=f"I{number}", at=NOW - DAY / 2) for number in range(3)]

    assert due(*waited, mails=(sent(NOW - DAY),)) == [waited]


def test_the_other_site_does_not_wait() -> None:
    assert len(due(row(site="there"), mails=(sent(NOW, site="here"),))) == 1


def test_recovery_never_waits() -> None:
    back, trouble = row("online", issue="I1"), row(issue="I2")

    assert due(back, trouble, mails=(sent(NOW - DAY / 2),)) == [[back]]


def test_recovery_of_a_flapping_node_waits_like_other_news() -> None:
    back = row("online", flaps="yes")

    assert due(back, mails=(sent(NOW - DAY / 2),)) == []


def test_recovery_holds_up_no_later_trouble() -> None:
    assert len(due(row(), mails=(sent(NOW - DAY / 2, notices="online"),))) == 1


def test_a_refused_mail_holds_up_nothing() -> None:
    assert len(due(row(), mails=(sent(NOW, state="refused"),))) == 1


def test_a_mail_that_is_still_on_its_way_counts() -> None:
    assert due(row(), mails=(sent(NOW, state="fixed"),)) == []


def test_the_budget_cuts_the_newest_and_drops_none() -> None:
    old, new = row(issue="I1", at=later(-5)), row(issue="I2", site="there")

    assert due(new, old, left=1) == [[old]]
    assert due(new, old, left=0) == []


def test_a_group_gathers_before_it_goes() -> None:
    rows = [row(issue="I1"), row(issue="I2", at=later(0.1))]
    gather = timedelta(seconds=10)

    assert due(*rows, now=later(0.1), gather=gather) == []
    assert due(*rows, now=later(0.2), gather=gather) == [rows]


def test_the_budget_counts_mails_of_its_window() -> None:
    mails = [sent(later(-61)), sent(later(-59)), sent(NOW)]

    assert budget_left(mails, Budgets(notices=3), NOW) == 1


def test_a_budget_is_never_below_nothing() -> None:
    assert budget_left([sent(NOW)] * 3, Budgets(notices=2), NOW) == 0


def test_a_thread_is_one_persons_at_one_site_oldest_first() -> None:
    mails = [
        sent(NOW),
        sent(later(-60)),
        sent(later(-30), site="there"),
        sent(later(-20), state="refused"),
        replace(sent(later(-10)), recipient="pi@site.example.org"),
    ]

    assert thread_of(mails, "here", TECH) == [mails[1].message_id, mails[0].message_id]


@pytest.mark.parametrize(
    ("tried", "minutes"),
    [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (100, 60)],
)
def test_a_mail_is_tried_ever_more_seldom(tried: int, minutes: int) -> None:
    mail = replace(sent(NOW, state="fixed"), tried=tried, tried_at=NOW)

    assert retry_at(mail) == later(minutes)


def test_a_mail_that_was_never_tried_goes_at_once() -> None:
    assert retry_at(sent(NOW, state="fixed")) is None


def waiting(intent_: Intent | None, *, why: str = "", adopted: bool = True) -> int:
    """How many of one row may go."""
    told = row(intent="N1" if intent_ else "")
    state = State(outbox={outbox_key(told): told})
    state.fleet = replace(state.fleet, adopted=adopted)
    if intent_ is not None:
        state.intents[intent_.id] = intent_
    return len(waiting_rows(state, NoObjection(why), NOW))


def test_a_planned_notice_may_go() -> None:
    assert waiting(intent(IntentState.PLANNED)) == 1


@pytest.mark.parametrize(
    "state", [IntentState.CANCELLED, IntentState.CONFIRMED, IntentState.FAILED]
)
def test_of_a_notice_that_is_over_nothing_more_is_mailed(state: IntentState) -> None:
    assert waiting(intent(state)) == 0


def test_a_row_goes_though_another_of_its_notice_went_before() -> None:
    assert waiting(intent(IntentState.SENT)) == 1


def test_it_is_judged_again_all_the_same() -> None:
    assert waiting(intent(IntentState.SENT), why="here is frozen") == 0


def test_a_notice_that_a_gate_holds_waits() -> None:
    assert waiting(intent(IntentState.PLANNED), why="here is frozen") == 0


def test_what_a_power_action_did_is_told_whatever_became_of_it() -> None:
    assert waiting(intent(IntentState.CONFIRMED, ActionKind.POWER_CYCLE), why="frozen") == 1


def test_back_needs_no_intent() -> None:
    assert waiting(None, why="everything is frozen") == 1


@pytest.mark.parametrize("notice", ["down", "online"])
def test_who_is_exempt_is_not_written_to(notice: str) -> None:
    tech = Contact(TECH, frozenset({Role.TECH}), exempt_until=NOW + DAY)
    site = Site(SiteKey("here"), "Here", (tech,))
    told = row(notice)
    inventory = Inventory(sites={site.key: site})
    state = State(inventory=inventory, outbox={outbox_key(told): told})

    assert waiting_rows(state, NoObjection(), NOW) == []
    assert waiting_rows(state, NoObjection(), NOW + DAY) == [told]


def test_a_state_that_is_not_adopted_mails_nothing() -> None:
    assert waiting(None, adopted=False) == 0


def test_sites_take_turns() -> None:
    first = row(issue="I1", recipient="a@x.org")
    second = row(issue="I2", recipient="b@x.org", at=later(1))
    other = row(issue="I3", site="there", at=later(2))

    assert due(first, second, other, left=2, now=later(3)) == [[first], [other]]


def test_who_is_only_a_user_comes_after_all_others() -> None:
    user = replace(row(issue="I1", recipient="user@x.org"), lowest=True)
    tech = row(issue="I2", site="there", at=later(1))

    assert due(user, tech, left=1, now=later(3)) == [[tech]]
    assert due(user, tech, now=later(3)) == [[tech], [user]]


def test_a_site_that_replied_hears_only_that_something_is_over() -> None:
    site = SiteKey("here")
    state = State(sites={site: SiteBelief(site, reply_until=NOW + DAY)})

    assert in_peace(row(), state, NOW)
    assert not in_peace(row(), state, NOW + DAY)
    assert not in_peace(row("online"), state, NOW)


def test_a_digest_waits_for_no_other_mail() -> None:
    assert may_hurry(row(notice="digest"))
