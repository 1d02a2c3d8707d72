"""Any terminal unit: one caller at a time, and a command is written down before it is obeyed."""

import asyncio

import pytest

from plcmon.sim.relay import Relay
from plcmon.sim.units.console import Console, GoneError
from plcmon.sim.units.terminal import TerminalUnit


class Greeter(TerminalUnit):
    """Says hello and stays."""

    family = "greeter"
    denied = ("One at a time.",)

    async def talk(self, console: Console, *, logged_in: bool) -> None:
        await console.write("hello\r\n")
        await console.silence()


def make_unit() -> Greeter:
    return Greeter({"1": Relay("1")}, password="pw")


async def hear(unit: Greeter, word: bytes) -> tuple[asyncio.StreamWriter, bytes]:
    reader, writer = await asyncio.open_connection(unit.host, unit.port)
    async with asyncio.timeout(10):
        return writer, await reader.readuntil(word)


async def test_a_second_caller_is_told_so() -> None:
    async with make_unit() as unit:
        first, _ = await hear(unit, b"hello")

        second, said = await hear(unit, b"time.")

        assert b"hello" not in said
        for writer in (first, second):
            writer.close()


async def test_a_command_is_written_down_and_obeyed() -> None:
    unit = make_unit()

    await unit.act("off", unit.relays["1"])

    assert not unit.relays["1"].on
    assert [(row.verb, row.destructive) for row in unit.log.rows] == [("off", True)]


@pytest.mark.parametrize(("when", "written"), [("before-commit", 0), ("after-commit", 1)])
async def test_the_link_dies_around_a_command(when: str, written: int) -> None:
    unit = make_unit()
    unit.faults.drop_at = when

    with pytest.raises(GoneError):
        await unit.act("off", unit.relays["1"])

    assert len(unit.log.destructive()) == written


def test_a_login_is_judged_and_written_down() -> None:
    unit = make_unit()

    assert [unit.accepts("admin", "pw"), unit.accepts("admin", "no")] == [True, False]
    assert [row.verb for row in unit.log.rows] == ["login", "login"]
