"""Writes the pages into a folder: `python -m plcmon.cli.docs docs`."""

from pathlib import Path

import click

from plcmon.cli.docs import api, commands, settings


@click.command("docs")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path) -> None:
    """Write every page that is made from the code into FOLDER."""
    (folder / "settings.md").write_text(settings.page())
    (folder / "cli.md").write_text(commands.page())
    by_hand = folder / "api.md"
    by_hand.write_text(api.renew(by_hand.read_text()))


if __name__ == "__main__":
    main()
