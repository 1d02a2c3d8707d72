"""The families there are, and the words by which inventories call them: data only."""

import difflib
from collections.abc import Iterator, Mapping

from plcmon.drivers import apc, ilo, ipmi, manual
from plcmon.drivers.base import QUIRKS, Family
from plcmon.model.subjects import Pcu

FAMILIES: Mapping[str, Family] = {
    family.name: family for family in (apc.FAMILY, ilo.FAMILY, ipmi.FAMILY, manual.FAMILY)
}

MODELS: Mapping[str, str] = {
    "ap79xx": "apc",
    "masterswitch": "apc",
    "apccontrol": "apc",
    "apccontrol13p13": "apc",
    "apccontrol12p3": "apc",
    "apccontrol1p4": "apc",
    "apccontrol121p3": "apc",
    "apccontrol121p1": "apc",
    "ilo1": "ilo",
    "ilo2": "ilo",
    "hpilo": "ilo",
    "openipmi": "ipmi",
    "": "manual",
    "unknown": "manual",
    "manualadmin": "manual",
    "manualpcu": "manual",
    "custompcu_uniklu": "manual",
    "pm211-mip": "manual",
    "pm211mip": "manual",
}
"""Model texts of old inventories, in lower case."""


def family_of(text: str) -> Family | None:
    """The family that a record's `family` or an old model text means."""
    word = text.strip().lower()
    return FAMILIES.get(MODELS.get(word, word))


def nearest(word: str, known: Mapping[str, object]) -> str:
    """A hint for a word nobody knows."""
    close = difflib.get_close_matches(word.strip().lower(), known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(filter(None, known))}"


def problems_of(pcu: Pcu) -> Iterator[str]:
    """What is unknown or missing in a record, apart from the value of its credential."""
    family = family_of(pcu.family)
    if family is None:
        hint = nearest(pcu.family, {**FAMILIES, **MODELS})
        yield f"no driver knows the family or model {pcu.family!r}; {hint}"
        return
    for field, value in (("host", pcu.host), ("user", pcu.user), ("credential", pcu.credential)):
        if field in family.needs and not value:
            yield f"the {field} is missing"
    for field, value in (("host", pcu.host), ("user", pcu.user)):
        # A program would take it for an option.
        if value.startswith("-"):
            yield f"the {field} {value!r} begins with a dash"
    yield from unknown_words(pcu, family)


def unknown_words(pcu: Pcu, family: Family) -> Iterator[str]:
    spoken = {transport.name: transport for transport in family.transports}
    for transport in pcu.transports:
        if transport.name not in spoken:
            hint = nearest(transport.name, spoken)
            yield f"{family.name} does not speak {transport.name}; {hint}"
    for option in pcu.options:
        if option not in family.options:
            yield f"{family.name} has no option {option!r}; {nearest(option, family.options)}"
    for quirk in pcu.quirks:
        if quirk not in QUIRKS:
            yield f"unknown quirk {quirk!r}; {nearest(quirk, QUIRKS)}"
    if pcu.options.get("cipher") == "0":
        yield "cipher suite 0 would let anybody in and is not used"
