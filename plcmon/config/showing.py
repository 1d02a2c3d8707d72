"""Showing: every value in force and where it came from."""

from collections.abc import Iterator, Mapping
from typing import Any

from plcmon.config.document import Document, KeyPath
from plcmon.config.reference import leaves, write_setting, write_value
from plcmon.config.sections import FileSection
from plcmon.config.settings import Shown
from plcmon.config.sources import Source
from plcmon.model.policy import Ladder, Policy


def show(
    values: Any, policy: Policy, document: Document, variables: Mapping[KeyPath, str]
) -> list[Shown]:
    """Every setting, then every rung, in the words of the file; durations before scaling."""

    def origin(path: KeyPath) -> str:
        for length in range(len(path), 0, -1):
            if path[:length] in variables:
                return f"environment {variables[path[:length]]}"
        if not document.has(path):
            return "default"
        return f"{document.file}:{document.line_of(path)}"

    return [
        *(
            Shown(".".join(path), write_setting(path, _at(values, path)), origin(path))
            for path, _, _, _ in leaves(FileSection)
        ),
        *(
            Shown(".".join(path), write_value(getattr(source, path[-1])), origin(path))
            for name, source in values.sources.items()
            for path, _, _, _ in leaves(Source, ("sources", name))
        ),
        *(
            Shown(".".join(str(part) for part in path), text, origin(path))
            for ladder in policy.ladders.values()
            for path, text in _rungs(ladder)
        ),
    ]


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        values = getattr(values, part)
    return values


def _rungs(ladder: Ladder) -> Iterator[tuple[KeyPath, str]]:
    at: KeyPath = ("ladder", ladder.type.value)
    yield (*at, "mode"), write_value(ladder.mode)
    for rung in ladder.rungs:
        here = (*at, rung.name)
        yield (*here, "order"), write_value(rung.order)
        yield (*here, "after"), write_value(rung.after)
        if rung.every is not None:
            yield (*here, "every"), write_value(rung.every)
        yield (*here, "when"), write_value(rung.when)
        yield (*here, "do"), write_value(tuple(str(effect) for effect in rung.do))
        yield (*here, "mode"), write_value(rung.mode)
