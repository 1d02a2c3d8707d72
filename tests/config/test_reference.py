from plcmon.config.fields import Section
from plcmon.config.reference import (
    ladder_rows,
    section_rows,
    settings_rows,
    source_rows,
    write_value,
)
from plcmon.inventory.records import RECORDS, ContactRecord, PathRecord


def test_every_setting_is_explained() -> None:
    rows = [*settings_rows(), *ladder_rows(), *source_rows()]
    records: list[type[Section]] = [*RECORDS.values(), ContactRecord, PathRecord]
    for record in records:
        rows += section_rows(record)

    assert [row.key for row in rows if not row.doc.endswith(".")] == []


def test_settings_of_the_model_are_among_them() -> None:
    rows = {row.key: row for row in settings_rows()}

    assert rows["policy.wire.dark"].default == '"10s"'
    assert (rows["api.mode"].default, rows["api.mode"].kind) == ('"0660"', "file mode")
    assert rows["policy.wire.dark"].kind == "duration"
    assert rows["policy.mode"].kind == "observe, propose, auto"
    assert rows["canaries.endpoints"].kind == "list"
    assert rows["alerts.webhook"].kind == "text, not shown"


def test_what_must_be_given_says_so() -> None:
    rows = {row.key: row.default for row in ladder_rows()}

    assert rows["ladder.TYPE.RUNG.order"] == "required"


def test_values_are_written_as_toml() -> None:
    assert write_value((1, "a", True)) == '[1, "a", true]'
    assert write_value({"a": 0.5}) == '{"a" = 0.5}'
