"""Any unit with a shell: logins, refusals, and lines that end the session."""

import pytest

from plcmon.sim.relay import Relay
from plcmon.sim.units.console import Console
from plcmon.sim.units.lines import LineUnit, typed


class Parrot(LineUnit):
    """Says everything back."""

    greeting = ("hello",)

    async def answer(self, line: str) -> tuple[str, ...] | None:
        return None if line == "bye" else (line.upper(),)


class Keys:
    """Keys that were typed in advance, and the screen they made."""

    def __init__(self, text: str) -> None:
        self._keys = [text.encode()[at : at + 1] for at in range(len(text.encode()))]
        self.screen = b""

    async def read(self, count: int) -> bytes:
        return self._keys.pop(0) if self._keys else b""

    def write(self, data: bytes) -> None:
        self.screen += data

    async def drain(self) -> None:
        """Nothing waits."""


async def talk(text: str, *, password: str = "pw") -> tuple[Parrot, str]:
    unit, keys = Parrot({"1": Relay("1")}, password=password), Keys(text)
    await unit.talk(Console(keys, keys), logged_in=False)
    return unit, keys.screen.decode()


async def test_it_prompts_answers_and_lets_go() -> None:
    _, screen = await talk("admin\rpw\rabc\rbye\r")

    assert "hello\r\n$ abc\r\nABC\r\n$ bye" in screen
    assert "pw" not in screen


async def test_it_hangs_up_after_three_wrong_passwords() -> None:
    unit, screen = await talk("admin\rno\r" * 3)

    assert screen.count("Login incorrect") == 3
    assert [row.verb for row in unit.log.rows] == ["login"] * 3


@pytest.mark.parametrize("password", ["päß wört", '100% "it\'s"'])
async def test_any_password_can_be_typed(password: str) -> None:
    _, screen = await talk(f"admin\r{password}\rbye\r", password=password)

    assert "hello" in screen


def test_bytes_of_one_letter_are_one_letter() -> None:
    assert typed("Ã¤") == "ä"
