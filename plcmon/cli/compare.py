"""Comparing a configuration with the one in force: what a reload would change at once."""

import os
from pathlib import Path

import click

from plcmon.cli.face import Face, json_option, pass_face, print_json, print_table
from plcmon.cli.show import print_section
from plcmon.cli.table import Column
from plcmon.cli.tell import tell
from plcmon.config import load_settings
from plcmon.operations.phrases import count
from plcmon.operations.views import MovedView, PolicyDiffView

REFUSED_EXIT = 2


@click.command("diff")
@click.argument("new", type=click.Path(path_type=Path))
@json_option
@pass_face
def diff(face: Face, new: Path, as_json: bool) -> None:
    """Say what a reload of NEW would do at once; exit 2 when it would be refused."""
    from plcmon.app.house import policy_of

    policy = policy_of(load_settings(new, os.environ))
    view = face.ask(lambda desk: desk.policy_diff(policy))
    if as_json:
        print_json(PolicyDiffView, view)
    else:
        print_diff(view)
    if view.refused:
        raise click.exceptions.Exit(REFUSED_EXIT)


def print_diff(view: PolicyDiffView) -> None:
    tell(f"policy {view.before or 'without a version'} -> {view.after or 'without a version'}")
    print_section("settings", view.settings or ("none changes",))
    tell("")
    print_table(moved_columns(), view.moved, empty="no open issue would move")
    tell(
        f"It would release {count(view.released, 'power action')} at once (an hour may do"
        f" {view.budget}) and {count(view.notices, 'notice')}."
    )
    if view.refused:
        tell(f"A reload would be refused: {view.refused}.")


def moved_columns() -> list[Column]:
    def after(row: MovedView) -> str:
        return f"{row.after} (released)" if row.releases else row.after

    return [
        Column("ISSUE", lambda row: row.type),
        Column("SUBJECT", lambda row: row.name, least=16),
        Column("NOW", lambda row: row.before, least=20),
        Column("THEN", after, least=20),
    ]
