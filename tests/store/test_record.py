"""The record: read beside the service, and never written to."""

from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.model.beliefs import Finding, FleetBelief
from plcmon.model.events import CanaryRound, Event, PcuTested, StatusChanged
from plcmon.model.issues import IssueType
from plcmon.model.state import Changes
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.store import Database
from plcmon.store.record import Record, open_record
from tests.fakes.book import NOW, down_issue, small_inventory

A, B = node_subject("toml:1"), node_subject("toml:2")
MINUTE = timedelta(minutes=1)


def change(seq: int, subject: object = A) -> Event:
    body = StatusChanged("good", "offline", f"number {seq}")
    return Event(NOW + seq * MINUTE, subject, body, seq=seq)  # type: ignore[arg-type] # a Subject


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


async def seqs(record: Record, after: int, kinds: set[str]) -> list[int]:
    until = NOW + timedelta(days=1)
    return [line.seq async for page in record.pages(after, until, kinds) for line in page]


async def test_what_was_committed_is_read_while_the_service_has_it(
    db: Database, folder: Path
) -> None:
    await db.commit(Changes(events=[change(1), change(2), change(3)]))

    async with open_record(folder) as record:
        extent = await record.extent()
        assert (extent.first, extent.last) == (1, 3)
        assert (extent.since, extent.until) == (NOW + MINUTE, NOW + 3 * MINUTE)
        assert await seqs(record, 1, {"StatusChanged"}) == [2, 3]
        assert await seqs(record, 0, {"CanaryRound"}) == []


async def test_a_line_becomes_the_event_that_was_written(db: Database, folder: Path) -> None:
    await db.commit(Changes(events=[change(1)]))

    async with open_record(folder) as record:
        async for page in record.pages(0, NOW + timedelta(days=1), {"StatusChanged"}):
            (line,) = page
            assert (line.at, line.kind, line.subject) == (NOW + MINUTE, "StatusChanged", str(A))
            assert "number 1" in line.says
            assert line.event() == change(1)


async def test_a_good_test_is_known_without_being_read(db: Database, folder: Path) -> None:
    tests = [PcuTested(Finding.OK, "in", 0.3), PcuTested(Finding.TIMEOUT, '"finding":"ok"')]
    events = [Event(NOW, A, body, seq=n) for n, body in enumerate(tests, 1)]
    await db.commit(Changes(events=[*events, change(3)]))

    async with open_record(folder) as record:
        kinds = {"PcuTested", "StatusChanged"}
        pages = [page async for page in record.pages(0, NOW + timedelta(days=1), kinds)]

    assert [line.tests_well for line in pages[0]] == [True, False, False]


async def test_it_begins_where_it_is_asked_to(db: Database, folder: Path) -> None:
    await db.commit(Changes(events=[change(1), change(2), change(3)]))

    async with open_record(folder) as record:
        assert await record.first_since(NOW + 2 * MINUTE) == 2
        assert await record.first_since(NOW + timedelta(days=9)) is None


async def test_of_the_time_before_only_last_words_count(db: Database, folder: Path) -> None:
    rounds = [Event(NOW, fleet_subject(), CanaryRound(n, 3), seq=5 + n) for n in (0, 1)]
    changes = [change(1), change(2), change(3, B), change(4)]
    await db.commit(Changes(events=[*changes, *rounds]))

    async with open_record(folder) as record:
        found = await record.before(6, last={"StatusChanged"}, every={"CanaryRound"})

    assert [line.seq for line in found] == [3, 4, 5]


async def test_it_knows_inventory_issues_and_what_is_proven(db: Database, folder: Path) -> None:
    fleet, issue = FleetBelief(proven={"toml:apc1 outlet 1": NOW}), down_issue()
    await db.commit(
        Changes(
            inventory=small_inventory(),
            issues={issue.id: issue},
            beliefs={(FleetBelief, ""): fleet},
        )
    )

    async with open_record(folder) as record:
        assert await record.inventory() == small_inventory()
        assert await record.issues() == {issue.id: (IssueType.NODE_DOWN, issue.subject)}
        assert await record.fleet() == fleet


async def test_an_empty_story_has_no_extent(db: Database, folder: Path) -> None:
    async with open_record(folder) as record:
        assert (await record.extent()).last == 0
        assert await record.fleet() == FleetBelief()


async def test_a_folder_without_a_database_is_refused_and_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such file"):
        async with open_record(tmp_path):
            pass

    assert is_empty(tmp_path)


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"")

    with pytest.raises(StoreError, match="nothing is in it yet"):
        async with open_record(tmp_path):
            pass


async def test_nothing_can_be_written_through_it(db: Database, folder: Path) -> None:
    async with open_record(folder) as record:
        with pytest.raises(StoreError):
            await record._reader.rows("DELETE FROM events")
