"""How a unit's relays follow its commands: at once, late, or not at all."""

import asyncio

from plcmon.sim.relay import Relay
from plcmon.sim.units.unit import UnitFaults

REBOOT = 5.0  # seconds between off and on of a unit's own reboot


class Mechanics:
    """The hardware between a command and its relay."""

    def __init__(self, faults: UnitFaults, *, reboot: float = REBOOT) -> None:
        self.reboot = reboot
        self._faults = faults
        self._timers: list[asyncio.TimerHandle] = []

    def obey(self, verb: str, relay: Relay) -> None:
        """Carry out `on`, `off` or `reboot`, unless the unit lies."""
        if self._faults.lies:
            return
        # The unit's own reboot leaves an outlet that was off in the off state.
        if verb == "reboot" and relay.on:
            self._move(relay, False, self._faults.slow)
            self._move(relay, True, self._faults.slow + self.reboot)
        elif verb in ("on", "off"):
            self._move(relay, verb == "on", self._faults.slow)

    def stop(self) -> None:
        """Forget what has not moved yet."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _move(self, relay: Relay, on: bool, delay: float) -> None:
        if delay <= 0:
            relay.switch(on)
            return
        loop = asyncio.get_running_loop()
        self._timers = [timer for timer in self._timers if timer.when() > loop.time()]
        self._timers.append(loop.call_later(delay, relay.switch, on))
