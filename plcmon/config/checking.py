"""Checking: data against a section, with every mistake as a Problem instead of an exception."""

import types
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from plcmon.config.document import Document, KeyPath
from plcmon.config.problems import Problem, did_you_mean, one_of

S = TypeVar("S", bound=BaseModel)
ENVIRONMENT = "environment"
MISSING_MARK = "is missing"
OF_PYDANTIC = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list in brackets",
    "list_type": "a list in brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "timezone_aware": "a time with its zone, such as 2026-01-01T00:00:00Z",
    "datetime_type": "a time with its zone, such as 2026-01-01T00:00:00Z",
    "model_attributes_type": "a table",
}


def check(
    section: type[S],
    data: object,
    document: Document,
    *,
    at: KeyPath = (),
    variables: Mapping[KeyPath, str] | None = None,
) -> tuple[S | None, list[Problem]]:
    """The section made of `data`, or None with all that is wrong.

    `at` is where the data stands in the document; `variables` names what the environment set.
    """
    try:
        return section.model_validate(data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    found = [
        _problem(section, detail, document, at, variables or {})
        for detail in details
        if not _follows(detail, details)
    ]
    return None, list(dict.fromkeys(found))


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list is short only because what stands in it was refused."""
    loc = detail["loc"]
    return detail["type"] == "too_short" and any(
        other["loc"][: len(loc)] == loc and len(other["loc"]) > len(loc) for other in details
    )


def _problem(
    section: type[BaseModel],
    detail: ErrorDetails,
    document: Document,
    at: KeyPath,
    variables: Mapping[KeyPath, str],
) -> Problem:
    inside = tuple(part for part in detail["loc"] if part != "[key]")
    found, allowed = _sentence(section, inside, detail)
    path = (*at, *inside)
    variable = _variable(path, variables)
    if variable:
        return Problem(ENVIRONMENT, variable, found, allowed)
    return document.problem(path, found, allowed)


def _variable(path: KeyPath, variables: Mapping[KeyPath, str]) -> str:
    for length in range(len(path), 0, -1):
        if path[:length] in variables:
            return variables[path[:length]]
    return ""


def _sentence(section: type[BaseModel], path: KeyPath, detail: ErrorDetails) -> tuple[str, str]:
    kind = detail["type"]
    if kind == "extra_forbidden":
        words = known_keys(section, path[:-1])
        return "unknown key", one_of(str(path[-1]), words)
    if kind == "missing":
        return MISSING_MARK, ""
    shown = _shown(annotation_at(section, path), detail["input"])
    if kind == "value_error":
        return detail["msg"].removeprefix("Value error, "), ""
    if kind in {"enum", "literal_error"}:
        words = allowed_words(annotation_at(section, path))
        return f"found {shown}", one_of(str(detail["input"]), words)
    if kind in {"too_short", "string_too_short"}:
        return "is empty", "at least one is needed"
    if kind in OF_PYDANTIC:
        return f"found {shown}", f"allowed: {OF_PYDANTIC[kind]}"
    return f"found {shown}", detail["msg"].replace("Input should be", "must be")


def _shown(annotation: Any, value: object) -> str:
    """What was found, cut short, and never a secret."""
    if annotation is SecretStr:
        return "a secret"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def known_keys(section: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys of the table at `path`; empty when any key may stand there."""
    here = annotation_at(section, path) if path else section
    return list(here.model_fields) if is_section(here) else []


def allowed_words(annotation: Any) -> list[str]:
    """The words of an enumeration or a literal."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return []


def annotation_at(section: type[BaseModel], path: KeyPath) -> Any:
    """The type of what stands at `path` inside a section; None where the path leads nowhere."""
    here: Any = section
    for part in path:
        here = _without_none(here)
        if is_section(here):
            field = here.model_fields.get(str(part))
            here = field.annotation if field else None
        else:
            arguments = [arg for arg in get_args(here) if arg is not Ellipsis]
            here = arguments[-1] if arguments else None
        here = _without_metadata(here)
    return _without_none(here)


def is_section(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _without_metadata(annotation: Any) -> Any:
    return annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in {Union, types.UnionType}:
        left = [arg for arg in get_args(annotation) if arg is not type(None)]
        return _without_metadata(left[0]) if len(left) == 1 else annotation
    return annotation


def nearest_key(word: str, words: Mapping[str, object]) -> str:
    """The hint for an unknown reference to something that has a name elsewhere."""
    return did_you_mean(word, words) or (f"{len(words)} are known" if words else "none is known")
