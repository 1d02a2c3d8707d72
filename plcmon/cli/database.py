"""Database commands: back up, check, restore, adopt."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Any

import click

from plcmon.cli.audit import BROKEN
from plcmon.cli.commands import Commands
from plcmon.cli.face import Face, json_option, pass_face
from plcmon.cli.say import in_group
from plcmon.cli.tell import tell
from plcmon.errors import StoreError
from plcmon.operations.phrases import count
from plcmon.store.backup import Checked, back_up, look_through, restore

FOLDER = click.Path(path_type=Path, file_okay=False)
state_option = click.option(
    "--state", type=FOLDER, help="The state folder; else the one the configuration names."
)


@click.group("db", cls=Commands)
def db() -> None:
    """Back up, check or restore the databases."""


@db.command("backup")
@click.argument("folder", type=FOLDER)
@click.option("--without-history", is_flag=True, help="Only what decides; it is the smaller part.")
@state_option
@json_option
@pass_face
def backup(
    face: Face, folder: Path, without_history: bool, state: Path | None, as_json: bool
) -> None:
    """Copy the databases into the new FOLDER, and check the copies.

    The service may run: each database is copied as of one moment. FOLDER appears when it is whole.
    """
    place = state_dir(face, state)
    print_checked(asyncio.run(back_up(place, folder, history=not without_history)), as_json=as_json)


@db.command("check")
@click.argument("folder", type=FOLDER, required=False)
@json_option
@pass_face
def check(face: Face, folder: Path | None, as_json: bool) -> None:
    """Read every page and every row of the journal in FOLDER, else in the state folder.

    Exit 3 when a file is damaged, 6 when the journal does not hold. The service may run.
    """
    found = asyncio.run(look_through(state_dir(face, folder)))
    print_checked(found, as_json=as_json)
    if any(file.faults for file in found):
        raise click.exceptions.Exit(StoreError.exit_status)
    if any(file.broken_row is not None for file in found):
        raise click.exceptions.Exit(BROKEN)


@db.command("restore")
@click.argument("folder", type=FOLDER)
@click.option("--replace", is_flag=True, help="Move the state that is there aside.")
@state_option
@json_option
@pass_face
def put_back(face: Face, folder: Path, replace: bool, state: Path | None, as_json: bool) -> None:
    """Put the backup in FOLDER in the place of the state; the service must be stopped.

    Nothing is deleted: what was there is moved aside. The restored state starts frozen until an
    admin says `plcmon db adopt`.
    """
    now = face.now().astimezone(UTC)
    done = asyncio.run(restore(folder, state_dir(face, state), now=now, replace=replace))
    print_checked(done.files, as_json=as_json)
    if not as_json:
        if done.aside is not None:
            tell(f"what was there before lies in {done.aside}")
        tell("it will start frozen; once no other plcmon acts here, say `plcmon db adopt`")


def state_dir(face: Face, given: Path | None) -> Path:
    """As told, else as configured. Raises ConfigError."""
    if given is not None:
        return given
    from plcmon.config import load_settings

    return load_settings(face.found, os.environ).state_dir


def print_checked(files: Sequence[Checked], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([as_dict(file) for file in files]))
        return
    for file in files:
        tell(sentence(file))
        for fault in file.faults[1:]:
            tell(f"  {fault}")


def as_dict(file: Checked) -> dict[str, Any]:
    return {**asdict(file), "path": str(file.path), "whole": file.whole}


def sentence(file: Checked) -> str:
    about = f"{file.path}: {size(file.size)}, version {file.version}"
    if file.faults:
        return f"{about}: damaged: {file.faults[0]}"
    if file.broken_row is not None:
        return f"{about}: the journal does not hold from row {file.broken_row} on"
    rows = f", {count(file.rows, 'row')} of the journal" if file.rows else ""
    return f"{about}{rows}: whole"


def size(amount: int) -> str:
    """Bytes as people say them."""
    if amount < 1024**2:
        return f"{amount // 1024} KiB"
    return f"{amount / 1024**2:.1f} MiB"


for made in in_group("db"):
    db.add_command(made)

DATABASE = (db,)
