"""Reading a state folder at rest: nothing is changed, and nobody is disturbed."""

import shutil
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.model.state import Changes
from plcmon.store import open_database
from plcmon.store.reading import open_journal
from tests.fakes.clock import FakeClock
from tests.store.examples import an_audit_row


async def fill(folder: Path) -> None:
    async with open_database(folder, clock=FakeClock()) as db:
        await db.commit(Changes(audit=[an_audit_row("freeze"), an_audit_row("unfreeze")]))


async def test_the_journal_of_a_stopped_service_is_read(tmp_path: Path) -> None:
    await fill(tmp_path)

    async with open_journal(tmp_path) as journal:
        rows = await journal.audit_after(0, 10)
        assert [row.verb for row in rows] == ["freeze", "unfreeze"]
        assert [row.seq for row in await journal.audit_after(1, 10)] == [2]
        assert await journal.audit_head() == 2


async def test_it_is_not_changed(tmp_path: Path) -> None:
    await fill(tmp_path)
    before = (tmp_path / "state.db").read_bytes()

    async with open_journal(tmp_path) as journal:
        await journal.audit_after(0, 10)

    assert (tmp_path / "state.db").read_bytes() == before


async def test_what_a_crash_left_is_read_too(tmp_path: Path) -> None:
    """The last rows are not in the database yet, but in the log beside it."""
    crashed = tmp_path / "crashed"
    async with open_database(tmp_path / "live", clock=FakeClock()) as db:
        await db.commit(Changes(audit=[an_audit_row("freeze")]))
        shutil.copytree(tmp_path / "live", crashed)

    async with open_journal(crashed) as journal:
        assert [row.verb for row in await journal.audit_after(0, 10)] == ["freeze"]


async def test_a_running_service_is_to_be_asked_itself(tmp_path: Path) -> None:
    async with open_database(tmp_path, clock=FakeClock()):
        with pytest.raises(StoreError, match="a service works in this folder"):
            async with open_journal(tmp_path):
                pass


async def test_two_may_read_at_once(tmp_path: Path) -> None:
    await fill(tmp_path)

    async with open_journal(tmp_path), open_journal(tmp_path) as other:
        assert await other.audit_head() == 2


async def test_a_service_can_start_when_the_reader_has_gone(tmp_path: Path) -> None:
    await fill(tmp_path)
    async with open_journal(tmp_path):
        pass

    async with open_database(tmp_path, clock=FakeClock()) as db:
        assert await db.audit_head() == 2


@pytest.mark.parametrize("name", ["", "nowhere"])
async def test_without_a_database_it_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="no such database"):
        async with open_journal(tmp_path / name):
            pass


async def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is no database at all" * 100)

    with pytest.raises(StoreError, match="not a database"):
        async with open_journal(tmp_path):
            pass


async def test_an_empty_file_has_no_journal(tmp_path: Path) -> None:
    (tmp_path / "state.db").touch()

    with pytest.raises(StoreError, match="nothing in it"):
        async with open_journal(tmp_path):
            pass
