"""Commands: groups that know the nearest word and render what went wrong."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import click

from plcmon.cli.tell import tell
from plcmon.errors import ConfigError, PlcmonError, explain


class Commands(click.Group):
    """A group that knows the nearest word, and turns situations into sentences and exit codes."""

    sections: Mapping[str, Sequence[str]] = {}  # heading -> commands, for the help

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0] if args else ""
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            ctx.fail(f'there is no command "{word}"; {self._hint(ctx, word)}')
        return super().resolve_command(ctx, args)

    def _hint(self, ctx: click.Context, word: str) -> str:
        known = self.list_commands(ctx)
        near = get_close_matches(word, known, n=1, cutoff=0.5)
        if near:
            return f"did you mean `{ctx.command_path} {near[0]}`?"
        if self.sections:
            return f"see `{ctx.command_path} --help`"
        return f"`{ctx.command_path}` knows {', '.join(known)}"

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command with its whole sentence, under the headings where there are any."""
        sections = self.sections or {"Commands": self.list_commands(ctx)}
        for heading, names in sections.items():
            rows = [(name, sentence(self.get_command(ctx, name))) for name in names]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PlcmonError as error:
            tell(said(error), err=True)
            ctx.exit(error.exit_status)


def sentence(command: click.Command | None) -> str:
    """The first sentence of a command's help."""
    text = " ".join((command.help or "").split("\n\n")[0].split()) if command else ""
    return text.split(". ")[0].removesuffix(".")


def said(error: PlcmonError) -> str:
    """What happened and what the reader can do; every mistake of a file on a line of its own."""
    if isinstance(error, ConfigError):
        return "\n".join([*error.problems, "", error.advice])
    return explain(error)
