"""docs/api.md: prose by hand, and between its marks tables that mirror the code."""

import inspect
from collections.abc import Callable, Iterator, Mapping

from plcmon.api import routes
from plcmon.api.door import MOST, MOST_OF_ONE
from plcmon.api.server import IDLE, LARGEST, status_of
from plcmon.api.shared import BadRequestError
from plcmon.cli.docs.fields import field_table, views_of
from plcmon.cli.docs.markdown import code, renewed, table
from plcmon.config.sources import MOST_POSTED
from plcmon.errors import PlcmonError
from plcmon.operations import plan, reports, verbs, views
from plcmon.operations.desk import VERBS, VerbSpec
from plcmon.operations.wire import ERRORS


def renew(page: str) -> str:
    """The page with everything between its marks made anew. Raises KeyError: an unknown mark."""
    return renewed(page, PARTS)


def view_tables() -> str:
    return "\n".join(
        f"### {name}\n\n{inspect.getdoc(getattr(module, name))}\n\n{field_table(rows)}"
        for module in (views, reports)
        for name, rows in views_of(module).items()
    )


def verb_table() -> str:
    head = ("verb", "does", "subject", "reason", "arguments", "role", "weight")
    return table(head, (verb_row(spec) for spec in VERBS.values()))


def verb_row(spec: VerbSpec) -> tuple[str, ...]:
    return (
        code(spec.name),
        spec.summary,
        spec.subject,
        "needed" if spec.reason else "",
        ", ".join(code(argument) for argument in spec.arguments),
        spec.role,
        str(spec.weight),
    )


def error_table() -> str:
    head = ("error", "status", "try again", "meaning", "what to do")
    kinds: list[type[PlcmonError]] = [BadRequestError, *ERRORS.values()]
    return table(head, (error_row(kind) for kind in sorted(kinds, key=status_of)))


def error_row(kind: type[PlcmonError]) -> tuple[str, ...]:
    meaning = (inspect.getdoc(kind) or "").partition("\n")[0]
    return code(kind.code), str(status_of(kind)), kind.retry.value, meaning, kind.advice


def limit_table() -> str:
    return table(("of", "at most"), limits())


def limits() -> Iterator[tuple[str, str]]:
    yield "the body of a request", f"{LARGEST // 1024} KiB, and {routes.POSTED:g} s to come"
    yield "a post of readings, or less by its source", f"{MOST_POSTED // 2**20} MiB"
    yield "connections at once; more get status 503", f"{MOST}, of one user {MOST_OF_ONE}"
    yield "silence of a connection between requests", f"{IDLE:g} s"
    yield (
        "`match`, `about`, `actor`, `verb` and the subject of `why`; what is beyond is cut off",
        letters(routes.LONGEST),
    )
    yield "an argument of a verb; what is beyond is cut off", letters(verbs.LONGEST)
    yield "`limit`; a greater one counts as this", f"{routes.MOST:,} rows"
    yield "`for`; more is `mistyped`", f"{plan.LONGEST.days} days"
    yield "the lines of a plan; `left_out` counts the others", f"{plan.MOST_LINES:,} lines"


def letters(most: int) -> str:
    return f"{most} characters"


PARTS: Mapping[str, Callable[[], str]] = {
    "views": view_tables,
    "verbs": verb_table,
    "errors": error_table,
    "limits": limit_table,
}
"""Every part of the page that is made."""
