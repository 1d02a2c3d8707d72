"""The command `plcmon`: every group together, and where the service is."""

from pathlib import Path

import click

import plcmon
from plcmon.cli.answers import ANSWERING
from plcmon.cli.audit import AUDIT
from plcmon.cli.commands import Commands
from plcmon.cli.compare import diff
from plcmon.cli.database import DATABASE
from plcmon.cli.devices import DEVICES
from plcmon.cli.face import Face
from plcmon.cli.history import HISTORY
from plcmon.cli.house import HOUSE, config_group
from plcmon.cli.is_it_us import UPLINK
from plcmon.cli.profiles import profile
from plcmon.cli.readings import READINGS
from plcmon.cli.replay import REPLAYING
from plcmon.cli.say import SAYING
from plcmon.cli.show import SHOWING
from plcmon.cli.simulate import simulate
from plcmon.cli.trace import trace

EXITS = {
    0: "done",
    1: "a bug of plcmon, the demo's story did not come true, or you said no",
    2: "the configuration or the command line has a mistake",
    3: "the database: locked, full, damaged, or not ours",
    4: "the service is not there, or declined",
    5: "a PCU did not do what it was asked, or a node did not answer as its profile says",
    6: "the journal does not hold",
}
"""What the exit codes of every command mean."""
EPILOG = "\n".join(("\b", "Exit codes:", *(f"  {code}  {text}" for code, text in EXITS.items())))

SECTIONS = {
    "Look": (
        *("issues", "issue", "nodes", "node", "sites", "pcus", "actions", "why", "since"),
        *(
            "events",
            "is-it-us",
            "history",
            "availability",
            "audit",
            "plan",
            "replay",
            "repairs",
            "readiness",
            "digest",
            "tui",
            "trace",
        ),
    ),
    "Decide": (
        "approvals",
        *("approve", "reject", "pause", "resume", "close", "cancel", "settle", "confirm"),
    ),
    "Hold back": ("freeze", "unfreeze", "maintenance", "maintenance-end"),
    "Act": ("scan", "readings", "power", "pcu", "reboot", "reinstall", "re-arm", "hostkey-accept"),
    "House": (
        *("serve", "demo", "simulate", "config", "config-check", "drivers"),
        *("profile", "inventory-accept", "baseline-accept", "db"),
    ),
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


for command in (
    *HOUSE,
    *SHOWING,
    *AUDIT,
    *ANSWERING,
    *SAYING,
    *DEVICES,
    *DATABASE,
    *HISTORY,
    *UPLINK,
    *READINGS,
    *REPLAYING,
):
    cli.add_command(command)
cli.add_command(simulate)
cli.add_command(profile)
cli.add_command(trace)
config_group.add_command(diff)


def main() -> None:
    cli()


if __name__ == "__main__":
    main()
