"""Readings commands: handing over what monitoring elsewhere sees."""

from typing import BinaryIO

import click

from plcmon.cli.commands import Commands
from plcmon.cli.face import Face, json_option, pass_face, print_json
from plcmon.cli.tell import tell
from plcmon.client import DOING
from plcmon.config.sources import MOST_POSTED
from plcmon.operations.posting import FORMS
from plcmon.operations.reports import PostedView


@click.group("readings", cls=Commands)
def readings() -> None:
    """Hand over what a source outside sees."""


@readings.command("post")
@click.argument("source")
@click.argument("file", type=click.File("rb"))
@click.option("--form", type=click.Choice(FORMS), help="Else what it looks like.")
@json_option
@pass_face
def post(face: Face, source: str, file: BinaryIO, form: str | None, as_json: bool) -> None:
    """Post FILE (- is standard input), JSON or CSV, as what SOURCE sees; whole or not at all.

    SOURCE is a table [sources.NAME] of kind `webhook`, which says where node, value and time stand.
    """
    body = file.read(MOST_POSTED + 1)
    view = face.ask(lambda desk: desk.post_readings(source, body, form=form or ""), patience=DOING)
    if as_json:
        return print_json(PostedView, view)
    return tell(view.text)


READINGS = (readings,)
