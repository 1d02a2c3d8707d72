"""Commands: groups that know the nearest word and render what went wrong."""

from difflib import get_close_matches
from typing import Any

import click

from plcmon.cli.tell import tell
from plcmon.errors import ConfigError, PlcmonError, explain


class Commands(click.Group):
    """A group that knows the nearest word, and turns situations into sentences and exit codes."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0] if args else ""
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            near = get_close_matches(word, self.list_commands(ctx), n=1, cutoff=0.5)
            hint = f"; did you mean `{near[0]}`?" if near else "; see `plcmon --help`"
            ctx.fail(f'there is no command "{word}"{hint}')
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PlcmonError as error:
            tell(said(error), err=True)
            ctx.exit(error.exit_status)


def said(error: PlcmonError) -> str:
    """What happened and what the reader can do; every mistake of a file on a line of its own."""
    if isinstance(error, ConfigError):
        return "\n".join([*error.problems, "", error.advice])
    return explain(error)
