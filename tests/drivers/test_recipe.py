"""Recipes: requests and answers, the one request that switches, and what is never told."""

import asyncio
import contextlib
from dataclasses import replace
from typing import NamedTuple

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from plcmon.drivers import epower, netio, shelly, tasmota
from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.https import Answer
from plcmon.drivers.mask import MASK, Mask
from plcmon.drivers.recipe import Appliance, Recipe, Request, Shown
from plcmon.drivers.situations import DeniedError, NoSuchOutletError
from plcmon.errors import DeviceError, DialogueError, OutcomeUnknownError, RefusedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.sim.units import (
    DliUnit,
    EpowerUnit,
    GudeUnit,
    NetioUnit,
    PhpUnit,
    ShellyUnit,
    TasmotaUnit,
)
from plcmon.sim.units.web import WebUnit
from tests.drivers.proxy import BadLine, bad_line
from tests.drivers.rigs import PHP_OPTIONS, Rig, web_rig

HARD = "p a\"s's&%41+/ü<\\{outlet}"


def test_a_request_is_one_line() -> None:
    request = Request.of("POST /x?o={outlet} user={user}&o={outlet}")

    assert request == ("POST", "/x?o={outlet}", "user={user}&o={outlet}")
    assert request.filled({"outlet": "a b/&", "user": "ü"}) == (
        "POST",
        "/x?o=a%20b%2F%26",
        "user=%C3%BC&o=a+b%2F%26",
    )


def test_a_body_of_json_is_filled_as_json() -> None:
    request = Request.of('POST /x {"p":"{password}"}').filled({"password": 'a"\\'})

    assert request.body == '{"p":"a\\"\\\\"}'
    assert request.kind == "application/json"


@pytest.mark.parametrize(
    ("word", "state"),
    [("ON", PowerState.ON), ("0", PowerState.OFF), ("2", PowerState.UNKNOWN), ("x", None)],
)
def test_a_word_is_a_state(word: str, state: PowerState | None) -> None:
    assert Shown("x{state}", between=("2",)).state(word) is state


@pytest.mark.parametrize(
    ("digits", "outlet", "word"),
    [("81", "1", "1"), ("81", "2", "0"), ("81", "8", "1"), ("81", "9", None), ("zz", "1", None)],
)
def test_a_bit_is_a_word(digits: str, outlet: str, word: str | None) -> None:
    values = {"outlet": outlet, "index": str(int(outlet) - 1)}

    assert Shown("s={state}", bits=True).word(f"s={digits}", values) == word


class Witness:
    """Makes units that keep the address of every request."""

    def __init__(self, kind: type[WebUnit]) -> None:
        self.addresses: list[str] = []
        witness = self

        class Watched(kind):  # type: ignore[valid-type, misc]  # a class by argument
            async def answer(self, request: web.Request) -> web.StreamResponse:
                witness.addresses.append(request.raw_path)
                return await super().answer(request)  # type: ignore[no-any-return]

        self.make = Watched


KINDS: list[tuple[type[WebUnit], dict[str, str]]] = [
    (DliUnit, {}),
    (GudeUnit, {}),
    (NetioUnit, {}),
    (PhpUnit, {}),
    (ShellyUnit, {}),
    (TasmotaUnit, {}),
    (EpowerUnit, {"kind": "cmd"}),
    (EpowerUnit, {"kind": "old"}),
    (EpowerUnit, {"kind": "hidden"}),
]


@pytest.mark.parametrize(("kind", "variant"), KINDS)
async def test_any_password_lets_in_and_is_in_no_address(
    kind: type[WebUnit], variant: dict[str, str]
) -> None:
    witness = Witness(kind)
    options = PHP_OPTIONS if kind is PhpUnit else {}
    variant = {"transport": "http", **variant}
    async with (
        web_rig(witness.make, options, password=HARD, **variant) as rig,
        rig.session() as unit,
    ):
        await unit.switch("3", PowerState.OFF)
        assert await unit.read("3") is PowerState.OFF

    told = "\n".join([*witness.addresses, *rig.lines])
    assert witness.addresses
    assert not [form for form in (HARD, "p%20a", "p+a", "p a") if form in told]


async def heard_by(rig: Rig, line: BadLine) -> DeviceError | None:
    async with bad_line(rig, line):
        try:
            async with rig.session() as unit:
                await unit.switch("3", PowerState.OFF)
        except DeviceError as error:
            return error
    return None


@pytest.mark.parametrize("kind", [GudeUnit, ShellyUnit, EpowerUnit])
async def test_wherever_the_link_is_cut_the_command_leaves_once(kind: type[WebUnit]) -> None:
    async with web_rig(kind, transport="http") as rig:
        whole = BadLine()
        assert await heard_by(rig, whole) is None
        for cut in range(0, len(whole.heard), 41):
            rig.relay.on = True
            rig.unit.log.rows.clear()
            error = await heard_by(rig, BadLine(cut_after=cut))
            sent = len(rig.unit.log.destructive())

            assert sent <= 1
            assert isinstance(error, OutcomeUnknownError) or not sent or error is None


class Stubborn(NetioUnit):
    """Answers every command with one status."""

    status = 500

    async def page(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.Response(status=self.status, headers={"Location": "/"}, text="no way")
        return await super().page(request)


@pytest.mark.parametrize(
    ("status", "situation"),
    [
        (302, OutcomeUnknownError),
        (500, OutcomeUnknownError),
        (400, RefusedError),
        (403, DeniedError),
        (200, OutcomeUnknownError),
    ],
)
async def test_what_a_status_means_after_the_command(
    status: int, situation: type[DeviceError]
) -> None:
    class Answering(Stubborn):
        pass

    Answering.status = status
    async with web_rig(Answering) as rig, rig.session() as unit:
        with pytest.raises(situation) as caught:
            await unit.switch("3", PowerState.ON)

    assert type(caught.value) is situation


@pytest.mark.parametrize("outlet", ["0", "", "all", "-1", "3&p=4", "٣"])
async def test_what_is_no_number_is_no_outlet(outlet: str) -> None:
    async with web_rig(GudeUnit, transport="http") as rig, rig.session() as unit:
        with pytest.raises(NoSuchOutletError):
            await unit.switch(outlet or "00", PowerState.OFF)

    assert not rig.unit.log.destructive()


async def test_a_page_that_echoes_what_it_was_shown_tells_no_secret() -> None:
    class Echo(PhpUnit):
        async def page(self, request: web.Request) -> web.StreamResponse:
            shown = request.headers["Authorization"]
            return web.Response(text=f"{shown}\r\n{self.password}\r\n{await request.text()}")

    async with web_rig(Echo, {**PHP_OPTIONS, "inside": "Basic"}) as rig, rig.session():
        pass

    (shown,) = (line for line in rig.lines if line.startswith("< Basic"))
    assert shown == f"< Basic {MASK}"


class Said(NamedTuple):
    """One answer to every request."""

    answer: Answer

    async def send(self, *request: object, **more: object) -> Answer:
        return self.answer


@given(
    st.sampled_from([200, 204, 302, 401, 404, 500]),
    st.text(alphabet=st.sampled_from('{}"<>:=,[] \r\npwONsocket(1M0:O3'), max_size=200),
    st.sampled_from([*epower.PAGES, epower.R2, netio.RECIPE, shelly.GEN1, tasmota.RECIPE]),
)
def test_whatever_a_unit_says_becomes_a_state_or_a_situation(
    status: int, text: str, recipe: Recipe
) -> None:
    told: list[str] = []
    pcu = Pcu(PcuKey("toml:u"), SiteKey("s"), "u", "192.0.2.7", "http", user="admin")
    transport = Transport("http", 80)
    call = Call(pcu, transport, RememberedKeys(), told.append, "pwON", Mask("pwON"))
    unit = Appliance(call, Said(Answer(status, text)), (recipe,))

    async def live() -> None:
        for step in (unit.login(), unit.read("3"), unit.switch("3", PowerState.OFF)):
            with contextlib.suppress(DeviceError):
                await step

    asyncio.run(live())
    assert not [line for line in told if "pwON" in line or not line.isprintable()]


async def test_a_family_met_at_another_units_address_is_not_understood() -> None:
    async with web_rig(GudeUnit, transport="http") as rig:
        rig.pcu = replace(rig.pcu, family="netio")
        with pytest.raises(DialogueError, match="it answers 404"):
            async with rig.session():
                pass
