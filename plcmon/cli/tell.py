"""Telling: lines for a terminal, free of what would steer it."""

import click

from plcmon.operations.phrases import CONTROL


def tell(text: str, *, err: bool = False) -> None:
    """Print lines, `err` for what is no result. Names and details come from outside."""
    for line in text.split("\n"):
        click.echo(CONTROL.sub(" ", line), err=err)
