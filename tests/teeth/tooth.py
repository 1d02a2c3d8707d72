"""A tooth: one mechanism, how it is taken away, and the story in which that breaks an invariant."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from plcmon.auditor import Violation
from plcmon.model.decisions import Gate, GateName, Pass

Found = Sequence[Violation]
Remove = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Tooth:
    """One row of the table in docs/safety.md, and the story that proves it."""

    mechanism: str
    invariant: int
    removed: str  # how, as the table says it
    remove: Remove
    story: Callable[[], Found]

    def __str__(self) -> str:
        return self.mechanism


def everywhere(patch: pytest.MonkeyPatch, function: Any, by: Any) -> None:
    """Replace a function of ours wherever it is known by name."""
    places = [
        (module, name)
        for module in list(sys.modules.values())
        if getattr(module, "__name__", "").startswith("plcmon.")
        for name, value in list(vars(module).items())
        if value is function
    ]
    assert places, f"nobody knows {function}"
    for module, name in places:
        patch.setattr(module, name, by)


def replaced(function: Any, by: Any) -> Remove:
    return lambda patch: everywhere(patch, function, by)


def passes(*functions: Any) -> Remove:
    """Gates that let everything pass."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        for function in functions:
            everywhere(patch, function, lambda *_, **__: Gate(GateName.WAIT, Pass.PASS, "gone"))

    return remove


def both(*removals: Remove) -> Remove:
    def remove(patch: pytest.MonkeyPatch) -> None:
        for one in removals:
            one(patch)

    return remove


def says(answer: Any, *functions: Any) -> Remove:
    """Functions that always give this answer."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        for function in functions:
            everywhere(patch, function, lambda *_, **__: answer)

    return remove
