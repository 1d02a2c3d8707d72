"""One contract, every Desk: over the engine's book, over the socket to that, and the fake.

The same sentences must hold for all of them, so that a face cannot tell which one it has.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from plcmon.api.server import Health, serve_api
from plcmon.client import Client
from plcmon.errors import DeclinedError, ForbiddenError, NotFoundError, RefusedError
from plcmon.model.events import Actor, Noticed, StatusChanged
from plcmon.model.intents import PowerState
from plcmon.model.subjects import PcuKey, fleet_subject, node_subject
from plcmon.operations.desk import VERBS, Desk
from tests.fakes.book import (
    DOWN,
    NOW,
    OPERATOR,
    OVER,
    House,
    asking_issue,
    house_with_a_story,
    off_command,
    paused_issue,
    running_cycle,
)
from tests.fakes.journal import chained

DEADLINE_S = 10


@dataclass
class Hall:
    """A house with one desk in it, near or far."""

    house: House
    desk: Desk
    open_as: Callable[[Actor], Any]  # an async context manager of a desk for another caller


@asynccontextmanager
async def near(house: House, actor: Actor, folder: Path) -> AsyncIterator[Desk]:
    yield house.desk(actor)


@asynccontextmanager
async def far(house: House, actor: Actor, folder: Path) -> AsyncIterator[Desk]:
    """The tests' own user would be an admin: the socket's word for the caller is put aside."""
    socket = folder / f"{actor.name}.sock"
    serving = serve_api(
        lambda _: house.desk(actor), socket=socket, roles={}, health=lambda: Health(ok=True)
    )
    async with serving, Client(socket) as desk:
        yield desk


@pytest.fixture(params=[near, far], ids=["local", "client"])
async def hall(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Hall]:
    house = house_with_a_story()
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(request.param(house, OPERATOR, tmp_path))
        yield Hall(house, desk, lambda actor: request.param(house, actor, tmp_path))


async def test_the_summary_counts_every_node_once(hall: Hall) -> None:
    summary = await hall.desk.summary()

    assert summary.nodes == {"good": 1, "offline": 2, "new": 1}
    assert sum(summary.evidence.values()) == 4
    assert (summary.sites, summary.pcus) == (2, 2)


async def test_the_summary_says_who_asks_and_how_far_the_guard_is(hall: Hall) -> None:
    summary = await hall.desk.summary()

    assert (summary.caller, summary.role) == ("ann", "operator")
    assert summary.guard == "open, 1 of 5"
    assert summary.held == 1
    assert summary.seq == 3


async def test_a_view_holds_all_rows_of_one_moment(hall: Hall) -> None:
    view = await hall.desk.view()

    assert list(view.nodes) == await hall.desk.nodes()
    assert list(view.sites) == await hall.desk.sites()
    assert list(view.pcus) == await hall.desk.pcus()
    assert list(view.issues) == await hall.desk.issues()
    assert view.summary == await hall.desk.summary()


@pytest.mark.parametrize("word", ["beta", "TOML:2", "rack=r7", "beta.example"])
async def test_nodes_are_found_by_name_key_and_label(hall: Hall, word: str) -> None:
    assert [node.name for node in await hall.desk.nodes(word)] == ["beta.example.org"]


async def test_nodes_are_found_by_site_and_status(hall: Hall) -> None:
    assert len(await hall.desk.nodes("north")) == 2
    assert len(await hall.desk.nodes("offline")) == 2
    assert await hall.desk.nodes("nothing like it") == []


async def test_sites_and_pcus_take_a_filter(hall: Hall) -> None:
    assert [site.key for site in await hall.desk.sites("university")] == ["north"]
    assert [pcu.name for pcu in await hall.desk.pcus("ilo")] == ["ilo1"]


async def test_issues_show_open_ones_unless_closed_ones_are_asked_for(hall: Hall) -> None:
    assert [issue.id for issue in await hall.desk.issues()] == [DOWN]
    assert [issue.id for issue in await hall.desk.issues(closed=True)] == [DOWN, OVER]


async def test_what_waits_for_a_word_comes_first_and_what_is_paused_last(hall: Hall) -> None:
    for issue in (paused_issue(), asking_issue()):
        hall.house.book.put_issue(issue)

    rows = await hall.desk.issues()

    assert [(row.worry, row.status) for row in rows] == [(0, "open"), (1, "open"), (3, "paused")]
    assert rows[0].proposal


async def test_intents_come_newest_first_and_no_more_than_asked(hall: Hall) -> None:
    intent = running_cycle()
    hall.house.book.state.intents[intent.id] = intent
    hall.house.book.state.commands[intent.id] = [off_command()]

    rows = await hall.desk.intents("beta")

    assert [row.id for row in rows] == [intent.id]
    assert rows[0].commands == ("13:59:30 off apc1 outlet 2: ok, reads off",)
    assert await hall.desk.intents(limit=0) == []


@pytest.mark.parametrize(
    "text", ["beta.example.org", "beta", "BETA", "toml:2", "node/toml:2", "2", "127.0.1.2"]
)
async def test_why_finds_a_node_by_whatever_people_call_it(hall: Hall, text: str) -> None:
    why = await hall.desk.why(text)

    assert why.subject == "node/toml:2"
    assert why.issue is not None


@pytest.mark.parametrize("text", [DOWN, DOWN.lower(), "01HQXDOWN", f"issue/{DOWN}", "0000001"])
async def test_why_finds_an_issue_by_its_id_or_enough_of_it(hall: Hall, text: str) -> None:
    why = await hall.desk.why(text)

    assert why.issue is not None
    assert why.issue.id == DOWN


async def test_why_finds_closed_issues_too(hall: Hall) -> None:
    why = await hall.desk.why(OVER)

    assert why.next == "Nothing: it is closed."
    assert "closed 2d ago by engine: healthy" in why.sentence


async def test_why_offers_the_nearest_names(hall: Hall) -> None:
    with pytest.raises(NotFoundError, match=r"did you mean beta\b"):
        await hall.desk.why("betta")


@pytest.mark.parametrize("text", ["", "no/such/thing?x=1#y", "../etc", "é %2F"])
async def test_why_of_nonsense_is_not_found(hall: Hall, text: str) -> None:
    with pytest.raises(NotFoundError):
        await hall.desk.why(text)


async def test_why_tells_the_last_lines_of_the_story(hall: Hall) -> None:
    why = await hall.desk.why("beta")

    assert why.history[-1] == "14:00 node_down opened: silent for 24h"


async def test_since_sorts_the_story(hall: Hall) -> None:
    handover = await hall.desk.since(NOW - timedelta(hours=1))

    assert any("node_down opened" in line for line in handover.worse)
    assert any("cycle held by freeze" in line for line in handover.held)
    assert handover.since == NOW - timedelta(hours=1)


async def test_events_page_by_number(hall: Hall) -> None:
    first = await hall.desk.events(0, limit=2)
    rest = await hall.desk.events(first[-1].seq)

    assert [event.seq for event in [*first, *rest]] == [1, 2, 3]
    assert rest[0].keys == ("node/toml:2", f"issue/{DOWN}")


async def test_watch_tells_the_past_after_a_number_then_the_news(hall: Hall) -> None:
    seen = []
    async with asyncio.timeout(DEADLINE_S), aclosing(cast(Any, hall.desk.watch(1))) as events:
        async for event in events:
            seen.append(event)
            if len(seen) == 2:
                hall.house.commit(fleet_subject(), Noticed("disk", on=True, detail="90 % full"))
            if len(seen) == 3:
                break

    assert [event.seq for event in seen] == [2, 3, 4]
    assert seen[2].text == "disk: 90 % full"


async def test_a_watcher_that_lags_beyond_the_bound_loses_nothing(hall: Hall) -> None:
    hall.house.hub._bound = 5
    seen = []
    async with asyncio.timeout(DEADLINE_S), aclosing(cast(Any, hall.desk.watch(0))) as events:
        async for event in events:
            seen.append(event.seq)
            if len(seen) == 3:
                for number in range(100):
                    change = StatusChanged("online", "offline", f"number {number}")
                    hall.house.commit(node_subject("toml:1"), change)
            if len(seen) == 103:
                break

    assert seen == list(range(1, 104))


async def test_a_verb_reaches_the_engine_with_actor_and_reason(hall: Hall) -> None:
    answer = await hall.desk.do("power-cycle", "beta", reason="it hangs", force=True)

    subject, verb = hall.house.ear.heard[-1]
    assert answer.ok
    assert answer.subject == "node/toml:2"
    assert subject == node_subject("toml:2")
    assert (verb.actor.name, verb.verb, verb.reason, verb.force) == (
        "ann",
        "power-cycle",
        "it hangs",
        True,
    )


async def test_a_verb_about_an_issue_names_it(hall: Hall) -> None:
    await hall.desk.do("pause", DOWN[:10], reason="moving", arguments={"until": "3h"})

    subject, verb = hall.house.ear.heard[-1]
    assert subject == node_subject("toml:2")
    assert verb.arguments == {"issue": DOWN, "until": "2026-03-01T17:00:00+00:00"}


async def test_what_the_engine_declines_is_raised_with_its_rule(hall: Hall) -> None:
    hall.house.ear.declines = "in flight: another action runs on north"

    with pytest.raises(DeclinedError, match="another action runs on north"):
        await hall.desk.do("power-cycle", "beta", reason="it hangs")


async def test_a_viewer_may_look_and_say_nothing(hall: Hall) -> None:
    async with hall.open_as(Actor("vera", "viewer", "socket")) as desk:
        assert len(await desk.nodes()) == 4
        for verb in VERBS:
            with pytest.raises(ForbiddenError):
                await desk.do(verb, "beta", reason="because")

    assert hall.house.ear.heard == []


async def test_an_operator_may_not_say_what_is_for_admins(hall: Hall) -> None:
    with pytest.raises(ForbiddenError, match="needs the role admin"):
        await hall.desk.do("db-adopt", reason="restored")


@pytest.mark.parametrize(
    ("verb", "subject", "reason"), [("power-off", "beta", ""), ("power-off", "", "why not")]
)
async def test_a_missing_reason_or_subject_is_declined(
    hall: Hall, verb: str, subject: str, reason: str
) -> None:
    with pytest.raises(DeclinedError):
        await hall.desk.do(verb, subject, reason=reason)

    assert hall.house.ear.heard == []


async def test_an_unknown_verb_or_argument_says_what_there_is(hall: Hall) -> None:
    with pytest.raises(NotFoundError, match="power-cycle"):
        await hall.desk.do("explode", "beta")
    with pytest.raises(DeclinedError, match="it takes until, not speed"):
        await hall.desk.do("pause", DOWN, reason="x", arguments={"speed": 3})


async def test_a_freeze_names_its_scope(hall: Hall) -> None:
    for text in ("all", "north", "apc1", "family/apc", "kind/power"):
        await hall.desk.do("freeze", text)

    scopes = [verb.arguments["scope"] for _, verb in hall.house.ear.heard]
    assert scopes == ["all", "site/north", "pcu/toml:apc1", "family/apc", "kind/power"]


async def test_scan_makes_a_node_or_every_node_of_a_site_due(hall: Hall) -> None:
    await hall.desk.do("scan", "beta")
    answer = await hall.desk.do("scan", "south")

    assert hall.house.eyes.scanned == [node_subject(f"toml:{n}") for n in (2, 3, 4)]
    assert answer.text == "2 nodes of south are probed next"


async def test_power_status_reads_the_nodes_outlets(hall: Hall) -> None:
    hall.house.hands.outlets[(PcuKey("toml:apc1"), "2")] = PowerState.OFF

    answer = await hall.desk.do("power-status", "beta")

    assert answer.lines == ("apc1 outlet 2 reads off (beta.example.org)",)
    assert [verb.verb for _, verb in hall.house.ear.heard] == ["power-status"]


async def test_what_a_pcu_says_arrives_as_the_error_it_was(hall: Hall) -> None:
    hall.house.hands.fails = RefusedError("apc1", "reading outlet 2", "not allowed")

    with pytest.raises(RefusedError) as caught:
        await hall.desk.do("power-status", "beta")

    assert str(caught.value) == "apc1: reading outlet 2: not allowed"


async def test_pcu_test_tells_the_finding(hall: Hall) -> None:
    answer = await hall.desk.do("pcu-test", "apc1")

    assert (answer.ok, answer.text) == (True, "apc1: ok after 0.4 s")


@pytest.mark.parametrize("word", ["beta", "node/toml:2", DOWN, DOWN[-6:]])
async def test_the_journal_of_one_thing_by_any_of_its_names(hall: Hall, word: str) -> None:
    rows = await hall.desk.audit(word)

    assert [row.verb for row in rows] == ["issue opened", "held", "hold ended"]
    assert {row.name for row in rows} == {"beta.example.org"}


async def test_what_is_gone_keeps_its_rows(hall: Hall) -> None:
    assert await hall.desk.audit("node/toml:99") == []


async def test_a_journal_that_was_changed_names_the_row(hall: Hall) -> None:
    journal = hall.house.archive.journal
    journal[2] = replace(journal[2], reason="nothing held it")

    verdict = await hall.desk.verify()

    assert not verdict.holds
    assert verdict.row is not None
    assert (verdict.rows, verdict.row.seq, verdict.row.name) == (2, 3, "beta.example.org")
    assert "chain is broken at row 3" in verdict.text


async def test_a_journal_that_breaks_an_invariant_names_both(hall: Hall) -> None:
    archive = hall.house.archive
    archive.journal = chained([*archive.journal, replace(archive.journal[1], issue="B")])

    verdict = await hall.desk.verify()

    assert (verdict.holds, verdict.invariant, verdict.violations) == (False, 11, 1)
    assert verdict.row is not None and verdict.row.seq == 6
