"""House commands: start the service, the demo or the screen; check and show the configuration."""

import asyncio
import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from plcmon.cli.commands import Commands
from plcmon.cli.face import Face, json_option, pass_face, print_table
from plcmon.cli.table import Column
from plcmon.cli.tell import tell
from plcmon.config import FileSecrets, Settings, load_settings
from plcmon.config.sections import Tui
from plcmon.errors import PlcmonError, UnsupportedError
from plcmon.model.subjects import Inventory
from plcmon.operations.phrases import count

SCREEN_PATIENCE = timedelta(seconds=5)  # a screen that shows old rows must say so soon
config_option = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    help="The file; instead of the one found.",
)


def chosen(face: Face, config: Path | None) -> Path:
    return config or face.found


@click.command("serve")
@config_option
@pass_face
def serve(face: Face, config: Path | None) -> None:
    """Run the service until SIGTERM; nothing starts while the configuration has mistakes."""
    from plcmon.app import serve as run
    from plcmon.app.reading import read

    settings, inventory = read(chosen(face, config), os.environ)

    try:
        asyncio.run(run(settings, inventory))
    except BaseExceptionGroup as group:
        raise first_known(group) or group from None


def first_known(group: BaseExceptionGroup[BaseException]) -> PlcmonError | None:
    """The first situation of a group of nothing else; None: there is a bug among them."""
    found: PlcmonError | None = None
    for inner in group.exceptions:
        known = first_known(inner) if isinstance(inner, BaseExceptionGroup) else inner
        if not isinstance(known, PlcmonError):
            return None
        found = found or known
    return found


@click.command("demo")
@click.option("--headless", is_flag=True, help="Tell the story as text; without a terminal always.")
@click.option("--seed", default=1, show_default=True, help="Which fleet.")
def demo(headless: bool, seed: int) -> None:
    """Start a virtual fleet and the service, and tell a story. Loopback only."""
    try:
        from plcmon.sim.demo import main
    except ModuleNotFoundError as error:
        need = error.name or ""
        if not need.startswith("aiosmtpd"):
            raise
        why = f"{need} is not installed; install plcmon[demo]"
        raise UnsupportedError("demo", "starting", why) from error
    code = main(headless=headless or not sys.stderr.isatty(), seed=seed)
    raise click.exceptions.Exit(code or 0)


@click.command("tui")
@pass_face
def tui(face: Face) -> None:
    """Open the screen."""
    if os.environ.get("TERM", "dumb") == "dumb" or not sys.stderr.isatty():
        raise click.UsageError("this terminal cannot show the screen; use `plcmon issues`")
    from plcmon.tui.app import run

    wanted = load_settings(face.file, os.environ).tui if face.file.exists() else Tui()
    plain = {"ascii": True, "unicode": False}.get(wanted.glyphs)
    code = face.ask(
        lambda desk: run(desk, plain=plain, keymap=wanted.keys), patience=SCREEN_PATIENCE
    )
    raise click.exceptions.Exit(code)


@click.command("config-check")
@config_option
@pass_face
def check(face: Face, config: Path | None) -> None:
    """Say what is wrong with the configuration, all at once; exit 2 when something is."""
    path = chosen(face, config)
    from plcmon.app.reading import read

    settings, inventory = read(path, os.environ)
    check_templates(settings)
    for warning in warnings(settings, inventory):
        tell(f"{path}: {warning}", err=True)
    nodes, sites, pcus = len(inventory.nodes), len(inventory.sites), len(inventory.pcus)
    tell(
        f"{path}: good; {count(nodes, 'node')}, {count(sites, 'site')}, {count(pcus, 'PCU')};"
        f" mode {settings.policy.mode.value}, policy {settings.policy.version}"
    )


def check_templates(settings: Settings) -> None:
    """Read the operator's own templates. Raises ConfigError with what is wrong in them."""
    if settings.mail_templates is not None:
        from plcmon.mail.templating import Templates

        Templates(settings.mail_templates)


def warnings(settings: Settings, inventory: Inventory) -> Iterator[str]:
    """What may be right for the service's own user, though not from here."""
    secrets = FileSecrets(settings.secrets_dir, os.environ)
    wanted = {f"pcus.{pcu.name}": pcu.credential for pcu in inventory.pcus.values()}
    if settings.mail is not None:
        wanted["mail"] = settings.mail.credential
    wanted |= {f"sources.{name}": source.credential for name, source in settings.sources.items()}
    for who, name in wanted.items():
        if not name:
            continue
        try:
            secrets.find(name)
        except UnsupportedError as error:
            yield f"{who}: {error}"
    for name, source in settings.sources.items():
        strangers = [user for user in source.posters if user not in settings.roles]
        yield from (f"sources.{name}: {user} has no role in [api.roles]" for user in strangers)
    from plcmon.actions.tester import UNVERIFIED, unverified
    from plcmon.drivers.registry import problems_of
    from plcmon.probes.ssh import absent_keys, unreadable_keys

    for pcu in inventory.pcus.values():
        yield from (f"pcus.{pcu.name}: {problem}" for problem in problems_of(pcu))
        if unverified(pcu):
            yield f"pcus.{pcu.name}: {UNVERIFIED}"
    yield from asyncio.run(unreadable_keys(inventory, settings.ssh_agent))
    wait = settings.policy.wire.agent_deadline
    yield from asyncio.run(absent_keys(inventory, settings.ssh_agent, wait))


@click.group("config", cls=Commands)
def config_group() -> None:
    """Check or show the configuration."""


@config_group.command("show")
@config_option
@click.argument("match", default="")
@json_option
@pass_face
def show(face: Face, config: Path | None, match: str, as_json: bool) -> None:
    """Print every value in force and where it came from; MATCH narrows by key."""
    from plcmon.app.reading import read

    settings, _ = read(chosen(face, config), os.environ)
    rows = [row for row in settings.shown if match in row.key]
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(row) for row in rows]))
        return
    columns = [
        Column("SETTING", lambda row: row.key),
        Column("VALUE", lambda row: row.value, least=12),
        Column("FROM", lambda row: row.origin, least=12),
    ]
    print_table(columns, rows, empty=f'no setting matches "{match}"')


@click.command("drivers")
@json_option
def drivers(as_json: bool) -> None:
    """List the families of PCUs that there are drivers for, and what a record may say."""
    from plcmon.drivers.registry import FAMILIES, models_of

    rows = [
        {
            "family": family.name,
            "title": family.title,
            "transports": [f"{way.name}:{way.port}" for way in family.spoken.values() if way.port],
            "needs": sorted(family.needs),
            "options": dict(family.options),
            "readable": family.readable,
            "native_cycle": family.native_cycle,
            "tested": family.peers or "a virtual unit",
            "models": models_of(family.name),
        }
        for family in FAMILIES.values()
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    columns = [
        Column("FAMILY", lambda row: row["family"]),
        Column("WHAT IT IS", lambda row: row["title"], least=16),
        Column("TRANSPORTS", lambda row: ", ".join(row["transports"]) or "-"),
        Column("NEEDS", lambda row: ", ".join(row["needs"]) or "-", drop=1),
        Column("OPTIONS", lambda row: ", ".join(row["options"]) or "-", drop=2),
        Column("TRIED AGAINST", lambda row: row["tested"], least=14, drop=4),
        Column("ALSO KNOWN AS", lambda row: ", ".join(row["models"]), least=13, drop=3),
    ]
    print_table(columns, rows, empty="no driver")


config_group.add_command(check, "check")
HOUSE = (serve, demo, tui, check, config_group, drivers)
