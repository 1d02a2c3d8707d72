"""The stage: what it writes the service takes, and what it starts it ends."""

import asyncio
from pathlib import Path

import pytest

from plcmon.config import Settings
from plcmon.errors import ConfigError, DeskError
from plcmon.inventory.toml import load
from plcmon.model.decisions import Mode
from plcmon.model.subjects import Inventory
from plcmon.sim.control import FleetControl
from plcmon.sim.demo.stage import Stage, dies_with_us, read_preset, write_config
from plcmon.sim.fleet import Fleet
from plcmon.sim.process import RunningFleet

OBSERVE = '[policy]\nmode = "observe"\n'


def as_running(fleet: Fleet) -> RunningFleet:
    """A fleet of this process, described as one of another process would be."""
    layout = fleet.layout
    return RunningFleet(
        folder=fleet.folder,
        inventory=fleet.folder / "inventory.toml",
        canaries=layout.canaries,
        mail=layout.mail,
        control=FleetControl(layout.control),
        pid=0,
    )


async def staged(fleet: Fleet, folder: Path, preset: str) -> Stage:
    """A stage whose configuration is written; nothing runs on it."""
    await asyncio.to_thread(folder.mkdir)
    running = as_running(fleet)
    await asyncio.to_thread(write_config, folder, running, preset)
    return Stage(folder, running)


async def settings_of(stage: Stage) -> tuple[Settings, Inventory]:
    return await asyncio.to_thread(load, stage.folder / "monitor.toml", {})


@pytest.fixture
def preset() -> str:
    return read_preset()


@pytest.fixture
async def stage(fleet: Fleet, tmp_path: Path, preset: str) -> Stage:
    return await staged(fleet, tmp_path / "demo", preset)


# What is written


async def test_the_service_takes_the_demos_policy(stage: Stage) -> None:
    settings, _ = await settings_of(stage)

    assert settings.policy.mode is Mode.AUTO
    assert settings.policy.scale == 120


async def test_the_service_watches_this_fleet_and_no_other(fleet: Fleet, stage: Stage) -> None:
    settings, inventory = await settings_of(stage)

    assert settings.canaries == fleet.layout.canaries
    assert {node.hostname for node in inventory.nodes.values()} == {
        plan.hostname for plan in fleet.layout.nodes
    }


async def test_mail_goes_to_the_fleets_own_relay(fleet: Fleet, stage: Stage) -> None:
    settings, _ = await settings_of(stage)

    assert settings.mail is not None
    relay = fleet.layout.mail
    assert (settings.mail.host, settings.mail.port) == (relay.host, relay.port)


async def test_every_secret_that_a_pcu_names_is_there(stage: Stage) -> None:
    settings, inventory = await settings_of(stage)

    assert inventory.pcus
    for pcu in inventory.pcus.values():
        assert (settings.secrets_dir / pcu.credential).is_file()


async def test_everything_is_kept_below_the_stages_folder(stage: Stage) -> None:
    settings, _ = await settings_of(stage)

    assert settings.socket == stage.socket
    assert settings.state_dir.parent == stage.folder


async def test_a_preset_with_a_mistake_is_refused(
    fleet: Fleet, tmp_path: Path, preset: str
) -> None:
    wrong = preset.replace("scale", "scael")
    stage = await staged(fleet, tmp_path / "wrong", wrong)

    with pytest.raises(ConfigError, match="scael"):
        await settings_of(stage)


# What is started


async def test_a_service_that_was_started_answers_and_ends_when_asked(
    fleet: Fleet, tmp_path: Path
) -> None:
    stage = await staged(fleet, tmp_path / "calm", OBSERVE)
    try:
        await stage.start()
        async with stage.desk() as desk:
            assert len(await desk.nodes()) == len(fleet.nodes)
    finally:
        code = await stage.stop()

    assert code == 0
    assert not stage.socket.exists()


@pytest.mark.timeout(60)  # two starts of a process, on a machine that may be busy
async def test_a_killed_service_says_no_goodbye_and_may_be_started_again(
    fleet: Fleet, tmp_path: Path
) -> None:
    stage = await staged(fleet, tmp_path / "hard", OBSERVE)
    try:
        await stage.start()
        await stage.kill()
        assert stage.process is not None
        assert stage.process.returncode == -9
        await stage.start()
        async with stage.desk() as desk:
            assert (await desk.summary()).seq > 0
    finally:
        await stage.stop()

    assert stage.starts == 2


async def test_a_service_that_cannot_start_is_one_error_that_names_its_log(
    fleet: Fleet, tmp_path: Path
) -> None:
    stage = await staged(fleet, tmp_path / "wrong", "nonsense = 1\n")

    with pytest.raises(DeskError, match=r"service\.log"):
        await stage.start()
    assert "nonsense" in await asyncio.to_thread(stage.log.read_text)


async def test_stopping_what_never_started_is_nothing(stage: Stage) -> None:
    assert await stage.stop() == 0


def test_a_child_is_told_to_end_with_whoever_started_it() -> None:
    prefix = dies_with_us()

    assert not prefix or prefix[1:] == ["--pdeathsig", "TERM", "--"]
