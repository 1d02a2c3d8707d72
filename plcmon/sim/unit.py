"""A power control unit of the virtual fleet: its server, what ails it, and the line to it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from plcmon.sim.kit import UNITS, Kit
from plcmon.sim.layout import PcuPlan
from plcmon.sim.relay import Relay
from plcmon.sim.units import ApcUnit, CommandLog, IloUnit, IpmiUnit, UnitFaults, VirtualUnit

AILMENTS: Mapping[str, Mapping[str, object]] = {
    "wrong-password": {"wrong_password": True},
    "lies": {"lies": True},  # says yes, moves nothing
    "busy": {"busy": True},
    "hanging": {"hangs_after_login": True},
    "slow": {"slow": 5.0},  # seconds until the relay follows
    "drops-before": {"drop_at": "before-commit"},
    "drops-after": {"drop_at": "after-commit"},
}
"""What can be wrong with a unit, beside being dead; each lasts until it is healed."""


class Post:
    """One unit at its post; `dead` is its own fault, `dark` the line's."""

    def __init__(self, plan: PcuPlan, unit: VirtualUnit, relays: Mapping[str, Relay]) -> None:
        self.plan = plan
        self.unit = unit
        self.relays = relays
        self.dead = False
        self.dark = False
        self.ailments: set[str] = set()

    def fall_ill(self, what: str) -> None:
        """Be `dead` or one of AILMENTS, on top of what is wrong already."""
        if what == "dead":
            self.dead = True
        else:
            self.ailments.add(what)
        self._behave()

    def heal(self) -> None:
        self.dead = False
        self.ailments.clear()
        self._behave()

    def go_dark(self, dark: bool) -> None:
        """Cut or mend the line to it."""
        self.dark = dark
        self._behave()

    def _behave(self) -> None:
        faults, well = self.unit.faults, UnitFaults()
        values = {name: getattr(well, name) for values in AILMENTS.values() for name in values}
        for what in self.ailments:
            values.update(AILMENTS[what])
        values["dead"] = self.dead or self.dark
        for name, value in values.items():
            if getattr(faults, name) != value:
                setattr(faults, name, value)


class OpenLog(CommandLog):
    """A log whose readers are told of each new row."""

    def __init__(self, path: Path, unit: str, changed: Callable[[], None]) -> None:
        super().__init__(path, unit=unit)
        self._changed = changed

    def append(self, verb: str, outlet: str, destructive: bool) -> None:
        super().append(verb, outlet, destructive)
        self._changed()


def build_post(
    plan: PcuPlan,
    relays: Mapping[str, Relay],
    kit: Kit,
    folder: Path,
    changed: Callable[[], None],
) -> Post:
    """The unit that the plan asks for; it serves once its context is entered."""
    log = OpenLog(folder / UNITS / f"{plan.name}.jsonl", plan.name, changed)
    at: Any = {"user": plan.user, "host": plan.host, "port": plan.port, "log": log}
    at["password"] = kit.passwords[plan.name]
    unit: VirtualUnit
    if plan.family == "ilo":
        unit = IloUnit(relays, **at, certificate=kit.certificates[plan.name])
    elif plan.family == "ipmi":
        unit = IpmiUnit(relays, **at)
    else:
        key = kit.host_key(plan.name)
        unit = ApcUnit(relays, **at, layout=plan.menus, transport=plan.transport, host_key=key)
    return Post(plan, unit, relays)
