"""Fields of the views: their names, what they are as JSON, and what is said beside them."""

import ast
import inspect
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from types import ModuleType, NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from plcmon.cli.docs.markdown import table

KINDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    datetime: "time",
    object: "anything",
    NoneType: "null",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a view."""

    name: str
    kind: str
    meaning: str


def views_of(module: ModuleType) -> dict[str, list[Field]]:
    """Every dataclass of a module with its fields, in the order of the source."""
    said = comments(module)
    classes = [vars(module)[name] for name in said]
    return {kind.__name__: list(fields_of(kind, said[kind.__name__])) for kind in classes}


def fields_of(kind: type[Any], said: Mapping[str, str]) -> Iterator[Field]:
    hints = get_type_hints(kind)
    for one in fields(kind):
        yield Field(one.name, as_json(hints[one.name]), said.get(one.name, ""))


def comments(module: ModuleType) -> dict[str, dict[str, str]]:
    """What stands behind each field of each class of the module's source."""
    source = inspect.getsource(module)
    beside = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    return {
        node.name: {
            one.target.id: beside.get(one.end_lineno or 0, "")
            for one in node.body
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        }
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    }


def as_json(annotation: Any) -> str:
    """What a reader of the JSON finds there."""
    if annotation in KINDS:
        return KINDS[annotation]
    if is_dataclass(annotation):
        name = annotation.__name__  # type: ignore[union-attr] # a class, not one of its values
        return f"[{name}](#{name.lower()})"
    inner = [as_json(one) for one in get_args(annotation) if one is not Ellipsis]
    origin = get_origin(annotation)
    if origin is UnionType:
        return " or ".join(inner)
    if origin is tuple:
        return f"list: {inner[0]}"
    if origin is Mapping:
        return f"object: {inner[1]}"
    raise TypeError(f"no words for {annotation}")


def field_table(rows: list[Field]) -> str:
    return table(
        ("field", "is", "meaning"), ((f"`{row.name}`", row.kind, row.meaning) for row in rows)
    )
