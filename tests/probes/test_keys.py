"""Pinned host keys: remembered, private, whole or not at all."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from plcmon.errors import ConfigError, StoreError
from plcmon.model.subjects import NodeKey
from plcmon.probes.keys import KeyFile, KeysInMemory, KnownKeys

NODE, OTHER = NodeKey("toml:n1"), NodeKey("toml:n2")
KEY = "ssh-ed25519 AAAA"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "host-keys.json"


@pytest.fixture(params=["memory", "file"])
def known(request: pytest.FixtureRequest, path: Path) -> KnownKeys:
    return KeysInMemory() if request.param == "memory" else KeyFile(path)


def test_a_node_never_met_has_no_key(known: KnownKeys) -> None:
    assert known.get(NODE) == ""


def test_a_pinned_key_is_remembered_for_its_node_alone(known: KnownKeys) -> None:
    known.set(NODE, KEY)

    assert known.get(NODE) == KEY
    assert known.get(OTHER) == ""


def test_an_empty_key_forgets(known: KnownKeys) -> None:
    known.set(NODE, KEY)
    known.set(NODE, "")
    known.set(OTHER, "")

    assert known.get(NODE) == ""


async def test_saved_keys_outlive_the_process(path: Path) -> None:
    known = KeyFile(path)
    known.set(NODE, KEY)
    await known.save()

    again = await asyncio.to_thread(KeyFile, path)
    assert again.get(NODE) == KEY


def test_only_we_may_read_the_file(path: Path) -> None:
    known = KeyFile(path)
    known.set(NODE, KEY)
    asyncio.run(known.save())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_written_when_nothing_changed(path: Path) -> None:
    known = KeyFile(path)
    asyncio.run(known.save())
    assert not path.exists()

    known.set(NODE, KEY)
    asyncio.run(known.save())
    path.unlink()
    known.set(NODE, KEY)
    asyncio.run(known.save())
    assert not path.exists()


async def test_a_failed_save_leaves_the_old_file_and_is_tried_again(path: Path) -> None:
    known = KeyFile(path)
    known.set(NODE, KEY)
    folder = path.parent
    away = folder.with_name("away")
    folder.rename(away)
    with pytest.raises(StoreError, match="saving host keys"):
        await known.save()

    away.rename(folder)
    await known.save()

    again = await asyncio.to_thread(KeyFile, path)
    assert again.get(NODE) == KEY


def test_no_draft_is_left_behind(path: Path) -> None:
    known = KeyFile(path)
    known.set(NODE, KEY)
    asyncio.run(known.save())

    assert [found.name for found in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"toml:n1": 3}', "\udcff"])
def test_a_damaged_file_is_refused_rather_than_taken_for_empty(path: Path, damage: str) -> None:
    path.write_text(damage, encoding="utf-8", errors="surrogateescape")

    with pytest.raises(ConfigError, match="host keys"):
        KeyFile(path)


def test_the_file_is_plain_json_by_node(path: Path) -> None:
    known = KeyFile(path)
    known.set(OTHER, "b")
    known.set(NODE, "a")
    asyncio.run(known.save())

    assert json.loads(path.read_text(encoding="utf-8")) == {NODE: "a", OTHER: "b"}


def test_an_accepted_key_is_pinned_in_place_of_the_old_one(known: KnownKeys) -> None:
    known.set(NODE, "ssh-ed25519 old")
    known.offer(NODE, "ssh-ed25519 new")

    known.accept(NODE)

    assert known.get(NODE) == "ssh-ed25519 new"


def test_an_acceptance_of_a_key_that_nobody_remembers_forgets_the_old_one(known: KnownKeys) -> None:
    known.set(NODE, "ssh-ed25519 old")

    known.accept(NODE)

    assert not known.get(NODE)
