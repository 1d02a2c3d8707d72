"""The families there are, and the words by which inventories call them: data only."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from plcmon.drivers import (
    amt,
    apc,
    apc_cli,
    baytech,
    command,
    dli,
    drac,
    epower,
    gude,
    http,
    ilo,
    ilo_smash,
    ipal,
    ipmi,
    manual,
    netio,
    redfish,
    redfish_pdu,
    shelly,
    snmp,
    tasmota,
    wti,
)
from plcmon.drivers.base import QUIRKS, Family
from plcmon.model.subjects import Pcu

FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        apc.FAMILY,
        apc_cli.FAMILY,
        baytech.FAMILY,
        drac.FAMILY,
        ilo.FAMILY,
        ilo_smash.FAMILY,
        ipal.FAMILY,
        ipmi.FAMILY,
        command.FAMILY,
        amt.FAMILY,
        redfish.FAMILY,
        redfish_pdu.FAMILY,
        wti.FAMILY,
        snmp.FAMILY,
        *epower.FAMILIES,
        shelly.FAMILY,
        tasmota.FAMILY,
        netio.FAMILY,
        dli.FAMILY,
        gude.FAMILY,
        http.FAMILY,
        manual.FAMILY,
    )
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
    "ap8xxx": "apc-cli",
    "ap79xxb": "apc-cli",
    "amt2.5": "amt",
    "amt3.0": "amt",
    "intelamt": "amt",
    "ds4-rpc": "baytech",
    "baytechctrlc": "baytech",
    "baytech5ctrlc": "baytech",
    "baytechctrlcunibe": "baytech",
    "baytechrpc3nc": "baytech",
    "baytechrpc16": "baytech",
    "baytechgeorgetown": "baytech",
    "drac3": "drac",
    "drac4": "drac",
    "drac5": "drac",
    "ilo1": "ilo",
    "ilo2": "ilo",
    "hpilo": "ilo",
    # Once asked through a page that took the password in its address; the unit itself is asked now.
    "hpiloproxy": "ilo",
    "ip-41x_ip-81x": "ipal",
    "openipmi": "ipmi",
    "openipmiproxy": "ipmi",
    "epowerswitch": "epowerswitch-old",
    "epowerswitchold": "epowerswitch-old",
    "epowerswitchnew": "epowerswitch-new",
    "bbsemaverick": "epowerswitch-new",
    "blackboxpsmaverick": "epowerswitch-new",
    "custompcu_uniklu": "http",
    "wti_ips-4": "wti",
    "wtiips4": "wti",
    "": "manual",
    "unknown": "manual",
    "manualadmin": "manual",
    "manualpcu": "manual",
    # It toggles and shows nothing: a command sent twice, or lost, would leave a node dark.
    "x10toggle": "manual",
    # Nobody wrote down what it understands; see TOLD.
    "pm211-mip": "manual",
    "pm211mip": "manual",
}
"""Model texts of old inventories, in lower case."""

TOLD: Mapping[str, str] = {"pm211-mip": "http", "pm211mip": "http"}
"""What a model text means once the record itself says, in its options, how to ask the unit."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What a model text says of a unit besides its family."""

    quirks: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


VARIANTS: Mapping[str, Variant] = {
    "baytechctrlc": Variant(("ctrl-c",)),
    "baytech5ctrlc": Variant(("enter",)),
    "baytechctrlcunibe": Variant(("ctrl-c",), (("pause", "5"),)),
    "baytechgeorgetown": Variant(("first-dropped",)),
    "custompcu_uniklu": Variant(
        options=(
            ("auth", "basic"),
            ("test", "GET /plab-pcu/index.php"),
            ("on", "POST /plab-pcu/index.php plab{outlet}=on"),
            ("off", "POST /plab-pcu/index.php plab{outlet}=off"),
        )
    ),
}
"""By model text, in lower case."""

READ = "read"  # the option that says how an outlet is read, where a family asks the record
PAUSE = re.compile(r"10|[0-9](\.[0-9]{1,3})?")


def family_of(text: str) -> Family | None:
    """The family that a record's `family` or an old model text means."""
    word = text.strip().lower()
    return FAMILIES.get(MODELS.get(word, word))


def family_for(pcu: Pcu) -> Family | None:
    """The family that the whole record means."""
    told = TOLD.get(pcu.family.strip().lower()) if pcu.options else None
    return FAMILIES[told] if told else family_of(pcu.family)


def models_of(family: str) -> list[str]:
    """The old model texts that mean this family."""
    return sorted(text for text, name in MODELS.items() if name == family and text)


def nearest(word: str, known: Mapping[str, object]) -> str:
    """A hint for a word nobody knows."""
    close = difflib.get_close_matches(word.strip().lower(), known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(filter(None, known))}"


def shows_state(pcu: Pcu, family: Family) -> bool:
    """True when an outlet of the unit can be read back: by card, by quirk, by its own request."""
    told = READ not in family.options or READ in pcu.options
    return family.readable and told and "no-state" not in pcu.quirks


def by_family(pcu: Pcu) -> Pcu:
    """The record under its family's own name, with what the family's card says of it.

    An old model text stays as its model.
    """
    family = family_for(pcu)
    if family is None:
        return pcu
    if family.name != pcu.family:
        variant = VARIANTS.get(pcu.family.strip().lower(), Variant())
        pcu = replace(
            pcu,
            family=family.name,
            model=pcu.model or pcu.family,
            quirks=tuple(dict.fromkeys((*variant.quirks, *pcu.quirks))),
            options={**dict(variant.options), **pcu.options},
        )
    return replace(pcu, readable=shows_state(pcu, family))


def misspelt(pcu: Pcu) -> Iterator[tuple[str, str]]:
    """Each field of the record with a word that its family does not have, and what is wrong.

    A model that resembles nothing is no slip of the pen: it is watched, and told as an issue.
    """
    family = family_for(pcu)
    if family is not None:
        yield from unknown_words(by_family(pcu), family)
        return
    near = difflib.get_close_matches(pcu.family.strip().lower(), {**FAMILIES, **MODELS}, n=1)
    if near:
        known = ", ".join(FAMILIES)
        yield "family", f'unknown family "{pcu.family}"; did you mean {near[0]}?; allowed: {known}'


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
    if family.name == "snmp" and pcu.options.get("version") == "3" and not pcu.user:
        yield "the user is missing, and version 3 needs one"
    for field, value in (("host", pcu.host), ("user", pcu.user)):
        # A program would take it for an option.
        if value.startswith("-"):
            yield f"the {field} {value!r} begins with a dash"
    yield from (text for _, text in unknown_words(pcu, family))


def unknown_words(pcu: Pcu, family: Family) -> Iterator[tuple[str, str]]:
    """Field and sentence for each word that the family does not have."""
    for transport in pcu.transports:
        if transport.name not in family.spoken:
            hint = nearest(transport.name, family.spoken)
            yield "transports", f"{family.name} does not speak {transport.name}; {hint}"
    for option in pcu.options:
        if option not in family.options:
            hint = nearest(option, family.options) if family.options else "it has none"
            yield "options", f"{family.name} has no option {option!r}; {hint}"
    for option, words in family.choices.items():
        if (word := pcu.options.get(option)) is not None and word not in words:
            allowed = ", ".join(words)
            yield (
                "options",
                f"the {option} {word!r} is unknown to {family.name}; allowed: {allowed}",
            )
    for quirk in pcu.quirks:
        if quirk not in QUIRKS:
            yield "quirks", f"unknown quirk {quirk!r}; {nearest(quirk, QUIRKS)}"
    for option in sorted(family.required - pcu.options.keys()):
        yield "options", f"{family.name} needs the option {option!r}"
    yield from (("options", sentence) for sentence in family.check(pcu))
    path = pcu.options.get("program", "/")
    if family.name == "command" and not path.startswith("/"):
        yield "options", f"the program {path!r} is no whole path"
    if not PAUSE.fullmatch(pcu.options.get("pause", "0")):
        yield "options", "the pause must be seconds from 0 to 10"
