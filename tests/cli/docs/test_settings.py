from pathlib import Path

from plcmon.cli.docs.settings import page
from plcmon.config.reference import ladder_rows, section_rows, settings_rows, source_rows
from plcmon.config.words import KINDS
from plcmon.inventory.records import RECORDS
from plcmon.model.decisions import GATES, GateName
from plcmon.model.intents import KIND_WORDS, ActionKind
from plcmon.model.policy import CONDITIONS, NOTICES
from plcmon.policy.gates import INSTALLED

FILE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_page_is_current() -> None:
    """`make docs` makes it so."""
    assert FILE.read_text() == page()


def test_every_setting_is_on_it() -> None:
    rows = [*settings_rows(), *ladder_rows(), *source_rows()]
    for record in RECORDS.values():
        rows += section_rows(record)

    text = page()

    assert [row.key for row in rows if f"| `{row.key}` |" not in text] == []


def test_every_word_of_ladders_is_on_it() -> None:
    text = page()

    assert [word for word in (*CONDITIONS, *NOTICES) if f"`{word}" not in text] == []


def test_every_action_of_a_rung_and_every_gate_is_on_it_with_its_meaning() -> None:
    text = page()

    assert [kind for kind in KINDS if KIND_WORDS[ActionKind(kind)] not in text] == []
    assert [gate for gate in GateName if f"- `{gate.value}`: {GATES[gate]}" not in text] == []


def test_what_nothing_carries_out_yet_says_so() -> None:
    lines = [line for line in page().splitlines() if line.endswith("(not installed)")]

    said = {kind for kind in KINDS if any(line.startswith(f"- `{kind}") for line in lines)}
    assert said == {kind for kind in KINDS if ActionKind(kind) not in INSTALLED}
