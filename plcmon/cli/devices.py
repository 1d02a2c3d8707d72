"""Device commands: PCUs, power, and the actions on them."""

import click

from plcmon.cli.columns import intent_columns, nothing
from plcmon.cli.commands import Commands
from plcmon.cli.face import Face, json_option, pass_face, print_json, print_table
from plcmon.cli.say import command_for, in_group
from plcmon.cli.show import show_pcu
from plcmon.cli.tell import tell
from plcmon.cli.testing import test
from plcmon.operations.desk import VERBS
from plcmon.operations.views import IntentView, SessionView


@click.group("power", cls=Commands)
def power() -> None:
    """Read or switch the outlets of a node, through the running service."""


@click.group("pcu", cls=Commands)
def pcu() -> None:
    """Look at one power control unit."""


@pcu.command("show")
@click.argument("name")
@json_option
@pass_face
def show(face: Face, name: str, as_json: bool) -> None:
    """Everything that is known of it."""
    show_pcu(face, name, as_json)


@pcu.command("console")
@click.argument("name")
@click.option("--last", default=1, show_default=True, help="How many sessions, the latest last.")
@json_option
@pass_face
def console(face: Face, name: str, last: int, as_json: bool) -> None:
    """Print what was said in the last session with it; secrets are masked."""
    kept = face.ask(lambda desk: desk.sessions(name))[: max(1, last)]
    if as_json:
        return print_json(list[SessionView], kept)
    if not kept:
        tell(f"nobody has spoken with {name} yet; `plcmon pcu test {name}` does")
    for session in reversed(kept):
        about = f"for action {session.intent}" if session.intent else "a test or a question"
        tell(f"{session.at.astimezone(face.now().tzinfo):%Y-%m-%d %H:%M:%S} {about}")
        for line in session.lines:
            tell(f"  {line}")
    return None


pcu.add_command(test)


@click.group("actions", cls=Commands, invoke_without_command=True)
@click.option("--match", default="", help="Only rows that contain this.")
@click.option("--limit", default=50, show_default=True, help="How many, newest first.")
@json_option
@click.pass_context
def actions(context: click.Context, match: str, limit: int, as_json: bool) -> None:
    """List what was and is being done; `actions confirm ID` answers a request to a person."""
    if context.invoked_subcommand is not None:
        return
    face = context.ensure_object(Face)
    rows = face.ask(lambda desk: desk.intents(match, limit=limit))
    if as_json:
        print_json(list[IntentView], rows)
        return
    print_table(intent_columns(face.now()), rows, empty=nothing("action", match))


for made in in_group("power"):
    power.add_command(made)
for made in in_group("pcu"):
    if made.name not in pcu.commands:
        pcu.add_command(made)
for verb in ("confirm", "cancel", "settle"):
    actions.add_command(command_for(VERBS[verb]))

DEVICES = (power, pcu, actions)
