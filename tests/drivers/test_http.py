"""The family that a record describes: what makes a sound description, and what it then does."""

from dataclasses import replace

import pytest

from plcmon.drivers.http import OPTIONS
from plcmon.drivers.registry import by_family, misspelt, problems_of
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import DialogueError, LoginError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey
from plcmon.sim.units import PhpUnit
from tests.drivers.rigs import PHP_OPTIONS, record, relays, web_rig

PCU = Pcu(
    PcuKey("toml:u"),
    SiteKey("s"),
    "u",
    "192.0.2.7",
    "http",
    user="u",
    credential="c",
    options=PHP_OPTIONS,
)


def wrong(**options: str) -> str:
    """What is said of the record with these options instead."""
    named = {name.replace("_", "-"): text for name, text in options.items()}
    return "\n".join(problems_of(replace(PCU, options={**PHP_OPTIONS, **named})))


def test_a_sound_description_has_no_problem() -> None:
    assert not list(problems_of(PCU))


@pytest.mark.parametrize("option", ["test", "on", "off"])
def test_without_three_requests_there_is_no_way(option: str) -> None:
    options = {name: text for name, text in PHP_OPTIONS.items() if name != option}

    assert f"needs the option {option!r}" in "\n".join(problems_of(replace(PCU, options=options)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"on": "FETCH /x"}, "on: 'FETCH' is no method; allowed: GET, POST, PUT, PATCH"),
        ({"on": "GET http://elsewhere/"}, "on: 'http://elsewhere/' is no address"),
        ({"on": "GET /x?p={password}"}, "on: a secret has no place in an address"),
        ({"off": "GET /x?pwd=hunter2&o=1"}, "off: a secret has no place in an address"),
        ({"off": "POST /x pwd=hunter2"}, "off: a secret has no place in a record"),
        ({"off": 'POST /x {"token": "t0p"}'}, "off: a secret has no place in a record"),
        ({"on": "GET /x?o={socket}"}, "on: {socket} is no blank; allowed: {outlet}"),
        ({"on": "GET /" + "x" * 400}, "on: it is longer than 400"),
        ({"test": PHP_OPTIONS["off"]}, "test: it is the request of off"),
        ({"read": PHP_OPTIONS["cycle"]}, "read: it is the request of cycle"),
        ({"off": PHP_OPTIONS["on"]}, "a toggle is not driven"),
        ({"test": "GET /x?o={outlet}"}, "test: it is asked before any outlet is chosen"),
        ({"state": ""}, "one makes no sense without the other"),
        ({"state": "<td>*"}, "state: '<td>*' is neither text around {state} nor the path"),
        ({"state": "*{state}"}, "state: it must begin with text"),
        ({"inside": "*"}, "inside: it must begin with text"),
        ({"on_words": "lit!"}, "on-words: 'lit!' is no list of words"),
        ({"off_words": "running"}, "both hold 'running'"),
        ({"auth": "ntlm"}, "auth: 'ntlm' is unknown; allowed: none, basic"),
        ({"headers": "X-CSRF"}, "headers: 'X-CSRF' is no header"),
        ({"headers": "Cookie: a=b"}, "headers: Cookie is not for a record to set"),
        ({"headers": "X-Api-Key: t0p"}, "credentials go by auth"),
        ({"headers": "X-Page: {password}"}, "credentials go by auth"),
        ({"stat": "x"}, "no option 'stat'; did you mean state?"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(options: dict[str, str], words: str) -> None:
    assert words in wrong(**options)


def test_a_secret_may_be_filled_into_a_body() -> None:
    assert not wrong(on="POST /x pwd={password}&o={outlet}", off='POST /x {"pwd":"{password}"}')


def test_a_word_that_only_looks_like_a_secret_may_stand_in_an_address() -> None:
    assert not wrong(on="GET /x?bypass=1&o={outlet}")


def test_credentials_that_are_asked_for_must_be_there() -> None:
    said = "\n".join(problems_of(replace(PCU, credential="")))

    assert "auth: basic needs a credential" in said


def test_every_option_says_what_it_is_for() -> None:
    assert all(OPTIONS.values())


def test_a_site_of_old_is_described_by_its_model() -> None:
    pcu = replace(PCU, family="CustomPCU_uniklu", options={})

    assert not list(misspelt(pcu))
    assert by_family(pcu).family == "http"
    assert not list(problems_of(by_family(pcu)))


def test_a_model_that_nobody_knows_may_be_described() -> None:
    pcu = replace(PCU, family="PM211-MIP")

    assert by_family(pcu).family == "http"
    assert by_family(replace(pcu, options={})).family == "manual"
    assert not list(misspelt(pcu))


async def test_its_own_cycle_is_offered_where_the_record_tells_it() -> None:
    async with web_rig(PhpUnit, PHP_OPTIONS) as rig, rig.session() as unit:
        assert unit.native_cycle
        await unit.cycle("3")

    assert [row.verb for row in rig.unit.log.destructive()] == ["reboot"]


async def test_a_unit_that_cannot_be_read_is_switched_all_the_same() -> None:
    fed = relays()
    async with PhpUnit(fed, password="pw") as unit:
        pcu = record("CustomPCU_uniklu", "https", unit, user="admin", fingerprint=unit.fingerprint)
        async with web_rig(PhpUnit) as rig:
            rig.pcu, rig.password = by_family(pcu), "pw"
            async with rig.session() as session:
                assert (session.readable, session.native_cycle) == (False, False)
                await session.switch("3", PowerState.OFF)

    assert not fed["3"].on


async def test_a_page_that_says_no_is_believed_with_status_200() -> None:
    options = {**PHP_OPTIONS, "refused": "plab power"}
    async with web_rig(PhpUnit, options) as rig:
        with pytest.raises(LoginError):
            async with rig.session():
                pass


async def test_another_page_is_not_understood() -> None:
    async with web_rig(PhpUnit, {**PHP_OPTIONS, "inside": "Welcome"}) as rig:
        with pytest.raises(DialogueError, match="expected 'Welcome', last saw '200 <h1>plab"):
            async with rig.session():
                pass


async def test_an_outlet_may_have_a_name() -> None:
    async with web_rig(PhpUnit, PHP_OPTIONS) as rig, rig.session() as unit:
        with pytest.raises(NoSuchOutletError):
            await unit.switch("rack a", PowerState.ON)

    assert "> POST /plab-pcu/index.php plabrack a=on" in rig.lines
