"""The face: what every command needs of its surroundings, so that tests can hand in others."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from plcmon.cli.table import Column, render
from plcmon.cli.tell import tell
from plcmon.errors import ConfigError
from plcmon.operations.desk import Desk
from plcmon.operations.wire import dump

T = TypeVar("T")
PATIENCE = timedelta(seconds=60)  # for a service that restarts, while its events are followed
PLACES = (Path("monitor.toml"), Path("/etc/plcmon/monitor.toml"))


def connect(socket: Path, patience: timedelta) -> AbstractAsyncContextManager[Desk]:
    from plcmon.client import Client

    return Client(socket, patience=patience)


@dataclass
class Face:
    """One invocation: where the file and the socket are, and whether a person is there."""

    config: Path | None = None
    socket: Path | None = None
    open_desk: Callable[[Path, timedelta], AbstractAsyncContextManager[Desk]] = connect
    now: Callable[[], datetime] = field(default=lambda: datetime.now().astimezone())
    interactive: bool | None = None  # None: as standard input is

    @property
    def person(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin.isatty() if self.interactive is None else self.interactive

    @property
    def file(self) -> Path:
        """The configuration: as told, else here, else where systems keep it."""
        if self.config is not None:
            return self.config
        return next((place for place in PLACES if place.exists()), PLACES[0])

    @property
    def found(self) -> Path:
        """The configuration that must be there. Raises ConfigError with the places looked at."""
        if self.config is None and not self.file.exists():
            looked = [f"no file here: {place.absolute()}" for place in PLACES]
            raise ConfigError("configuration", [*looked, "name one with --config PATH"])
        return self.file

    def find_socket(self) -> Path:
        """As told, else the one the configuration names. Raises ConfigError."""
        if self.socket is not None:
            return self.socket
        import os

        from plcmon.config import load_settings

        return load_settings(self.found, os.environ).socket

    def ask(self, question: Callable[[Desk], Awaitable[T]], *, patience: timedelta = PATIENCE) -> T:
        """Open the desk, put one question, close it. Raises what the desk raises."""

        async def asking() -> T:
            async with self.open_desk(self.find_socket(), patience) as desk:
                return await question(desk)

        return asyncio.run(asking())


pass_face = click.make_pass_decorator(Face, ensure=True)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the view as JSON, exactly the API's."
)


def width() -> int | None:
    """Characters of a line; None where nobody's screen would cut it."""
    columns = shutil.get_terminal_size((0, 0)).columns
    return columns or None


def print_json(kind: Any, value: object) -> None:
    click.echo(dump(kind, value))


def print_table(columns: Sequence[Column], rows: Sequence[Any], *, empty: str) -> None:
    """Rows to standard output; that there are none is said beside it."""
    if not rows:
        tell(empty, err=True)
        return
    for line in render(columns, rows, width()):
        tell(line)


def print_facts(pairs: Iterable[tuple[str, str]]) -> None:
    """One fact a line, `name: value`, empty ones left out."""
    for name, value in pairs:
        if value:
            tell(f"{name}: {value}")
