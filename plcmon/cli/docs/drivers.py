"""The table of families on the page about drivers, from their cards."""

from collections.abc import Callable, Mapping

from plcmon.cli.docs.markdown import code, renewed, table
from plcmon.drivers.base import Family
from plcmon.drivers.registry import FAMILIES, models_of

HEAD = (
    "family",
    "what it is",
    "transports",
    "reads back",
    "own cycle",
    "needs",
    "tried against",
    "also known as",
)


def renew(page: str) -> str:
    """The page with everything between its marks made anew."""
    return renewed(page, PARTS)


def family_table() -> str:
    return table(HEAD, (row(family) for family in FAMILIES.values()))


def row(family: Family) -> tuple[str, ...]:
    needs = [*sorted(family.needs), *(f"the option {code(one)}" for one in sorted(family.required))]
    return (
        code(family.name),
        family.title,
        ", ".join(ways(family)),
        "yes" if family.readable else "no",
        "yes" if family.native_cycle else "no",
        ", ".join(needs) or "nothing",
        family.peers or "a virtual unit",
        ", ".join(code(model) for model in models_of(family.name)) or "-",
    )


def ways(family: Family) -> list[str]:
    """Those beyond the usual ones are spoken only where the record names them."""
    usual = {way.name for way in family.transports}
    return [
        f"{way.name} {way.port or ''}".strip() + ("" if way.name in usual else " if named")
        for way in family.spoken.values()
    ]


PARTS: Mapping[str, Callable[[], str]] = {"families": family_table}
"""Every part of the page that is made."""
