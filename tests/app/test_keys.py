"""Keys: those of PCUs are kept over restarts; private ones are looked at before anything starts."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.app.keys import SAVE_EVERY, AcceptedKeys, PcuKeys, check_keys
from plcmon.errors import ConfigError
from plcmon.model.readings import Mark, Observed
from plcmon.model.subjects import node_subject
from plcmon.probes.keys import KeysInMemory
from tests.app.place import Place
from tests.fakes.clock import FakeClock
from tests.policy.clerk import Clerk, node

KEY = "ssh-ed25519 AAAA"


async def save_once(keys: PcuKeys, is_done: Callable[[], bool]) -> None:
    clock = FakeClock()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        task = group.create_task(keys.keep(clock), name="keep")
        while not clock.sleepers:  # noqa: ASYNC110 - the keeper has no event
            await asyncio.sleep(0)
        clock.advance(SAVE_EVERY)
        while not is_done():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.002)
        task.cancel()


async def test_a_key_that_was_met_is_known_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "pcu_keys.json"
    keys = PcuKeys(path)
    assert keys.get("toml:apc") == ""
    keys.set("toml:apc", KEY)
    await save_once(keys, path.exists)

    assert PcuKeys(path).get("toml:apc") == KEY


async def test_a_file_that_cannot_be_written_is_logged_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gone" / "pcu_keys.json"
    keys = PcuKeys(path)
    keys.set("toml:apc", KEY)
    await save_once(keys, lambda: "host keys not saved" in caplog.text)

    path.parent.mkdir()
    await save_once(keys, path.exists)
    assert PcuKeys(path).get("toml:apc") == KEY
    assert timedelta() < SAVE_EVERY


async def test_a_private_key_that_cannot_be_read_stops_the_start(place: Place) -> None:
    profile = '[profiles.linux]\nssh_user = "root"\nkey_file = "/nonexistent/key"\n'
    place.write(more=profile)
    settings, inventory = place.load()

    with pytest.raises(ConfigError, match="/nonexistent/key"):
        await check_keys(settings, inventory)


async def test_without_private_keys_there_is_nothing_to_check(place: Place) -> None:
    await check_keys(*place.load())


def test_a_key_is_pinned_once_its_acceptance_is_durable() -> None:
    clerk = Clerk().begin()
    known, key = KeysInMemory(), node(0, 0)
    known.set(key, "ssh-ed25519 old")
    known.offer(key, KEY)
    clerk.observe(key, Observed.DEAF, marks=frozenset({Mark.HOSTKEY}))

    told = clerk.say(node_subject(key), "hostkey-accept")
    AcceptedKeys(clerk.state, known).hear(told)

    assert known.get(key) == KEY


def test_an_issue_that_closes_otherwise_pins_nothing() -> None:
    clerk = Clerk().begin()
    known, key = KeysInMemory(), node(0, 0)
    known.set(key, "ssh-ed25519 old")
    known.offer(key, KEY)
    clerk.observe(key, Observed.DEAF, marks=frozenset({Mark.HOSTKEY}))

    AcceptedKeys(clerk.state, known).hear(clerk.observe(key, Observed.BOOT))

    assert known.get(key) == "ssh-ed25519 old"
