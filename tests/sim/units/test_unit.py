"""The log of commands and the faults of virtual units."""

import json
from pathlib import Path

from plcmon.sim.relay import Relay
from plcmon.sim.units import CommandLog, UnitFaults


def test_rows_survive_in_a_file_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "pcu-1.log"
    log = CommandLog(path, unit="pcu-1")
    log.append("off", "3", destructive=True)

    line = json.loads(path.read_text())
    assert (line["unit"], line["verb"], line["outlet"]) == ("pcu-1", "off", "3")
    assert line["destructive"] is True
    log.close()


def test_a_second_run_adds_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pcu-1.log"
    for _ in range(2):
        log = CommandLog(path)
        log.append("on", "3", destructive=False)
        log.close()

    assert len(path.read_text().splitlines()) == 2


def test_only_what_can_hurt_is_destructive() -> None:
    log = CommandLog()
    log.append("read", "", destructive=False)
    log.append("off", "3", destructive=True)

    assert [row.verb for row in log.destructive()] == ["off"]


def test_watchers_hear_of_death_only() -> None:
    faults, heard = UnitFaults(), []
    faults.watchers.append(lambda: heard.append(faults.dead))
    faults.lies = True
    faults.dead = True
    faults.dead = False

    assert heard == [True, False]


def test_a_relay_tells_of_changes_only() -> None:
    relay = Relay("3")
    heard: list[bool] = []
    relay.listeners.append(heard.append)
    for on in (True, False, False, True):
        relay.switch(on)

    assert heard == [False, True]
