"""Sessions: the order of transports, deadlines, and what an incomplete record gets."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.drivers import DriverUnits, finding_of
from plcmon.drivers.situations import IncompleteError
from plcmon.errors import (
    DialogueError,
    LoginError,
    OutcomeUnknownError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.beliefs import Finding
from plcmon.model.intents import PowerState
from plcmon.model.ports import Units
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.rigs import PASSWORD, Purse, Rig, apc_rig, wire
from tests.drivers.wires import played, session_lines

PCU = Pcu(
    PcuKey("toml:pcu-1"),
    SiteKey("s"),
    "pcu-1",
    "127.0.0.1",
    "apc",
    transports=(Transport("telnet", 1),),
    user="apc",
    credential="secret",
)


async def closed_port() -> int:
    async with played([]) as port:
        return port


def with_closed_first(rig: Rig, port: int) -> None:
    closed = Transport("telnet", port)
    rig.pcu = replace(rig.pcu, transports=(closed, *rig.pcu.transports))


async def test_a_transport_that_does_not_answer_leads_to_the_next() -> None:
    async with apc_rig("ssh") as rig:
        with_closed_first(rig, await closed_port())
        async with rig.session() as unit:
            assert await unit.read("3") is PowerState.ON


async def test_a_refused_login_is_not_tried_over_the_next_transport() -> None:
    async with apc_rig("telnet") as rig:
        rig.unit.faults.wrong_password = True
        rig.pcu = replace(rig.pcu, transports=rig.pcu.transports * 2)
        with pytest.raises(LoginError):
            async with rig.session():
                pass

        assert [row.verb for row in rig.unit.log.rows] == ["login"]


async def test_a_link_lost_at_the_command_is_not_tried_over_the_next_transport() -> None:
    async with apc_rig("telnet") as rig:
        rig.pcu = replace(rig.pcu, transports=rig.pcu.transports * 2)
        rig.unit.faults.drop_at = "after-commit"
        with pytest.raises(OutcomeUnknownError):
            async with rig.session() as unit:
                await unit.switch("3", PowerState.OFF)

        assert len(rig.unit.log.destructive()) == 1


async def test_the_error_of_the_last_transport_is_told() -> None:
    ports = [await closed_port(), await closed_port()]
    pcu = replace(PCU, transports=tuple(Transport("telnet", port) for port in ports))

    with pytest.raises(UnreachableError, match="connection refused"):
        async with DriverUnits(Purse(secret="x"), wire()).session(pcu):
            pass


async def test_a_deadline_before_the_command_names_what_was_seen() -> None:
    lines = session_lines("apc.txt")
    stuck = [*lines[: lines.index("> 1")], "> something else"]
    units = DriverUnits(Purse(secret=PASSWORD), wire(timedelta(seconds=1.5)))

    async with played(stuck) as port:
        pcu = replace(PCU, transports=(Transport("telnet", port),))
        async with units.session(pcu) as unit:
            with pytest.raises(DialogueError, match=r"no answer within 1\.5 s") as caught:
                await unit.read("3")

    assert finding_of(caught.value) is Finding.PROMPT_NOT_FOUND


async def test_a_deadline_after_the_command_is_unknown() -> None:
    lines = session_lines("apc.txt")
    stuck = [*lines[: lines.index("> YES") + 1], "> something else"]
    units = DriverUnits(Purse(secret=PASSWORD), wire(timedelta(seconds=4)))

    async with played(stuck) as port:
        pcu = replace(PCU, transports=(Transport("telnet", port),))
        async with units.session(pcu) as unit:
            with pytest.raises(OutcomeUnknownError):
                await unit.switch("3", PowerState.OFF)


async def test_garbage_instead_of_a_unit_is_a_named_error() -> None:
    garbage = ["< " + "\x1b[31m\x07" * 500 for _ in range(100)]
    units = DriverUnits(Purse(secret=PASSWORD), wire())

    async with played(garbage) as port:
        pcu = replace(PCU, transports=(Transport("telnet", port),))
        with pytest.raises((DialogueError, UnreachableError)):
            async with units.session(pcu):
                pass


async def test_a_cancelled_session_lets_the_unit_go() -> None:
    async with apc_rig() as rig:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1), rig.session():
                await asyncio.Event().wait()

        async with rig.session() as unit:
            assert await unit.read("3") is PowerState.ON


async def test_an_incomplete_record_is_not_even_tried() -> None:
    with pytest.raises(IncompleteError, match="the user is missing") as caught:
        async with DriverUnits(Purse(secret="x"), wire()).session(replace(PCU, user="")):
            pass

    assert finding_of(caught.value) is Finding.INCOMPLETE


async def test_a_credential_without_a_value_is_incomplete() -> None:
    units = DriverUnits(Purse(), wire())

    assert units.problems(PCU) == ["credential 'secret' has no value"]
    with pytest.raises(IncompleteError):
        async with units.session(PCU):
            pass


async def test_an_unknown_model_is_unsupported_and_named() -> None:
    with pytest.raises(UnsupportedError, match="APCC0ntrol") as caught:
        async with DriverUnits(Purse(secret="x"), wire()).session(
            replace(PCU, family="APCC0ntrol")
        ):
            pass

    assert finding_of(caught.value) is Finding.UNSUPPORTED


def test_the_drivers_fill_the_port() -> None:
    units: Units = DriverUnits(Purse(secret="x"), wire())

    assert units.problems(PCU) == []
