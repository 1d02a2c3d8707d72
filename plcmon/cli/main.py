"""The command `plcmon`: every group together, and where the service is."""

from pathlib import Path

import click

import plcmon
from plcmon.cli.commands import Commands
from plcmon.cli.devices import DEVICES
from plcmon.cli.face import Face
from plcmon.cli.house import HOUSE
from plcmon.cli.say import SAYING
from plcmon.cli.show import SHOWING

EXITS = {
    0: "done",
    1: "a bug of plcmon, the demo's story did not come true, or you said no",
    2: "the configuration or the command line has a mistake",
    3: "the database: locked, full, damaged, or not ours",
    4: "the service is not there, or declined",
    5: "a PCU did not do what it was asked",
}
"""What the exit codes of every command mean."""
EPILOG = "\n".join(("\b", "Exit codes:", *(f"  {code}  {text}" for code, text in EXITS.items())))

SECTIONS = {
    "Look": (
        *("issues", "issue", "nodes", "node", "sites", "pcus", "actions", "why", "since"),
        *("events", "tui"),
    ),
    "Decide": ("approve", "reject", "pause", "resume", "close", "cancel", "settle", "confirm"),
    "Hold back": ("freeze", "unfreeze", "maintenance", "maintenance-end"),
    "Act": ("scan", "power", "pcu", "re-arm"),
    "House": ("serve", "demo", "config", "config-check", "inventory-accept", "db-adopt"),
}
"""The commands as the help groups them."""


class Plcmon(Commands):
    """The whole command."""

    sections = SECTIONS


@click.group("plcmon", cls=Plcmon, epilog=EPILOG, context_settings={"max_content_width": 100})
@click.version_option(plcmon.__version__, prog_name="plcmon")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="PLCMON_CONFIG",
    help="The configuration; else ./monitor.toml, else /etc/plcmon/monitor.toml.",
)
@click.option(
    "--socket",
    type=click.Path(path_type=Path),
    envvar="PLCMON_SOCKET",
    help="The service's socket; else the one the configuration names.",
)
@click.pass_context
def cli(context: click.Context, config: Path | None, socket: Path | None) -> None:
    """Watch machines that nobody can walk up to, repair them out-of-band, and say why."""
    face = context.ensure_object(Face)
    face.config = config or face.config
    face.socket = socket or face.socket


for command in (*HOUSE, *SHOWING, *SAYING, *DEVICES):
    cli.add_command(command)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
