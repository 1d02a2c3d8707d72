"""A shell for the command line's tests: a FakeDesk behind it, a person or a script before it."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from plcmon.cli.face import Face
from plcmon.cli.main import cli
from tests.fakes.desk import FakeDesk, Said
from tests.fakes.fleet import NOW

SOCKET = Path("/nowhere/plcmon.sock")


@dataclass
class Shell:
    """Runs commands; `person` says whether questions can be asked."""

    desk: FakeDesk = field(default_factory=lambda: FakeDesk(role="admin"))
    person: bool = False
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, typed: str = "", width: int | None = None) -> Result:
        face = Face(
            socket=SOCKET,
            open_desk=lambda *_: nullcontext(self.desk),
            now=lambda: NOW,
            interactive=self.person,
        )
        env: dict[str, Any] = {"COLUMNS": str(width) if width else None, **self.env}
        return CliRunner().invoke(cli, words, obj=face, input=typed, env=env, color=True)

    @property
    def said(self) -> Said:
        """The one verb that reached the desk."""
        (one,) = self.desk.said
        return one
