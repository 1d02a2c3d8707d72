import json
from datetime import timedelta

import pytest

from plcmon.operations.reports import DigestView, ReadinessView, RepairsView
from plcmon.operations.views import ApprovalView, PlanView
from plcmon.operations.wire import load
from tests.cli.shell import Shell


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.mark.parametrize("command", ["plan", "approvals", "repairs", "readiness"])
@pytest.mark.parametrize("width", [80, 120])
def test_answers_fit_the_terminal(shell: Shell, command: str, width: int) -> None:
    result = shell.run(command, width=width)
    tables = [line for line in result.stdout.splitlines() if "  " in line]

    assert result.exit_code == 0
    assert tables
    assert max(len(line) for line in tables) <= width


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["plan"], PlanView),
        (["approvals"], list[ApprovalView]),
        (["repairs"], RepairsView),
        (["readiness"], ReadinessView),
        (["digest"], DigestView),
    ],
)
def test_json_is_exactly_the_view(shell: Shell, words: list[str], kind: type[object]) -> None:
    assert load(kind, shell.run(*words, "--json").stdout.encode())


def test_a_plan_says_first_what_it_assumes(shell: Shell) -> None:
    lines = shell.run("plan").stdout.splitlines()

    assert lines[0].startswith("Assumed:")
    assert lines[1].split() == ["TIME", "SUBJECT", "ISSUE", "RUNG", "WHAT", "HELD", "BY"]


def test_a_plan_reaches_as_far_as_asked(shell: Shell) -> None:
    found = json.loads(shell.run("plan", "--for", "1h", "--json").stdout)

    assert load(PlanView, json.dumps(found).encode()).until - shell.desk.now == timedelta(hours=1)


@pytest.mark.parametrize("words", [["plan", "--for", "7"], ["repairs", "--since", "yesterdayish"]])
def test_a_time_that_is_none_is_refused(shell: Shell, words: list[str]) -> None:
    assert shell.run(*words).exit_code == 2


def test_repairs_have_a_table_for_each_question_and_one_for_all(shell: Shell) -> None:
    heads = [
        line.split()[0] for line in shell.run("repairs").stdout.splitlines() if "TRIED" in line
    ]
    (together,) = [
        line for line in shell.run("repairs", "--each").stdout.splitlines() if "TRIED" in line
    ]

    assert heads == ["RUNG", "FAMILY", "SITE"]
    assert together.split()[:3] == ["RUNG", "FAMILY", "SITE"]


def test_nothing_tried_is_said_beside_the_answer(shell: Shell) -> None:
    shell.desk.fleet.intents.clear()

    result = shell.run("repairs")

    assert result.stdout == ""
    assert result.stderr.startswith("nothing was tried since")


def test_readiness_begins_with_the_share(shell: Shell) -> None:
    assert "have a usable power path" in shell.run("readiness").stdout.splitlines()[0]


def test_approvals_name_the_ids_to_approve_by(shell: Shell) -> None:
    waiting = [issue for issue in shell.desk.fleet.issues.values() if issue.proposal]

    text = shell.run("approvals", width=200).stdout

    assert all(issue.id[-6:] in text for issue in waiting)


def test_the_digest_ends_with_who_gets_the_next_one(shell: Shell) -> None:
    assert "the next one goes to noc@example.org" in shell.run("digest").stdout.splitlines()[-1]
