from collections.abc import Iterator
from pathlib import Path

import click

from plcmon.cli.docs.commands import page
from plcmon.cli.main import EXITS, SECTIONS, cli
from plcmon.operations.desk import VERBS

FILE = Path(__file__).parents[3] / "docs" / "cli.md"


def every_command(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{path} {name}")


def part_of(path: str) -> str:
    """What the page says about one command."""
    return page().partition(f"\n### {path}\n")[2].partition("\n### ")[0]


def test_page_is_current() -> None:
    """`make docs` makes it so."""
    assert FILE.read_text() == page()


def test_every_command_is_on_it_once() -> None:
    headings = [line[4:] for line in page().splitlines() if line.startswith("### ")]

    assert sorted(headings) == sorted(path for path, _ in every_command(cli, "plcmon"))


def test_every_option_is_with_its_command() -> None:
    missing = [
        f"{path} {option}"
        for path, command in every_command(cli, "plcmon")
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if f"`{option}" not in part_of(path)
    ]

    assert not missing


def test_every_verb_is_said_by_a_command() -> None:
    text = page()

    assert [verb for verb in VERBS if f"the verb `{verb}`" not in text] == []


def test_headings_are_those_of_the_help_and_exit_codes_are_explained() -> None:
    text = page()

    assert all(f"\n## {heading}\n" in text for heading in SECTIONS)
    assert all(f"\n| {code} | {meaning} |\n" in text for code, meaning in EXITS.items())


def test_words_that_a_shell_would_take_apart_stand_in_one_cell() -> None:
    assert "`--outcome [fixed\\|rebooted_sick\\|not_rebooted]`" in page()
