import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plcmon.operations.views import (
    EventView,
    HandoverView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    SiteView,
    WhyView,
)
from plcmon.operations.wire import dump
from tests.cli.shell import Shell
from tests.fakes.desk import FakeDesk, an_event
from tests.fakes.fleet import NOW


@pytest.fixture
def shell() -> Shell:
    return Shell()


def first(rows: dict[str, Any]) -> Any:
    return next(iter(rows.values()))


@pytest.mark.parametrize("command", ["nodes", "pcus", "sites", "issues", "actions"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_tables_fit_the_terminal(shell: Shell, command: str, width: int) -> None:
    result = shell.run(command, width=width)

    assert result.exit_code == 0
    assert max(len(line) for line in result.stdout.splitlines()) <= width


def test_nodes_are_one_line_each(shell: Shell) -> None:
    lines = shell.run("nodes").stdout.splitlines()

    assert len(lines) == 1 + len(shell.desk.fleet.nodes)
    assert lines[0].split() == ["STATUS", "NODE", "SITE", "FOR", "SEEN", "MARKS", "WHY"]


def test_match_narrows(shell: Shell) -> None:
    lines = shell.run("nodes", "princeton").stdout.splitlines()

    assert 1 < len(lines) < len(shell.desk.fleet.nodes)


def test_that_nothing_matches_goes_to_standard_error(shell: Shell) -> None:
    result = shell.run("nodes", "zzz")

    assert (result.stdout, result.stderr) == ("", 'no node matches "zzz"\n')


@pytest.mark.parametrize(
    ("command", "kind", "table"),
    [
        ("nodes", list[NodeView], "nodes"),
        ("pcus", list[PcuView], "pcus"),
        ("sites", list[SiteView], "sites"),
        ("issues", list[IssueView], "issues"),
    ],
)
def test_json_is_exactly_the_views(shell: Shell, command: str, kind: Any, table: str) -> None:
    rows = list(getattr(shell.desk.fleet, table).values())

    assert shell.run(command, "--json").stdout == dump(kind, rows).decode() + "\n"


def test_json_of_actions_is_newest_first(shell: Shell) -> None:
    found = json.loads(shell.run("actions", "--json", "--limit", "2").stdout)

    assert len(found) == 2
    assert found[0]["planned_at"] >= found[1]["planned_at"]
    assert set(found[0]) == set(IntentView.__dataclass_fields__)


def test_issues_that_need_me_most_come_first(shell: Shell) -> None:
    wanted = sorted(shell.desk.fleet.issues.values(), key=lambda i: (i.worry, i.opened_at))

    lines = shell.run("issues").stdout.splitlines()[1:]

    assert [line.split()[0] for line in lines] == [issue.type for issue in wanted]


def test_issue_ids_are_shown_where_there_is_room(shell: Shell) -> None:
    issue = first(shell.desk.fleet.issues)

    assert f" {issue.id[-6:]}\n" in shell.run("issues").stdout
    assert issue.id[-6:] not in shell.run("issues", width=60).stdout


def test_node_shows_everything_line_by_line(shell: Shell) -> None:
    node = first(shell.desk.fleet.nodes)

    text = shell.run("node", node.name).stdout

    assert f"node: {node.name} ({node.key})" in text
    assert f"why: {node.why}" in text
    assert f"boot id {node.boot_id}" in text


def test_node_is_found_by_key_too(shell: Shell) -> None:
    node = first(shell.desk.fleet.nodes)

    assert json.loads(shell.run("node", node.key, "--json").stdout)["name"] == node.name


def test_unknown_node_offers_the_nearest(shell: Shell) -> None:
    node = first(shell.desk.fleet.nodes)

    result = shell.run("node", node.name + "x")

    assert result.exit_code == 4
    assert result.stdout == ""
    assert "did you mean" in result.stderr
    assert node.name in result.stderr


def test_ambiguous_node_is_refused(shell: Shell) -> None:
    result = shell.run("node", "planetlab")

    assert result.exit_code == 4
    assert "several match" in result.stderr


def test_pcu_shows_what_it_feeds(shell: Shell) -> None:
    pcu = first(shell.desk.fleet.pcus)

    text = shell.run("pcu", "show", pcu.name).stdout

    assert f"pcu: {pcu.name}" in text
    assert f"feeds: {pcu.nodes[0]}" in text


def test_issue_is_found_by_id_and_by_subject(shell: Shell) -> None:
    issue = first(shell.desk.fleet.issues)

    by_id = shell.run("issue", issue.id).stdout

    assert f"issue: {issue.id}" in by_id
    assert f"why: {issue.why}" in by_id
    assert shell.run("issue", issue.name).stdout == by_id


def test_issue_as_json_is_the_view(shell: Shell) -> None:
    issue = first(shell.desk.fleet.issues)

    text = shell.run("issue", issue.id, "--json").stdout

    assert text == dump(IssueView, issue).decode() + "\n"


def test_unknown_issue_says_where_to_look(shell: Shell) -> None:
    result = shell.run("issue", "zzz")

    assert result.exit_code == 4
    assert "plcmon issues" in result.stderr


def test_why_prints_every_gate(shell: Shell) -> None:
    issue_id, why = next(iter(shell.desk.fleet.whys.items()))

    text = shell.run("why", issue_id).stdout

    for gate in why.gates:
        assert gate.name in text
    for line in (*why.facts, *why.unblock):
        assert line in text


def test_why_as_json_is_the_view(shell: Shell) -> None:
    issue_id = next(iter(shell.desk.fleet.whys))

    assert set(json.loads(shell.run("why", issue_id, "--json").stdout)) == set(
        WhyView.__dataclass_fields__
    )


def test_since_prints_the_handover(shell: Shell) -> None:
    text = shell.run("since", "2h").stdout

    for head in ("done", "healed", "worse", "held", "waiting for me"):
        assert f"{head}, " in text


def test_since_as_json_is_the_view(shell: Shell) -> None:
    found = json.loads(shell.run("since", "18:00", "--json").stdout)

    assert set(found) == set(HandoverView.__dataclass_fields__)
    assert found["since"] == "2026-03-13T18:00:00Z"


def test_since_what_is_no_time_is_a_usage_error(shell: Shell) -> None:
    result = shell.run("since", "soon")

    assert result.exit_code == 2
    assert 'write for example "18:00"' in result.stderr


def test_events_are_numbered_lines(shell: Shell) -> None:
    events = shell.desk.fleet.events

    lines = shell.run("events").stdout.splitlines()

    assert len(lines) == len(events)
    assert lines[0].startswith(f"{events[0].seq} {events[0].at:%Y-%m-%d %H:%M:%S} ")


def test_events_after_a_number_as_json_lines(shell: Shell) -> None:
    last = shell.desk.fleet.events[-1]

    lines = shell.run("events", "--after", str(last.seq - 1), "--json").stdout.splitlines()

    assert [json.loads(line)["seq"] for line in lines] == [last.seq]


def test_hostile_text_reaches_no_terminal(shell: Shell) -> None:
    asyncio.run(shell.desk.push(an_event("evil \x1b]0;x\x07", "node/x", "n\x1b[2J")))

    text = shell.run("events").stdout

    assert "evil" in text
    assert "\x1b" not in text
    assert "\x07" not in text


class Ending(FakeDesk):
    """A desk whose stream says one thing more and ends."""

    async def watch(self, after: int) -> AsyncGenerator[EventView, None]:
        yield replace(an_event("the last word"), seq=after + 1)


def test_follow_goes_on_after_the_last_number() -> None:
    shell = Shell(desk=Ending())

    lines = shell.run("events", "--follow").stdout.splitlines()

    assert lines[-1].startswith(f"{len(shell.desk.fleet.events) + 1} ")
    assert lines[-1].endswith("the last word")


def test_now_is_the_faces(shell: Shell) -> None:
    node = first(shell.desk.fleet.nodes)
    shell.desk.fleet.nodes[node.key] = replace(node, since=NOW - timedelta(days=3, hours=4))

    assert f"status: {node.status} for 3d 4h" in shell.run("node", node.name).stdout


def test_why_of_then_says_of_when_and_how_it_was_made(shell: Shell) -> None:
    name = first(shell.desk.fleet.nodes).name

    lines = shell.run("why", name, "--at", "2h").stdout.splitlines()

    assert lines[0].startswith("as of ")
    assert lines[0].endswith(": as it was then")


def test_why_of_a_time_to_come_is_refused(shell: Shell) -> None:
    name = first(shell.desk.fleet.nodes).name

    assert shell.run("why", name, "--at", "2999-01-01").exit_code == 2
