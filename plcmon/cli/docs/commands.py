"""docs/cli.md: every command, as click knows it."""

from collections.abc import Iterator, Sequence
from inspect import cleandoc

import click

from plcmon.cli.docs.markdown import code, table
from plcmon.cli.main import EXITS, SECTIONS, cli
from plcmon.operations.desk import VERBS

HEAD = """# Commands

What `plcmon` can be told on the command line.
This page is made from the code by `make docs`; `plcmon COMMAND --help` says the same.

- Results go to standard output, everything else to standard error.
- `--json` prints the views of [the API](api.md), one line of JSON.
- Names may be short: `planetlab-1` for `planetlab-1.cs.example.edu`, the end of an id for an id.
- A command that needs a service finds its socket by `--socket`, else by the configuration.
- What costs attention asks before it is done; what touches a relay wants the name typed.
- Without a terminal nobody can be asked: such a command needs `--yes` and `--reason`.
- Every command knows `--help`.
"""
EXITS_HEAD = "\n## Exit codes\n\nThey mean the same for every command.\n\n"
EVERYWHERE = "\n## Options of `plcmon` itself\n\nThey stand before the command.\n\n"


def page() -> str:
    return "".join(_page())


def _page() -> Iterator[str]:
    yield HEAD
    yield EXITS_HEAD
    yield table(("code", "meaning"), ((str(number), text) for number, text in EXITS.items()))
    yield EVERYWHERE
    top = click.Context(cli, info_name="plcmon")
    yield _options(top)
    for heading, names in SECTIONS.items():
        yield f"\n## {heading}\n"
        for name in names:
            for context in contexts(top, name):
                yield _command(context)


def contexts(parent: click.Context, name: str) -> Iterator[click.Context]:
    """A command, and every command below it."""
    assert isinstance(parent.command, click.Group), "only groups have commands below them"
    command = parent.command.commands[name]
    context = click.Context(command, info_name=name, parent=parent)
    yield context
    for inner in command.commands if isinstance(command, click.Group) else ():
        yield from contexts(context, inner)


def _command(context: click.Context) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"### {context.command_path}", f"```\n{usage}\n```", cleandoc(command.help or "")]
    parts += _role(context.command_path.split()[1:])
    text = "\n" + "\n\n".join(parts) + "\n"
    options = _options(context)
    return f"{text}\n{options}" if options else text


def _role(words: Sequence[str]) -> Iterator[str]:
    """Who may say the verb that the command says, if it says one."""
    spec = VERBS.get("-".join(words)) or VERBS.get(words[-1])
    if spec is not None:
        yield f"It says the verb `{spec.name}`, which needs the role `{spec.role}`."


def _options(context: click.Context) -> str:
    records = [
        parameter.get_help_record(context)
        for parameter in context.command.params
        if isinstance(parameter, click.Option)
    ]
    rows = [(code(words), " ".join(meaning.split())) for words, meaning in filter(None, records)]
    return table(("option", "meaning"), rows) if rows else ""
