"""A virtual machine's inside: what is wrong with it, its boots, and what plcmon should see of it.

Pure but for the fresh boot ids: time is handed in as seconds of one clock that never goes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from plcmon.model.readings import Observed
from plcmon.sim.port import Answers


class Condition(StrEnum):
    """What is wrong with a machine that has power and has booted."""

    HEALTHY = "healthy"
    SILENT = "silent"  # hangs so deeply that its network does too
    WEDGED = "wedged"  # the kernel still accepts, nobody is at home
    DEAF = "deaf"  # SSH answers and lets nobody in
    REFUSING = "refusing"  # no service runs: every port resets
    DEBUG = "debug"  # runs from its boot medium
    FIREWALLED = "firewalled"  # SSH is fine, the other ports are filtered
    PORT_CLOSED = "port-closed"  # SSH is fine, the other ports reset
    HOSTKEY = "hostkey"  # shows another host key
    BABBLING = "babbling"  # a megabyte without a newline where a banner should be
    FLOODING = "flooding"  # lets us in and answers with a megabyte
    HANGING = "hanging"  # lets us in and never answers
    DROPPING = "dropping"  # lets us in and drops the link in the middle of the answer


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a machine in one condition behaves."""

    observed: Observed  # what a good observer makes of it
    ssh: Answers = Answers.OPEN
    ports: Answers = Answers.OPEN
    boots_away: bool = True  # a power cycle cures it


CONDUCTS: Mapping[Condition, Conduct] = {
    Condition.HEALTHY: Conduct(Observed.BOOT),
    Condition.SILENT: Conduct(Observed.SILENT, Answers.SILENT, Answers.SILENT),
    Condition.WEDGED: Conduct(Observed.WEDGED, Answers.MUTE, Answers.MUTE),
    Condition.DEAF: Conduct(Observed.DEAF),
    Condition.REFUSING: Conduct(Observed.DEAF, Answers.CLOSED, Answers.CLOSED),
    Condition.DEBUG: Conduct(Observed.DEBUG),
    Condition.FIREWALLED: Conduct(Observed.BOOT, ports=Answers.SILENT, boots_away=False),
    Condition.PORT_CLOSED: Conduct(Observed.BOOT, ports=Answers.CLOSED, boots_away=False),
    Condition.HOSTKEY: Conduct(Observed.DEAF, boots_away=False),
    Condition.BABBLING: Conduct(Observed.WEDGED),
    Condition.FLOODING: Conduct(Observed.DEAF),
    Condition.HANGING: Conduct(Observed.DEAF),
    Condition.DROPPING: Conduct(Observed.DEAF),
}
GONE = CONDUCTS[Condition.SILENT]  # without power, while booting, beyond a dead line


@dataclass(slots=True)
class Machine:
    """One machine. `booted_at` is in seconds of the caller's clock."""

    name: str
    profile: str
    kernel: str
    booted_at: float
    boot_id: str
    boots: int = 0  # since the fleet was started
    powered: bool = True
    booting: bool = False
    condition: Condition = Condition.HEALTHY
    next_boot: Condition | None = None  # None: what a power cycle makes of the condition

    @property
    def conduct(self) -> Conduct:
        """How it behaves now."""
        return CONDUCTS[self.condition] if self.powered and not self.booting else GONE

    @property
    def in_debug(self) -> bool:
        return self.condition is Condition.DEBUG

    def fall_ill(self, condition: Condition, next_boot: Condition | None = None) -> None:
        """Be so from now on, and as `next_boot` says after the next boot; for good if the same."""
        self.condition, self.next_boot = condition, next_boot

    def lose_power(self) -> None:
        self.powered, self.booting = False, False

    def regain_power(self) -> None:
        """Power is back; it answers once `boot` is called."""
        self.powered, self.booting = True, True

    def boot(self, started_at: float) -> None:
        """The kernel took over at `started_at`; new boot, new id."""
        self.booting = False
        self.boots += 1
        self.boot_id = str(uuid4())
        self.booted_at = started_at
        before, self.condition = self.condition, self._after_boot()
        if self.condition is not before:
            self.next_boot = None

    def _after_boot(self) -> Condition:
        if self.next_boot is not None:
            return self.next_boot
        return Condition.HEALTHY if CONDUCTS[self.condition].boots_away else self.condition
