"""A unit with a command shell: it prompts, takes a line, answers, and prompts again."""

import asyncio

from plcmon.sim.units.console import Console
from plcmon.sim.units.terminal import TerminalUnit


class LineUnit(TerminalUnit):
    """A family says its words and `answer`."""

    greeting: tuple[str, ...] = ()
    prompt = "$ "
    user_prompt = "login: "
    password_prompt = "Password: "
    refusal = "Login incorrect"
    tries = 3  # wrong passwords before it hangs up

    async def answer(self, line: str) -> tuple[str, ...] | None:
        """The rows that answer `line`; None ends the session."""
        raise NotImplementedError

    async def talk(self, console: Console, *, logged_in: bool) -> None:
        if not logged_in and not await self._login(console):
            return
        if self.faults.hangs_after_login:
            await console.silence()
        rows: tuple[str, ...] | None = self.greeting
        while rows is not None:
            if self.faults.dead:
                await console.silence()
            # In two pieces, as a busy controller does.
            await console.write("".join(f"{row}\r\n" for row in rows))
            await asyncio.sleep(0)
            await console.write(self.prompt)
            rows = await self.answer(await console.line())

    async def _login(self, console: Console) -> bool:
        for _ in range(self.tries):
            await console.write(f"\r\n{self.user_prompt}")
            user = await console.line()
            await console.write(self.password_prompt)
            if self.accepts(typed(user), typed(await console.line(echo=""))):
                return True
            await console.write(f"{self.refusal}\r\n")
        return False


def typed(line: str) -> str:
    """A line as its typist meant it: keys arrive as bytes of UTF-8."""
    return line.encode("latin-1").decode("utf-8", "replace")
