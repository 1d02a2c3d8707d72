"""What holds for every Desk whatever fleet is behind it: near, over the socket, and the fake."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from plcmon.api.server import Health, serve_api
from plcmon.client import Client
from plcmon.config.load import default_policy
from plcmon.errors import DeclinedError, ForbiddenError, MistypedError, NotFoundError
from plcmon.model.events import Actor
from plcmon.operations.desk import VERBS, Desk
from tests.fakes.book import house_with_a_story
from tests.fakes.desk import FakeDesk

DEADLINE_S = 10


def engine_desk(role: str) -> Desk:
    return house_with_a_story().desk(Actor("ann", role, "socket"))


def fake_desk(role: str) -> Desk:
    return FakeDesk(role=role)


@asynccontextmanager
async def near(desk: Desk, folder: Path) -> AsyncIterator[Desk]:
    yield desk


@asynccontextmanager
async def far(desk: Desk, folder: Path) -> AsyncIterator[Desk]:
    socket = folder / "desk.sock"
    serving = serve_api(lambda _: desk, socket=socket, roles={}, health=lambda: Health(ok=True))
    async with serving, Client(socket) as client:
        yield client


@pytest.fixture(params=["operator"])
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(
    params=[(engine_desk, near), (engine_desk, far), (fake_desk, near), (fake_desk, far)],
    ids=["local", "client", "fake", "client-fake"],
)
async def desk(request: pytest.FixtureRequest, tmp_path: Path, role: str) -> AsyncIterator[Desk]:
    make, reach = request.param
    async with reach(make(role), tmp_path) as found:
        yield found


async def test_the_summary_counts_every_node_once(desk: Desk) -> None:
    summary, nodes = await desk.summary(), await desk.nodes()

    assert sum(summary.nodes.values()) == sum(summary.evidence.values()) == len(nodes)
    assert (summary.sites, summary.pcus) == (len(await desk.sites()), len(await desk.pcus()))


async def test_a_view_has_the_rows_of_the_lists(desk: Desk) -> None:
    view = await desk.view()

    assert list(view.nodes) == await desk.nodes()
    assert list(view.sites) == await desk.sites()
    assert list(view.pcus) == await desk.pcus()
    assert {row.id for row in view.issues} == {row.id for row in await desk.issues()}


async def test_every_row_has_a_why(desk: Desk) -> None:
    view = await desk.view()

    for rows in (view.nodes, view.sites, view.pcus, view.issues):
        assert all(row.why for row in rows)


async def test_every_row_can_be_asked_why_by_its_key(desk: Desk) -> None:
    view = await desk.view()
    asked = [f"node/{row.key}" for row in view.nodes[:3]]
    asked += [f"pcu/{row.key}" for row in view.pcus[:3]]
    asked += [row.id for row in view.issues[:3]]

    for text in asked:
        assert (await desk.why(text)).sentence


async def test_issues_named_by_a_node_are_issues(desk: Desk) -> None:
    view = await desk.view()
    known = {row.id for row in view.issues}

    assert {issue for row in view.nodes for issue in row.issues} <= known


async def test_a_filter_leaves_only_what_it_names(desk: Desk) -> None:
    one = (await desk.nodes())[0]

    assert one in await desk.nodes(one.name)
    assert await desk.nodes("no such thing anywhere") == []


async def test_nobody_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        await desk.why("nobody at all")
    with pytest.raises(NotFoundError):
        await desk.do("explode", "nobody at all")


async def test_events_have_growing_numbers_and_pages_join(desk: Desk) -> None:
    every = await desk.events(0)
    first = await desk.events(0, limit=1)
    rest = await desk.events(first[-1].seq)

    assert [event.seq for event in every] == sorted({event.seq for event in every})
    assert [*first, *rest] == every


async def test_watching_begins_after_a_number(desk: Desk) -> None:
    every = await desk.events(0)
    async with asyncio.timeout(DEADLINE_S), aclosing(cast(Any, desk.watch(1))) as events:
        seen = [await anext(events) for _ in every[1:]]

    assert seen == every[1:]


async def test_a_reason_that_is_needed_must_be_given(desk: Desk) -> None:
    name = (await desk.nodes())[0].name

    with pytest.raises(DeclinedError, match="reason"):
        await desk.do("power-cycle", name)


async def test_a_verb_is_answered_in_a_sentence(desk: Desk) -> None:
    name = (await desk.nodes())[0].name

    answer = await desk.do("power-cycle", name, reason="it hangs")

    assert answer.ok
    assert answer.text


@pytest.mark.parametrize("role", ["viewer"], indirect=True)
async def test_a_viewer_may_say_nothing(desk: Desk) -> None:
    for verb in VERBS:
        with pytest.raises(ForbiddenError):
            await desk.do(verb, "anything", reason="because")


async def test_the_journal_is_read_newest_last(desk: Desk) -> None:
    rows = await desk.audit()

    assert [row.seq for row in rows] == sorted({row.seq for row in rows})
    assert {"issue opened", "held", "unfreeze"} <= {row.verb for row in rows}


async def test_the_journal_is_selected_by_what_it_says(desk: Desk) -> None:
    rows = await desk.audit()
    held = next(row for row in rows if row.verb == "held")

    assert await desk.audit(actor="ann") == [row for row in rows if row.actor == "ann"]
    assert await desk.audit(verb="issue") == [r for r in rows if r.verb.startswith("issue ")]
    assert await desk.audit(since=held.at) == [row for row in rows if row.at >= held.at]
    assert await desk.audit(until=held.at) == [row for row in rows if row.at < held.at]
    assert await desk.audit(limit=1) == rows[-1:]
    assert await desk.audit(verb="nothing like it") == []


async def test_the_journal_of_nobody_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        await desk.audit("nobody at all")


async def test_a_journal_that_holds_says_so(desk: Desk) -> None:
    verdict = await desk.verify()

    assert (verdict.holds, verdict.violations) == (True, 0)
    assert verdict.rows == len(await desk.audit())
    assert "hold" in verdict.text


async def test_a_plan_goes_by_time_and_says_what_it_assumes(desk: Desk) -> None:
    plan = await desk.plan(timedelta(days=7))

    assert plan.until - plan.since == timedelta(days=7)
    assert plan.assumed.startswith("Assumed")
    assert plan.lines
    assert [line.at for line in plan.lines] == sorted(line.at for line in plan.lines)


async def test_a_plan_for_no_time_is_refused(desk: Desk) -> None:
    with pytest.raises(MistypedError):
        await desk.plan(timedelta())


async def test_a_plan_changes_nothing(desk: Desk) -> None:
    before = await desk.view()
    await desk.plan(timedelta(days=30))

    assert await desk.view() == before


async def test_approvals_are_the_issues_that_wait_for_a_word(desk: Desk) -> None:
    waiting = {row.id for row in await desk.issues() if row.proposal}

    assert {row.issue for row in await desk.approvals()} == waiting


async def test_repairs_add_up(desk: Desk) -> None:
    now = (await desk.summary()).at
    found = await desk.repairs(now - timedelta(days=90))
    row = found.everything

    verdicts = (row.fixed, row.rebooted_sick, row.not_rebooted, row.unknown, row.without)
    assert row.tried == sum(verdicts) == sum(part.tried for part in found.each)


async def test_readiness_counts_every_node_in_service_once(desk: Desk) -> None:
    found = await desk.readiness()

    assert found.proven + len(found.unready) == found.nodes
    assert all(row.to_do for row in found.unready)


async def test_whether_it_is_us_adds_up(desk: Desk) -> None:
    found = await desk.is_it_us()

    assert found.verdict in {"us", "not us", "can't tell", "nothing down"}
    assert found.sentence.endswith(".")
    assert sum(canary.answers for canary in found.canaries) == found.good
    assert len(found.canaries) == found.asked
    assert 0 < found.down <= found.nodes <= len(await desk.nodes())
    named = sum(row.down for row in found.clusters if row.kind != "time")
    assert named + found.unexplained == found.down
    assert all(row.up + row.down + row.unknown == found.down for row in found.sources)
    assert sum(row.down for row in found.witnesses) == found.down


async def test_a_history_is_of_the_node_and_ends_now(desk: Desk) -> None:
    now, row = (await desk.summary()).at, (await desk.nodes())[0]

    found = await desk.history(row.name, now - timedelta(days=7))

    assert (found.node, found.site, found.availability.nodes) == (row.key, row.site, 1)
    assert found.until - found.since == timedelta(days=7)
    assert [line.at for line in found.lines] == sorted(line.at for line in found.lines)
    assert all(found.since <= reading.at <= found.until for reading in found.readings)


async def test_there_is_no_history_of_nobody(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        await desk.history("nosuch-node", (await desk.summary()).at - timedelta(days=1))


@pytest.mark.parametrize("by", ["node", "site", "pcu", "all"])
async def test_availability_counts_every_node_once(desk: Desk, by: str) -> None:
    now, nodes = (await desk.summary()).at, await desk.nodes()

    found = await desk.availability(now - timedelta(days=7), by=by)

    assert sum(row.nodes for row in found.rows) == found.total.nodes == len(nodes)


async def test_availability_goes_by_what_there_is(desk: Desk) -> None:
    now = (await desk.summary()).at

    with pytest.raises(MistypedError):
        await desk.availability(now - timedelta(days=7), by="colour")
    with pytest.raises(MistypedError):
        await desk.availability(now, now - timedelta(days=7))


async def test_sessions_are_those_of_the_unit(desk: Desk) -> None:
    for row in await desk.pcus():
        assert {session.pcu for session in await desk.sessions(row.name)} <= {row.key}


async def test_there_are_no_sessions_of_no_unit(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        await desk.sessions("nosuch-pdu")


@pytest.mark.parametrize("form", ["json", "csv", ""])
async def test_a_post_is_taken_in_either_form_and_told_apart(desk: Desk, form: str) -> None:
    one, other = [row.name for row in await desk.nodes()][:2]
    rows = [(one, "1"), (other, "0"), ("nobody.example", "1")]
    body = json.dumps([{"node": node, "up": up} for node, up in rows])
    if form == "csv":
        body = "node,up\n" + "".join(f"{node},{up}\n" for node, up in rows)

    found = await desk.post_readings("nagios", body.encode(), form=form)

    assert (found.source, found.taken, found.up, found.down) == ("nagios", 2, 1, 1)
    assert (found.unknown, found.unknown_names) == (1, ("nobody.example",))
    assert found.text.startswith("nagios: 1 up, 1 down")


async def test_a_post_may_be_far_larger_than_a_verb(desk: Desk) -> None:
    name = (await desk.nodes())[0].name
    body = json.dumps([{"node": name, "up": 1}]).encode() + b" " * 2_000_000

    assert (await desk.post_readings("nagios", body)).taken == 1


async def test_a_post_with_one_mistake_is_refused_and_the_row_named(desk: Desk) -> None:
    one, other = [row.name for row in await desk.nodes()][:2]
    body = json.dumps([{"node": one, "up": 1}, {"node": other, "up": "maybe"}])

    with pytest.raises(MistypedError, match="row 2: "):
        await desk.post_readings("nagios", body.encode())


@pytest.mark.parametrize("body", [b"[", b"", b"name,state\nn1,up\n"])
async def test_a_post_of_nonsense_is_mistyped(desk: Desk, body: bytes) -> None:
    with pytest.raises(MistypedError, match="the body: "):
        await desk.post_readings("nagios", body)


async def test_only_a_webhook_takes_posts_and_in_known_forms(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="nagios"):
        await desk.post_readings("nosuch", b"[]")
    with pytest.raises(DeclinedError, match="asked"):
        await desk.post_readings("prom", b"[]")
    with pytest.raises(MistypedError):
        await desk.post_readings("nagios", b"[]", form="xml")


@pytest.mark.parametrize("role", ["viewer"], indirect=True)
async def test_a_viewer_posts_nothing(desk: Desk) -> None:
    with pytest.raises(ForbiddenError):
        await desk.post_readings("nagios", b"[]")


async def test_a_policy_is_compared_as_it_was_sent(desk: Desk) -> None:
    policy = default_policy()

    assert (await desk.policy_diff(policy)).after == policy.version


async def test_why_then_is_refused_for_a_time_to_come(desk: Desk) -> None:
    now, name = (await desk.summary()).at, (await desk.nodes())[0].name

    with pytest.raises(MistypedError):
        await desk.why(name, now + timedelta(hours=1))


async def test_why_then_says_of_when_it_is_and_how_it_was_made(desk: Desk) -> None:
    now, name = (await desk.summary()).at, (await desk.nodes())[0].name

    found = await desk.why(name, now)

    assert found.at == now
    assert found.remark


async def test_the_digest_has_lines_and_sends_nothing(desk: Desk) -> None:
    before = await desk.digest()

    assert before.lines
    assert (await desk.digest()).lines == before.lines
