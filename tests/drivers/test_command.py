"""The command driver: what the program is given, and what its exit statuses mean."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from plcmon.drivers.registry import problems_of
from plcmon.errors import (
    DialogueError,
    LoginError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey
from tests.drivers.rigs import PASSWORD, Rig, command_rig


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Rig]:
    async with command_rig(tmp_path) as rig:
        yield rig


def pretend(rig: Rig, folder: Path, text: str) -> None:
    """Put another program in the place of the agent."""
    program = folder / "pretender"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o700)
    rig.pcu = replace(rig.pcu, options={"program": str(program)})


def calls_of(rig: Rig) -> list[dict[str, list[str]]]:
    record = Path(rig.pcu.options["program"] + ".calls").read_text()
    return [json.loads(line) for line in record.splitlines()]


async def test_nothing_is_on_the_command_line_or_in_the_environment(agent: Rig) -> None:
    async with agent.session() as unit:
        await unit.switch("1", PowerState.OFF)

    calls = calls_of(agent)
    assert {tuple(call["argv"]) for call in calls} == {()}
    assert all(set(call["env"]) <= {"LC_ALL", "LC_CTYPE", "PATH", "PWD"} for call in calls)


async def test_further_options_travel_and_never_replace_ours(tmp_path: Path, agent: Rig) -> None:
    heard = tmp_path / "heard"
    pretend(agent, tmp_path, f"cat > {heard}")
    options = {**agent.pcu.options, "more": "ssl=1 'note=two words' password=theirs"}
    agent.pcu = replace(agent.pcu, options=options)

    async with agent.session():
        lines = heard.read_text().splitlines()

    assert {"action=monitor", "ssl=1", "note=two words", f"password={PASSWORD}"} <= set(lines)
    assert "password=theirs" not in lines


async def test_a_password_with_a_line_break_is_no_second_option(agent: Rig) -> None:
    with pytest.raises(UnsupportedError) as caught:
        async with agent.session(password="pw\naction=off"):
            pass

    assert "line break" in str(caught.value)
    assert not agent.unit.log.rows


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (2, UnsupportedError),
        (3, LoginError),
        (10, LoginError),
        (11, RefusedError),
        (4, OutcomeUnknownError),
        (5, OutcomeUnknownError),
        (7, OutcomeUnknownError),
        (8, OutcomeUnknownError),
        (1, OutcomeUnknownError),
        (99, OutcomeUnknownError),
    ],
)
async def test_a_status_says_whether_anything_may_have_happened(
    tmp_path: Path, agent: Rig, status: int, kind: type[Exception]
) -> None:
    pretend(agent, tmp_path, f'grep -q "action=off" && exit {status}\nexit 0')

    async with agent.session() as unit:
        with pytest.raises(kind):
            await unit.switch("1", PowerState.OFF)


async def test_a_reading_that_fails_is_no_state(tmp_path: Path, agent: Rig) -> None:
    pretend(agent, tmp_path, 'grep -q "action=status" && exit 5\nexit 0')

    async with agent.session() as unit:
        with pytest.raises(UnreachableError):
            await unit.read("1")


async def test_a_program_that_is_not_there_did_nothing(agent: Rig) -> None:
    agent.pcu = replace(agent.pcu, options={"program": "/nowhere/fence_x"})

    with pytest.raises(UnsupportedError):
        async with agent.session():
            pass


async def test_a_program_that_talks_without_end_is_stopped(tmp_path: Path, agent: Rig) -> None:
    pretend(agent, tmp_path, "exec yes")

    with pytest.raises(DialogueError):
        async with agent.session():
            pass


def test_the_program_must_be_named_whole() -> None:
    unit = Pcu(PcuKey("toml:p"), SiteKey("s"), "p", "", "command")

    assert list(problems_of(unit)) == ["command needs the option 'program'"]
    relative = replace(unit, options={"program": "fence_apc"})
    assert list(problems_of(relative)) == ["the program 'fence_apc' is no whole path"]
