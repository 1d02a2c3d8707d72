"""A state that is not the one left here is told apart, and says why."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.store.brain import (
    MARK_BYTES,
    Mark,
    MarkFile,
    Place,
    adopted,
    doubt,
    newborn,
    opened,
    place_of,
    refuse_loss,
)
from plcmon.store.head import Head

HERE = Place("machine-1", "/state/state.db", 42)
HEAD = Head("S", HERE.machine, HERE.path, HERE.inode, fence=3, commits=100)
MARK = Mark("S", 3, 100)


def test_what_was_left_here_is_ours() -> None:
    assert doubt(HEAD, MARK, HERE) == ""


def test_mark_may_lag_behind() -> None:
    """A crash between a commit and its mark."""
    assert doubt(HEAD, replace(MARK, commits=99), HERE) == ""


@pytest.mark.parametrize(
    ("mark", "place", "why"),
    [
        (replace(MARK, commits=101), HERE, "restored: the database has 100 commits, its mark"),
        (None, HERE, "copied: the mark beside the database is missing"),
        (replace(MARK, state="T"), HERE, "replaced: the mark beside the database belongs to an"),
        (MARK, replace(HERE, machine="machine-2"), "cloned: the state was adopted on another"),
        (MARK, replace(HERE, path="/copy/state.db"), "copied: the state was adopted at /state/"),
        (MARK, replace(HERE, inode=43), "restored: the database is another file"),
    ],
    ids=["older", "no mark", "another mark", "another machine", "another path", "another file"],
)
def test_what_comes_from_elsewhere_is_doubted(mark: Mark | None, place: Place, why: str) -> None:
    assert doubt(HEAD, mark, place).startswith(why)


def test_doubt_stays_until_a_person_speaks() -> None:
    doubted = replace(HEAD, why_not="restored: yesterday")

    assert doubt(doubted, MARK, HERE) == "restored: yesterday"


def test_fence_grows_with_every_open() -> None:
    assert opened(HEAD, MARK, HERE).fence == 4


def test_fence_of_a_restored_state_is_above_those_it_has_forgotten() -> None:
    assert opened(HEAD, Mark("S", 17, 900), HERE).fence == 18


def test_adopting_ends_the_doubt_and_passes_the_mark() -> None:
    mark = Mark("S", 17, 900)
    doubted = opened(HEAD, mark, replace(HERE, inode=43))

    head = adopted(doubted, mark, replace(HERE, inode=43))

    assert doubt(head, Mark("S", head.fence, head.commits), replace(HERE, inode=43)) == ""
    assert head.commits == 900


def test_newborn_is_ours() -> None:
    head = newborn(HERE)

    assert doubt(head, Mark(head.state, 0, 0), HERE) == ""


def test_two_newborns_have_different_names() -> None:
    assert newborn(HERE).state != newborn(HERE).state


def test_mark_comes_back(tmp_path: Path) -> None:
    MarkFile(tmp_path).write(MARK)

    assert MarkFile(tmp_path).read() == MARK


def test_mark_is_always_of_one_size(tmp_path: Path) -> None:
    """It is overwritten in place: a shorter one must not leave the end of a longer one."""
    file = MarkFile(tmp_path)
    for commits in (9, 10**15):
        file.write(replace(MARK, commits=commits))

        assert file.path.stat().st_size == MARK_BYTES
    assert file.read() == replace(MARK, commits=10**15)


def test_earlier_mark_does_not_replace_a_later_one(tmp_path: Path) -> None:
    """The thread of a cancelled commit may come late."""
    file = MarkFile(tmp_path)
    file.write(MARK)

    file.write(replace(MARK, commits=7))

    assert file.read() == MARK


def test_no_mark_is_none(tmp_path: Path) -> None:
    assert MarkFile(tmp_path).read() is None


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"state": "S", "fence": "x"}', "\x00" * 256])
def test_unreadable_mark_is_none(tmp_path: Path, content: str) -> None:
    file = MarkFile(tmp_path)
    file.path.write_text(content)

    assert file.read() is None


def test_mark_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    file = MarkFile(tmp_path)
    file.path.mkdir()

    with pytest.raises(StoreError, match="mark: reading: is a directory"):
        file.read()


def test_mark_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    file = MarkFile(tmp_path)
    file.path.mkdir()

    with pytest.raises(StoreError, match="mark: opening: is a directory"):
        file.write(MARK)


def test_mark_that_cannot_follow_is_said_and_nothing_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The commit before it is durable: failing now would say that it was not made."""
    file = MarkFile(tmp_path)
    file.path.mkdir()

    with caplog.at_level(logging.WARNING):
        file.follow(MARK)

    assert [record.message for record in caplog.records] == ["high-water mark not written"]


def test_place_is_machine_path_and_inode(tmp_path: Path) -> None:
    database, machine = tmp_path / "state.db", tmp_path / "machine-id"
    database.touch()
    machine.write_text("abc\n")

    assert place_of(database, machine) == Place("abc", str(database), database.stat().st_ino)


def test_place_follows_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "state.db").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    linked = place_of(tmp_path / "link" / "state.db", tmp_path / "none")

    assert linked == place_of(tmp_path / "real" / "state.db", tmp_path / "none")


def test_machine_without_an_id_has_the_empty_one(tmp_path: Path) -> None:
    (tmp_path / "state.db").touch()

    assert place_of(tmp_path / "state.db", tmp_path / "none").machine == ""


@pytest.mark.parametrize("left", ["missing", "empty"])
def test_lost_database_is_not_made_anew(tmp_path: Path, left: str) -> None:
    if left == "empty":
        (tmp_path / "state.db").touch()

    with pytest.raises(StoreError, match="it is gone, but its mark says 100 commits; restore it"):
        refuse_loss(tmp_path, MARK)


def test_state_that_never_lived_may_be_made(tmp_path: Path) -> None:
    refuse_loss(tmp_path, None)
    refuse_loss(tmp_path, Mark("S", 0, 0))
