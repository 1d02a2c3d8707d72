from pathlib import Path

from plcmon.cli.docs.settings import page
from plcmon.config.reference import ladder_rows, section_rows, settings_rows
from plcmon.inventory.records import RECORDS
from plcmon.model.policy import CONDITIONS, NOTICES

FILE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_page_is_current() -> None:
    """`make docs` makes it so."""
    assert FILE.read_text() == page()


def test_every_setting_is_on_it() -> None:
    rows = [*settings_rows(), *ladder_rows()]
    for record in RECORDS.values():
        rows += section_rows(record)

    text = page()

    assert [row.key for row in rows if f"| `{row.key}` |" not in text] == []


def test_every_word_of_ladders_is_on_it() -> None:
    text = page()

    assert [word for word in (*CONDITIONS, *NOTICES) if f"`{word}" not in text] == []
