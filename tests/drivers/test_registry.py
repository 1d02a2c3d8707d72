"""The table of families, old model texts, and what a record may lack."""

from dataclasses import replace
from pathlib import Path

import pytest

from plcmon.drivers.base import QUIRKS, Family
from plcmon.drivers.registry import (
    FAMILIES,
    MODELS,
    VARIANTS,
    by_family,
    family_of,
    misspelt,
    problems_of,
)
from plcmon.inventory.records import PORTS
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport

PCU = Pcu(
    PcuKey("toml:pcu-1"), SiteKey("s"), "pcu-1", "192.0.2.7", "apc", user="apc", credential="c"
)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("apc", "apc"),
        ("AP79xx", "apc"),
        ("Masterswitch", "apc"),
        ("APCControl121p3", "apc"),
        ("AP8xxx", "apc-cli"),
        ("BayTechCtrlC", "baytech"),
        ("DS4-RPC", "baytech"),
        ("WTI_IPS-4", "wti"),
        ("DRAC5", "drac"),
        ("ilo2", "ilo"),
        ("HPiLO", "ilo"),
        ("HPiLOProxy", "ilo"),
        ("OpenIPMIProxy", "ipmi"),
        ("AMT2.5", "amt"),
        ("IntelAMT", "amt"),
        ("IP-41x_IP-81x", "ipal"),
        ("IPAL", "ipal"),
        ("ipmi", "ipmi"),
        ("OpenIPMI", "ipmi"),
        ("", "manual"),
        ("unknown", "manual"),
        ("PM211-MIP", "manual"),
        ("ePowerSwitch", "epowerswitch-old"),
        ("ePowerSwitchOld", "epowerswitch-old"),
        ("ePowerSwitchNew", "epowerswitch-new"),
        ("bbsemaverick", "epowerswitch-new"),
        ("BlackBoxPSMaverick", "epowerswitch-new"),
        ("CustomPCU_uniklu", "http"),
    ],
)
def test_old_model_texts_have_a_family(text: str, family: str) -> None:
    found = family_of(text)

    assert found is not None
    assert found.name == family


def test_a_toggle_without_a_state_is_left_to_a_person() -> None:
    found = family_of("X10Toggle")

    assert found is FAMILIES["manual"]
    assert not found.readable


def test_every_alias_leads_to_a_family() -> None:
    assert set(MODELS.values()) <= set(FAMILIES)
    assert all(alias == alias.lower() for alias in MODELS)


def test_every_family_is_filed_under_its_name() -> None:
    assert all(name == family.name for name, family in FAMILIES.items())


def test_a_complete_record_has_no_problem() -> None:
    assert not list(problems_of(PCU))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"family": "AP79x"}, "did you mean ap79xx?"),
        ({"family": "zzz"}, "known are apc"),
        ({"host": ""}, "the host is missing"),
        ({"user": ""}, "the user is missing"),
        ({"credential": ""}, "the credential is missing"),
        ({"host": "-oProxyCommand=x"}, "begins with a dash"),
        ({"user": "-U"}, "begins with a dash"),
        ({"transports": (Transport("https", 443),)}, "apc does not speak https"),
        ({"options": {"ciper": "3"}}, "no option 'ciper'"),
        ({"quirks": ("legacy-shh",)}, "did you mean legacy-ssh?"),
        ({"family": "ipmi", "options": {"cipher": "0"}}, "cipher suite 0"),
        ({"family": "baytech", "options": {"pause": "a while"}}, "seconds from 0 to 10"),
        ({"family": "ipmi", "options": {"cypher": "3"}}, "did you mean cipher?"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(change: dict[str, object], words: str) -> None:
    wrong = replace(PCU, **change)  # type: ignore[arg-type]  # keywords are the record's fields

    assert words in "\n".join(problems_of(wrong))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"family": "apcc"}, "family", "did you mean apc?"),
        ({"transports": (Transport("https", 443),)}, "transports", "apc does not speak https"),
        ({"options": {"ciper": "3"}}, "options", "it has none"),
        ({"quirks": ("legacy-shh",)}, "quirks", "did you mean legacy-ssh?"),
    ],
)
def test_a_misspelt_word_is_told_with_its_field(
    change: dict[str, object], field: str, words: str
) -> None:
    wrong = replace(PCU, **change)  # type: ignore[arg-type]  # keywords are the record's fields

    ((where, said),) = misspelt(wrong)

    assert where == field
    assert words in said


def test_a_model_that_nobody_knows_is_no_slip_of_the_pen() -> None:
    assert not list(misspelt(replace(PCU, family="zzz")))


def test_a_record_under_an_old_model_text_stands_under_its_family() -> None:
    found = by_family(replace(PCU, family="AP79xx", model=""))

    assert (found.family, found.model) == ("apc", "AP79xx")
    assert by_family(PCU) == PCU


@pytest.mark.parametrize("alias", VARIANTS)
def test_the_quirks_of_a_model_text_are_words_of_its_family(alias: str) -> None:
    found = by_family(replace(PCU, family=alias))

    assert found.quirks == VARIANTS[alias].quirks
    assert not list(problems_of(found))


def test_the_record_counts_more_than_its_model_text() -> None:
    written = replace(
        PCU, family="BayTechCtrlCUnibe", options={"pause": "2"}, quirks=("legacy-ssh",)
    )

    found = by_family(written)

    assert found.quirks == ("ctrl-c", "legacy-ssh")
    assert found.options == {"pause": "2"}


def test_all_problems_are_told_at_once() -> None:
    assert len(list(problems_of(replace(PCU, host="", user="", quirks=("x",))))) == 3


def test_a_less_safe_transport_is_spoken_where_the_record_says_so() -> None:
    redfish = FAMILIES["redfish"]

    assert "http" in redfish.spoken
    assert "http" not in {transport.name for transport in redfish.transports}
    assert not list(
        problems_of(replace(PCU, family="redfish", transports=(Transport("http", 80),)))
    )


def test_a_person_needs_nothing() -> None:
    assert not list(problems_of(replace(PCU, family="manual", host="", user="", credential="")))


@pytest.fixture
def document() -> str:
    return (Path(__file__).parents[2] / "docs" / "drivers.md").read_text("utf-8").lower()


def test_every_family_alias_option_and_quirk_is_documented(document: str) -> None:
    options = {option for family in FAMILIES.values() for option in family.options}
    words = {*FAMILIES, *MODELS, *options, *QUIRKS} - {""}

    assert not [word for word in sorted(words) if f"`{word}`" not in document]


def test_the_record_says_whether_an_outlet_can_be_read_back() -> None:
    mute = by_family(replace(PCU, quirks=("no-state",)))
    person = by_family(replace(PCU, family="unknown"))

    unasked = by_family(replace(PCU, family="http", options={"on": "GET /on", "off": "GET /off"}))

    assert (by_family(PCU).readable, mute.readable, person.readable) == (True, False, False)
    assert not unasked.readable


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_every_transport_may_be_written_in_an_inventory(family: Family) -> None:
    assert {transport.name for transport in family.transports} <= PORTS.keys()
