import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.cli.replay import Bar, replayed
from plcmon.errors import StoreError
from plcmon.model.decisions import Mode
from plcmon.model.state import Changes
from plcmon.operations.views import ReplayView
from plcmon.operations.wire import load
from plcmon.store import open_database
from tests.cli.shell import Shell
from tests.fakes.book import FixedClock
from tests.policy.clerk import DAY, POLICY, START, Clerk, node

LONG_AGO = START - timedelta(days=9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record in which one node was repaired."""
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(node(0, 0))
    clerk.forward(DAY)
    place = tmp_path_factory.mktemp("record") / "state"
    changes = Changes(
        events=sorted(clerk.events, key=lambda event: event.seq), inventory=clerk.inventory
    )

    async def write() -> None:
        async with open_database(place, clock=FixedClock(clerk.now)) as database:
            await database.commit(changes)

    asyncio.run(write())
    return place


@pytest.fixture
def observing(tmp_path: Path) -> Path:
    path = tmp_path / "new.toml"
    path.write_text('[policy]\nmode = "observe"\n')
    return path


def test_it_says_what_would_have_been_otherwise(folder: Path, observing: Path) -> None:
    words = ["replay", "--policy", str(observing), "--state-dir", str(folder)]
    result = Shell().run(*words, "--since", "2026-01-01")

    assert result.exit_code == 0
    assert "n0-0.example.org" in result.stdout
    assert "would not have been done" in result.stdout
    assert re.search(r"power-cycle +1 +0", result.stdout)
    assert "0 healed by themselves; 1 after an action" in result.stdout
    assert "100 %" in result.stderr


def test_json_is_the_view_and_nothing_else(folder: Path, observing: Path) -> None:
    words = ["replay", "--policy", str(observing), "--state-dir", str(folder)]
    result = Shell().run(*words, "--since", "2026-01-01", "--json")

    assert load(ReplayView, result.stdout.encode()).done == {"power-cycle": 1}


async def test_the_policy_of_the_record_changes_nothing(folder: Path) -> None:
    view = await replayed(folder, POLICY, LONG_AGO)

    assert view.lines == ()
    assert view.since == START


async def test_the_record_is_left_as_it_is(folder: Path) -> None:
    before = digest(folder)

    await replayed(folder, replace(POLICY, mode=Mode.OBSERVE), LONG_AGO)

    assert digest(folder) == before


def digest(folder: Path) -> bytes:
    return (folder / "state.db").read_bytes()


async def test_the_time_before_is_taken_from_last_words(folder: Path) -> None:
    view = await replayed(folder, POLICY, START + DAY / 2)

    assert view.since == START + DAY / 2
    assert view.done == {"power-cycle": 1}


async def test_a_record_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        await replayed(tmp_path, POLICY, LONG_AGO)


def test_the_bar_fills_in_place(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar(watched=True)

    for share in (0.0, 0.001, 0.5, 1.0):
        bar.show(share)

    parts = capsys.readouterr().err.split("\r")[1:]
    assert [part.split("] ")[1].strip() for part in parts] == ["0 %", "50 %", "100 %"]


def test_unwatched_it_is_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar(watched=False)

    for percent in range(0, 101, 5):
        bar.show(percent / 100)

    assert len(capsys.readouterr().err.splitlines()) == 11
