"""A virtual node: a machine behind its ports, fed by relays, cut off or not."""

import asyncio
import socket
from collections.abc import Callable, Sequence

import asyncssh

from plcmon.sim.crew import Crew
from plcmon.sim.layout import NodePlan
from plcmon.sim.machine import GONE, Condition, Conduct, Machine
from plcmon.sim.port import Answers, Port
from plcmon.sim.relay import Relay
from plcmon.sim.shell import Reply, run
from plcmon.sim.sshd import Sshd


class VirtualNode:
    """One node of the layout.

    The supplies of one power path stand side by side, and any of them is enough; the paths stand
    behind one another: a rack PDU and a management processor can each take the power away.
    """

    def __init__(
        self,
        plan: NodePlan,
        machine: Machine,
        paths: Sequence[Sequence[Relay]],
        *,
        host_key: Callable[[int], asyncssh.SSHKey],
        caller: asyncssh.SSHKey,
        boot_seconds: float,
        crew: Crew,
        changed: Callable[[], None],
    ) -> None:
        self.plan = plan
        self.machine = machine
        self.paths = tuple(tuple(path) for path in paths)
        self.dark = False  # the line to it is dead
        self.keys_changed = 0
        self._boot_seconds = boot_seconds
        self._crew = crew
        self._changed = changed
        self._boot_timer: asyncio.TimerHandle | None = None
        self._host_key = host_key
        self._sshd = Sshd(machine, self._key, caller, self._run)
        self._ssh = [Port(a, plan.ssh_port, self._serve) for a in plan.addresses]
        self._ports = [Port(a, number) for a in plan.addresses for number in plan.ports]

    @property
    def conduct(self) -> Conduct:
        """How it looks from outside."""
        return GONE if self.dark else self.machine.conduct

    @property
    def answered(self) -> int:
        """Commands that somebody who logged in gave it."""
        return self._sshd.answered

    @property
    def relays(self) -> tuple[Relay, ...]:
        return tuple(relay for path in self.paths for relay in path)

    def open(self) -> None:
        """Begin to exist on the network. Raises OSError when an address is taken."""
        self._listen()
        self._feel_power(True)
        self._behave()

    def close(self) -> None:
        self._unplug()
        self._forget_boot()
        self._sshd.hang_up()
        for port in (*self._ssh, *self._ports):
            port.close()

    def fall_ill(self, condition: Condition, next_boot: Condition | None = None) -> None:
        """See Machine.fall_ill."""
        if condition is Condition.HOSTKEY and self.machine.condition is not condition:
            self.keys_changed += 1
        self.machine.fall_ill(condition, next_boot)
        self._sshd.change_key()
        self._behave()

    def plug_in(self, paths: Sequence[Sequence[Relay]]) -> None:
        """Feed it by other relays."""
        self._unplug()
        self.paths = tuple(tuple(path) for path in paths)
        self._listen()
        self._feel_power(True)

    def go_dark(self, dark: bool) -> None:
        """Cut or mend the line; the machine itself does not notice."""
        self.dark = dark
        self._behave()

    def _listen(self) -> None:
        for relay in self.relays:
            relay.listeners.append(self._feel_power)

    def _unplug(self) -> None:
        for relay in self.relays:
            relay.listeners.remove(self._feel_power)

    def _feel_power(self, _on: bool) -> None:
        """A relay moved."""
        powered = all(any(relay.on for relay in path) for path in self.paths)
        if powered == self.machine.powered:
            return
        self._forget_boot()
        if powered:
            self.machine.regain_power()
            loop = asyncio.get_running_loop()
            self._boot_timer = loop.call_later(self._boot_seconds, self._boot)
        else:
            self.machine.lose_power()
        self._behave()

    def _boot(self) -> None:
        self._boot_timer = None
        # The kernel's clock starts when it takes over, well before the network answers.
        self.machine.boot(self._now() - self._boot_seconds / 2)
        self._behave()

    def _forget_boot(self) -> None:
        if self._boot_timer is not None:
            self._boot_timer.cancel()
            self._boot_timer = None

    def _behave(self) -> None:
        conduct = self.conduct
        if conduct.ssh is not Answers.OPEN:
            self._sshd.hang_up()
        for port in self._ssh:
            port.become(conduct.ssh)
        for port in self._ports:
            port.become(conduct.ports)
        self._changed()

    def _serve(self, connection: socket.socket) -> None:
        self._crew.send(self._sshd.serve(connection), f"sshd-{self.plan.name}")

    def _run(self, command: str) -> Reply:
        return run(command, self.machine, self._now())

    def _key(self) -> asyncssh.SSHKey:
        """The key it was installed with, or the changed one."""
        strange = self.machine.condition is Condition.HOSTKEY
        return self._host_key(self.keys_changed if strange else 0)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
