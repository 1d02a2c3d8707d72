from pathlib import Path

import pytest
from click.testing import CliRunner

from plcmon.cli.docs.__main__ import main

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", ["settings.md", "cli.md", "api.md", "drivers.md"])
def test_it_writes_the_pages_as_they_are(tmp_path: Path, name: str) -> None:
    for by_hand in ("api.md", "drivers.md"):
        (tmp_path / by_hand).write_text((DOCS / by_hand).read_text())

    result = CliRunner().invoke(main, [str(tmp_path)])
    assert result.exit_code == 0
    assert (tmp_path / name).read_text() == (DOCS / name).read_text()


def test_without_the_folder_it_writes_nothing(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, [str(tmp_path / "none")]).exit_code == 2
