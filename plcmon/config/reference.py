"""Reference: every setting with its meaning, kind and default, read from the code."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from plcmon.config.checking import allowed_words, annotation_at, is_section
from plcmon.config.fields import write_duration
from plcmon.config.ladders import LadderSection, RungSection
from plcmon.config.sections import EACH_BY_ITSELF, READ_ELSEWHERE, FileSection
from plcmon.config.sources import Source

KINDS = {
    bool: "true, false",
    int: "whole number",
    float: "number",
    str: "text",
    timedelta: "duration",
    SecretStr: "text, not shown",
}
OCTAL = ("api", "mode")  # the setting whose number is not written as such
OCTAL_KIND = "file mode"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the reference."""

    key: str
    kind: str
    default: str
    doc: str


def leaves(
    section: type[BaseModel], prefix: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], type[BaseModel], str, FieldInfo]]:
    """Every setting below a section: (path, owning section, field name, field)."""
    for name, field in section.model_fields.items():
        inner = annotation_at(section, (name,))
        if not prefix and name in READ_ELSEWHERE + EACH_BY_ITSELF:
            continue
        if is_section(inner):
            yield from leaves(inner, (*prefix, name))
        else:
            yield (*prefix, name), section, name, field


def settings_rows() -> list[Row]:
    """Every setting of monitor.toml apart from ladders and inventory."""
    return section_rows(FileSection)


def section_rows(section: type[BaseModel], prefix: tuple[str, ...] = ()) -> list[Row]:
    """Every setting below one section, its key written after `prefix`."""
    return [
        Row(
            ".".join((*prefix, *path)),
            OCTAL_KIND if path == OCTAL else kind_of(annotation_at(owner, (name,))),
            _default(path, field),
            " ".join((field.description or "").split()),
        )
        for path, owner, name, field in leaves(section)
    ]


def _default(path: tuple[str, ...], field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return write_setting(path, field.get_default(call_default_factory=True, validated_data={}))


def ladder_rows() -> list[Row]:
    return [
        *section_rows(LadderSection, ("ladder", "TYPE")),
        *section_rows(RungSection, ("ladder", "TYPE", "RUNG")),
    ]


def source_rows() -> list[Row]:
    return section_rows(Source, ("sources", "NAME"))


def kind_of(annotation: Any) -> str:
    """A setting's kind in words."""
    words = allowed_words(annotation)
    if words:
        return ", ".join(words)
    if annotation in KINDS:
        return KINDS[annotation]
    origin = getattr(annotation, "__origin__", None)
    return "list" if origin in {tuple, frozenset} else "table" if origin is dict else "text"


def write_setting(path: tuple[str, ...], value: object) -> str:
    """The value of one setting as it would stand in the file."""
    if path == OCTAL:
        return f'"{value:04o}"'
    return write_value(value)


def write_value(value: object) -> str:
    """A value as it would stand in the file; secrets are masked."""
    simple = _write_simple(value)
    if simple is not None:
        return simple
    if isinstance(value, dict):
        pairs = (f"{write_value(k)} = {write_value(v)}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, tuple | list | frozenset):
        return f"[{', '.join(write_value(item) for item in value)}]"
    return f'"{value}"'


def _write_simple(value: object) -> str | None:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, SecretStr):
        return '"********"' if value.get_secret_value() else '""'
    if isinstance(value, time):
        return f'"{value:%H:%M}"'
    if isinstance(value, timedelta):
        return f'"{write_duration(value)}"'
    if isinstance(value, Enum):
        return f'"{value.value}"'
    return str(value) if isinstance(value, int | float) else None
