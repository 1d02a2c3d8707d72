"""Writes the pages into a folder: `python -m plcmon.cli.docs docs`."""

from pathlib import Path

import click

from plcmon.cli.docs import api, commands, drivers, settings

BY_HAND = {"api.md": api.renew, "drivers.md": drivers.renew}
"""Pages of which only some parts are made."""


@click.command("docs")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path) -> None:
    """Write every page that is made from the code into FOLDER."""
    (folder / "settings.md").write_text(settings.page())
    (folder / "cli.md").write_text(commands.page())
    for name, renew in BY_HAND.items():
        page = folder / name
        page.write_text(renew(page.read_text()))


if __name__ == "__main__":
    main()
