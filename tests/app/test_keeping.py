"""Housekeeping: what plcmon notices about itself, and that a lost history harms nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from plcmon.app import keeping
from plcmon.app.keeping import EVERY, VERIFY_EVERY, Housekeeper
from plcmon.engine import Engine
from plcmon.errors import StoreError
from plcmon.model.beliefs import NodeBelief
from plcmon.model.issues import Issue, IssueType
from plcmon.model.ports import Overload
from plcmon.model.subjects import fleet_subject
from plcmon.store.database import Pruned
from tests.engine.desk import Desk, running
from tests.fakes.clock import FakeClock
from tests.fakes.journal import FakeJournal


@dataclass
class History(FakeJournal):
    """A history that may be broken."""

    broken: bool = False
    samples: int = 0
    prunes: int = 0

    async def roll_up(self, at: datetime, beliefs: Sequence[NodeBelief]) -> None:
        if self.broken:
            raise StoreError("history.db", "writing", "the disk is full")
        self.samples += 1

    async def prune(self, now: datetime) -> object:
        self.prunes += 1
        return Pruned(0, 0, 0, 0)


@dataclass
class Scans:
    late: timedelta = timedelta()
    load: Overload = field(default_factory=Overload)
    dropped: int = 0
    agent_trouble: str = ""
    lost_family: str = ""

    def lateness(self) -> timedelta:
        return self.late

    def overload(self) -> Overload:
        return self.load

    def loop_lag(self) -> timedelta:
        return timedelta(milliseconds=400)


@dataclass
class Kept:
    """A housekeeper at work."""

    desk: Desk
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    history: History = field(default_factory=History)
    scans: Scans = field(default_factory=Scans)

    def issue(self, condition: str) -> Issue | None:
        state = self.desk.engine.state
        return state.open_issue(fleet_subject(condition), IssueType.SELF)

    async def minute(self, number: int = 1) -> None:
        """Let the keeper make its round."""
        for _ in range(number):
            async with asyncio.timeout(30):
                while not self.clock.sleepers:  # noqa: ASYNC110 - the keeper has no event
                    await asyncio.sleep(0.002)
                self.clock.advance(EVERY)
                while self.clock.sleepers:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0)
                while not self.clock.sleepers:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.002)


@asynccontextmanager
async def kept(folder: Path, engine: Engine | None = None) -> AsyncIterator[Kept]:
    async with running() as desk, asyncio.TaskGroup() as group:
        made = Kept(desk, folder)
        keeper = Housekeeper(
            engine=engine or desk.engine,
            database=made.history,  # type: ignore[arg-type]  # of a database, what is asked here
            scanner=made.scans,  # type: ignore[arg-type]  # of a scanner likewise
            state_dir=folder,
            clock=made.clock,
            late_after=lambda: timedelta(minutes=5),
        )
        task = group.create_task(keeper.run(), name="keeping")
        yield made
        task.cancel()


async def test_late_scans_are_an_issue_while_they_last(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        house.scans.late = timedelta(minutes=6)
        await house.minute(2)
        assert house.issue("scan") is not None

        house.scans.late = timedelta()
        await house.minute(2)
        assert house.issue("scan") is None


async def test_looks_that_are_put_off_for_long_are_an_issue_that_says_how_many(
    tmp_path: Path,
) -> None:
    async with kept(tmp_path) as house:
        since = house.clock.now() - timedelta(minutes=7)
        house.scans.load = Overload(since, {"ssh": 812}, timedelta(minutes=4), 40)
        await house.minute(2)
        issue = house.issue("scan")

        assert issue is not None
        assert "812 logins put off, by up to 4m; 40 turns left out" in issue.summary


async def test_a_short_overload_is_no_issue(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        house.scans.load = Overload(house.clock.now(), {"ssh": 1}, timedelta(minutes=4), 0)
        await house.minute(2)

        assert house.issue("scan") is None


async def test_failed_probes_that_do_not_count_for_long_are_an_issue(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        for _ in range(7):
            house.scans.dropped += 3
            await house.minute()
        issue = house.issue("busy")
        assert issue is not None
        assert "our loop lags by 400 ms" in issue.summary

        await house.minute(2)
        assert house.issue("busy") is None


async def test_a_moment_in_which_probes_did_not_count_is_no_issue(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        house.scans.dropped = 30
        await house.minute(7)

        assert house.issue("busy") is None


async def test_a_full_disk_is_an_issue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "LITTLE_DISK", 2**63)  # no disk of a test is that large
    async with kept(tmp_path) as house:
        await house.minute(2)
        issue = house.issue("disk")

        assert issue is not None
        assert "MiB are left" in issue.summary


async def test_an_agent_that_is_away_is_one_issue_while_it_lasts(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        house.scans.agent_trouble = "ssh agent /run/a: signing: no answer for 5 s"
        await house.minute(3)
        issue = house.issue("agent")
        assert issue is not None
        assert "no answer for 5 s" in issue.summary

        house.scans.agent_trouble = ""
        await house.minute(2)
        assert house.issue("agent") is None


async def test_a_lost_address_family_is_one_issue_while_it_lasts(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        house.scans.lost_family = "0 of 1 IPv6 canaries answer"
        await house.minute(3)
        issue = house.issue("family")
        assert issue is not None
        assert issue.summary.startswith("0 of 1 IPv6 canaries answer: its nodes' silence")

        house.scans.lost_family = ""
        await house.minute(2)
        assert house.issue("family") is None


async def test_what_is_well_is_not_news(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        before = len(house.desk.commits)
        await house.minute(3)

        assert len(house.desk.commits) == before


async def test_a_condition_of_an_earlier_life_is_closed_once_it_is_gone(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        house.scans.late = timedelta(minutes=6)
        await house.minute(2)
        issue = house.issue("scan")
        # Another keeper, as after a restart: it knows only what the state says.
        async with asyncio.TaskGroup() as group:
            clock = FakeClock()
            later = Housekeeper(
                engine=house.desk.engine,
                database=house.history,  # type: ignore[arg-type]  # as above
                scanner=Scans(),  # type: ignore[arg-type]  # as above
                state_dir=tmp_path,
                clock=clock,
                late_after=lambda: timedelta(minutes=5),
            )
            task = group.create_task(later.run(), name="later")
            await asyncio.sleep(0)
            clock.advance(EVERY)
            await house.desk.until(lambda: house.issue("scan") is None)
            task.cancel()

        assert issue is not None


async def test_samples_are_taken_every_five_minutes_and_the_history_is_pruned(
    tmp_path: Path,
) -> None:
    async with kept(tmp_path) as house:
        await house.minute(11)
        assert (house.history.samples, house.history.prunes) == (2, 1)
        house.clock.advance(timedelta(hours=6))
        await house.minute()

        assert house.history.prunes == 2


async def test_a_journal_that_does_not_hold_is_an_issue(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        good = list(house.history.journal)
        house.history.journal[2] = replace(good[2], actor="nobody")
        await house.minute()
        house.clock.advance(VERIFY_EVERY)
        await house.minute()
        issue = house.issue("audit")
        assert issue is not None
        assert "row 3: the chain is broken" in issue.summary

        house.history.journal = good
        house.clock.advance(VERIFY_EVERY)
        await house.minute()
        assert house.issue("audit") is None


async def test_the_journal_is_read_once_a_day(tmp_path: Path) -> None:
    async with kept(tmp_path) as house:
        await house.minute(3)
        house.history.journal.clear()
        house.history.cut_off = 1
        await house.minute(3)

        assert house.issue("audit") is None


async def test_a_history_that_cannot_be_written_is_logged_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with kept(tmp_path) as house:
        house.history.broken = True
        await house.minute(6)
        house.history.broken = False
        await house.minute(6)

        assert house.history.samples == 1
    assert "history not kept" in caplog.text
