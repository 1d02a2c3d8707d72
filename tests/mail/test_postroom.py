"""The post room against a real relay and the real fold: at least once, never invented."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from plcmon.errors import StoreError
from plcmon.mail.postroom import Letterhead, Pace, PostRoom, zone_of
from plcmon.mail.relay import Relay, RelayAddress, Tls
from plcmon.mail.templating import shipped
from plcmon.model.events import Body, IssueChanged, MailDelivered, MailFixed, Noticed
from plcmon.model.intents import (
    ActionKind,
    Intent,
    IntentId,
    IntentState,
    MailState,
    OutboxRow,
)
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.policy import Budgets, Policy
from plcmon.model.state import Changes, State, outbox_key
from plcmon.model.subjects import (
    Inventory,
    Site,
    SiteKey,
    fleet_subject,
    node_subject,
    site_subject,
)
from tests.fakes.clock import FakeClock
from tests.fakes.post import HOST, FoldingInbox, NoObjection, Sink, open_sink
from tests.mail.rows import NOW, TECH, row

PI = "pi@site.example.org"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
AT_ONCE = Pace(every=timedelta(milliseconds=10), gather=timedelta())


class NoSecrets:
    """Nobody asks for a password here."""

    def find(self, name: str) -> str:
        raise AssertionError(name)


@dataclass
class Bench:
    """A post room and all around it."""

    room: PostRoom
    inbox: FoldingInbox
    state: State
    clock: FakeClock
    judge: NoObjection

    def post(self, *rows: OutboxRow) -> None:
        self.state.apply(Changes(outbox={outbox_key(told): told for told in rows}))

    def have(self, row: Issue | Intent) -> None:
        if isinstance(row, Issue):
            self.state.apply(Changes(issues={row.id: row}))
        else:
            self.state.apply(Changes(intents={row.id: row}))


def bench(port: int, state: State | None = None, *, policy: Policy | None = None) -> Bench:
    """A post room over `state`; making a second one over the same state is a restart."""
    site = Site(SiteKey("here"), "Here University", timezone="Europe/Berlin")
    state = state or State(inventory=Inventory(sites={site.key: site}))
    rules = policy or Policy()
    clock, judge = FakeClock(NOW), NoObjection()
    inbox = FoldingInbox(state, rules, now=clock.now)
    room = PostRoom(
        inbox=inbox,
        judge=judge,
        state=state,
        policy=lambda: rules,
        relay=Relay(RelayAddress(HOST, port, Tls.NONE), NoSecrets()),
        letterhead=Letterhead("plcmon <plcmon@example.org>", "support@example.org", shipped()),
        clock=clock,
        pace=AT_ONCE,
    )
    return Bench(room, inbox, state, clock, judge)


@asynccontextmanager
async def open_bench(policy: Policy | None = None) -> AsyncIterator[tuple[Bench, Sink]]:
    async with open_sink() as sink:
        yield bench(sink.port, policy=policy), sink


async def test_rows_of_one_site_and_person_arrive_as_one_mail() -> None:
    async with open_bench() as (it, sink):
        it.post(row(issue="I1", node="a"), row(issue="I2", node="b"))

        await it.room.go_round()

        assert [m["Subject"] for m in sink.read] == [
            "[plcmon] Here University: 2 notices: a is down; b is down"
        ]


async def test_a_mail_is_fixed_before_it_is_sent_and_answered_after() -> None:
    async with open_bench() as (it, sink):
        seen_at_fixing: list[int] = []
        it.inbox.before = lambda body: (
            seen_at_fixing.append(len(sink.mails)) if isinstance(body, MailFixed) else None
        )
        it.post(row())

        await it.room.go_round()

        assert seen_at_fixing == [0]
        kinds = [type(body) for body in it.inbox.told(MailFixed, MailDelivered)]
        assert kinds == [MailFixed, MailDelivered]


async def test_rows_are_bound_to_the_mail_that_arrived() -> None:
    async with open_bench() as (it, sink):
        it.post(row(issue="I1"), row(issue="I2"))

        await it.room.go_round()

        bound = {told.mail for told in it.state.outbox.values()}
        assert bound == {sink.read[0]["Message-ID"]}
        assert it.state.mails[bound.pop()].state is MailState.ACCEPTED


async def test_what_was_mailed_is_not_mailed_again() -> None:
    async with open_bench() as (it, sink):
        it.post(row())

        for _ in range(3):
            await it.room.go_round()

        assert len(sink.mails) == 1


async def test_a_later_notice_waits_a_day_and_is_not_dropped() -> None:
    async with open_bench() as (it, sink):
        it.post(row(issue="I1"))
        await it.room.go_round()
        it.post(row(issue="I2", at=NOW + HOUR))
        it.clock.advance(23 * HOUR)
        await it.room.go_round()
        before = len(sink.mails)
        it.clock.advance(HOUR)
        await it.room.go_round()

        assert (before, len(sink.mails)) == (1, 2)


async def test_who_was_written_to_lately_gets_his_part_of_a_notice_a_day_later() -> None:
    async with open_bench() as (it, sink):
        it.post(row(issue="I1"))
        await it.room.go_round()
        kind, target = ActionKind.NOTIFY, node_subject("toml:I2")
        it.have(Issue(IssueId("I2"), IssueType.NODE_DOWN, target, NOW, NOW))
        it.have(Intent(IntentId("N2"), kind, target, NOW, NOW, "ops", "why", issue=IssueId("I2")))
        it.post(row(issue="I2", intent="N2"), row(issue="I2", intent="N2", recipient=PI))

        await it.room.go_round()
        at_once = [m["To"] for m in sink.read]
        it.clock.advance(DAY)
        await it.room.go_round()

        assert at_once == [TECH, PI]
        assert [m["To"] for m in sink.read] == [TECH, PI, TECH]
        assert it.state.intents[IntentId("N2")].state is IntentState.CONFIRMED


async def test_a_second_mail_is_in_the_thread_of_the_first() -> None:
    async with open_bench() as (it, sink):
        it.post(row(issue="I1"))
        await it.room.go_round()
        it.clock.advance(DAY)
        it.post(row(issue="I2"))
        await it.room.go_round()

        first, second = sink.read
        assert second["In-Reply-To"] == first["Message-ID"]
        assert second["References"].split()[1:] == [first["Message-ID"]]
        assert second["References"].split()[0] == first["References"], "the site's own root"


async def test_mail_is_dated_in_the_sites_zone() -> None:
    async with open_bench() as (it, sink):
        it.post(row())

        await it.room.go_round()

        assert sink.read[0]["Date"] == "Sat, 14 Mar 2026 03:14:00 +0100"


async def test_a_temporary_failure_sends_the_same_bytes_later() -> None:
    async with open_bench() as (it, sink):
        sink.on_rcpt += ["450 4.2.0 greylisted", "450 4.2.0 greylisted"]
        it.post(row())
        counts = []

        for wait in (0, 0, 1, 1, 1):  # tried at 0 and 1 min, then at 3
            it.clock.advance(wait * MINUTE)
            await it.room.go_round()
            counts.append(len(sink.mails))

        assert counts == [0, 0, 0, 0, 1]
        (mail,) = it.state.mails.values()
        assert (mail.state, mail.tried) == (MailState.ACCEPTED, 3)
        assert len(it.inbox.told(MailFixed)) == 1


async def test_a_crash_after_fixing_sends_that_mail_and_no_other() -> None:
    async with open_bench() as (it, sink):
        crash_before(it, MailDelivered)
        it.post(row())
        with pytest.raises(StoreError):
            await it.room.go_round()

        again = bench(sink.port, it.state)
        await again.room.go_round()

        assert sink.mails[0] == sink.mails[1]
        assert [mail.state for mail in it.state.mails.values()] == [MailState.ACCEPTED]


async def test_a_crash_before_fixing_sends_nothing() -> None:
    async with open_bench() as (it, sink):
        crash_before(it, MailFixed)
        it.post(row())
        with pytest.raises(StoreError):
            await it.room.go_round()

        assert sink.mails == []


def crash_before(it: Bench, kind: type) -> None:
    """The commit of such a fact fails, which ends the service."""

    def crash(body: Body) -> None:
        if isinstance(body, kind):
            raise StoreError("state.db", "committing", "disk full")

    it.inbox.before = crash


async def test_a_dead_relay_is_tried_once_and_the_others_wait() -> None:
    async with open_sink() as sink:
        port = sink.port
    it = bench(port)
    it.post(row(), row(issue="I2", site="there"))

    await it.room.go_round()

    assert sorted(mail.tried for mail in it.state.mails.values()) == [0, 1]
    assert {mail.state for mail in it.state.mails.values()} == {MailState.FIXED}


async def test_mail_without_a_relay_for_an_hour_is_said_once_and_taken_back() -> None:
    async with open_sink() as sink:
        it = bench(sink.port)
        sink.on_rcpt += ["450 no"] * 9
        it.post(row())
        for _ in range(9):
            await it.room.go_round()
            it.clock.advance(HOUR)
        unwell = it.state.open_issue(fleet_subject("mail"), IssueType.SELF)
        await it.room.go_round()

        assert unwell is not None
        assert [notice.on for notice in it.inbox.told(Noticed)] == [True, False]


async def test_a_refused_address_is_a_condition_of_its_own_until_it_is_taken() -> None:
    async with open_bench() as (it, sink):
        sink.on_rcpt.append("550 5.1.1 no such user")
        it.post(row(issue="I1"))
        await it.room.go_round()
        it.post(row(issue="I2"))
        await it.room.go_round()

        notices = [(notice.condition, notice.on) for notice in it.inbox.told(Noticed)]
        assert notices == [(f"mail {TECH}", True), (f"mail {TECH}", False)]


async def test_no_mail_beyond_the_budget() -> None:
    async with open_bench(Policy(budgets=Budgets(notices=2))) as (it, sink):
        it.post(*(row(issue=f"I{n}", recipient=f"{n}@example.org") for n in range(3)))
        await it.room.go_round()
        before = len(sink.mails)
        it.clock.advance(HOUR)
        await it.room.go_round()

        assert (before, len(sink.mails)) == (2, 3)


async def test_a_state_that_is_not_adopted_sends_nothing_not_even_what_is_fixed() -> None:
    async with open_bench() as (it, sink):
        sink.on_rcpt.append("450 no")
        it.post(row())
        await it.room.go_round()
        it.state.fleet = replace(it.state.fleet, adopted=False)
        it.clock.advance(DAY)
        it.post(row(issue="I2"))
        await it.room.go_round()

        assert sink.mails == []


async def test_a_site_without_a_record_is_called_by_its_key() -> None:
    async with open_bench() as (it, sink):
        it.post(row(site="gone"))

        await it.room.go_round()

        assert sink.read[0]["Subject"].startswith("[plcmon] gone: ")
        assert it.inbox.events[0].subject == site_subject("gone")


async def test_the_running_room_mails_on_news() -> None:
    async with open_bench() as (it, sink), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(it.room.run(), name="post")
        it.post(row())
        it.room.hear([await it.inbox.tell(fleet_subject(), Noticed("x", True, "y"))])
        it.room.hear([e for e in it.inbox.events if isinstance(e.body, IssueChanged)])

        await sink.until(1)
        running.cancel()


def test_an_unknown_zone_is_utc() -> None:
    assert str(zone_of("Nowhere/Atall")) == "UTC"
    assert str(zone_of("../etc/passwd")) == "UTC"
