"""What SNMP units of each make show, written down from the unit's side: numbers and their places.

Apart from the drivers' tables on purpose: a slip of the pen on either side is then seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Device:
    """`{}` stands for the outlet's number in the table."""

    model: str  # sysObjectID
    shows: str  # where the state is read
    on: int
    off: int
    obeys: Mapping[str, Mapping[int, str]]  # where something is written -> number -> verb
    front: str = ""  # what a person leaves out in front of an outlet's number
    first: int = 1  # the number of outlet 1 in the table
    others: Mapping[str, int] = field(default_factory=dict)  # other rows of the same branch


def written(where: str, on: int, off: int, reboot: int) -> dict[str, dict[int, str]]:
    """One place for all verbs."""
    return {where: {on: "on", off: "off", reboot: "reboot"}}


APC = "1.3.6.1.4.1.318.1"
DEVICES: Mapping[str, Device] = {
    "apc-rpdu2": Device(
        model=f"{APC}.3.4.5",
        shows=f"{APC}.1.26.9.2.3.1.5.{{}}",
        on=2,
        off=1,
        obeys=written(f"{APC}.1.26.9.2.4.1.5.{{}}", on=1, off=2, reboot=3),
        others={f"{APC}.1.12.1.7.0": 8, f"{APC}.1.26.9.2.3.1.6.1": 2},
    ),
    "apc-rpdu": Device(
        model=f"{APC}.3.4.4",
        shows=f"{APC}.1.12.3.5.1.1.4.{{}}",
        on=1,
        off=2,
        obeys=written(f"{APC}.1.12.3.3.1.1.4.{{}}", on=1, off=2, reboot=3),
        others={f"{APC}.1.4.1.4.0": 0},
    ),
    "apc-masterswitch-plus": Device(
        model=f"{APC}.3.4.6",
        shows=f"{APC}.1.6.7.1.1.5.1.1.{{}}",
        on=1,
        off=2,
        obeys=written(f"{APC}.1.6.5.1.1.5.1.1.{{}}", on=1, off=3, reboot=5),
        front="1.1.",
    ),
    "apc-masterswitch": Device(
        model=f"{APC}.3.4.2",
        shows=f"{APC}.1.4.4.2.1.3.{{}}",
        on=1,
        off=2,
        obeys=written(f"{APC}.1.4.4.2.1.3.{{}}", on=1, off=2, reboot=3),
    ),
    "raritan-px2": Device(
        model="1.3.6.1.4.1.13742.6",
        shows="1.3.6.1.4.1.13742.6.4.1.2.1.3.1.{}",
        on=7,
        off=8,
        obeys=written("1.3.6.1.4.1.13742.6.4.1.2.1.2.1.{}", on=1, off=0, reboot=2),
        front="1.",
    ),
    "raritan-px1": Device(
        model="1.3.6.1.4.1.13742.4",
        shows="1.3.6.1.4.1.13742.4.1.2.2.1.3.{}",
        on=1,
        off=0,
        obeys=written("1.3.6.1.4.1.13742.4.1.2.2.1.3.{}", on=1, off=0, reboot=2),
    ),
    "sentry4": Device(
        model="1.3.6.1.4.1.1718.4",
        shows="1.3.6.1.4.1.1718.4.1.8.3.1.1.1.1.{}",
        on=1,
        off=2,
        obeys=written("1.3.6.1.4.1.1718.4.1.8.5.1.2.1.1.{}", on=1, off=2, reboot=3),
        front="1.1.",
    ),
    "sentry3": Device(
        model="1.3.6.1.4.1.1718.3",
        shows="1.3.6.1.4.1.1718.3.2.3.1.10.1.1.{}",
        on=5,
        off=4,
        obeys=written("1.3.6.1.4.1.1718.3.2.3.1.11.1.1.{}", on=1, off=2, reboot=3),
        front="1.1.",
    ),
    "eaton-epdu": Device(
        model="1.3.6.1.4.1.534.6.6.7",
        shows="1.3.6.1.4.1.534.6.6.7.6.6.1.2.0.{}",
        on=1,
        off=0,
        obeys={
            "1.3.6.1.4.1.534.6.6.7.6.6.1.3.0.{}": {0: "off"},
            "1.3.6.1.4.1.534.6.6.7.6.6.1.4.0.{}": {0: "on"},
            "1.3.6.1.4.1.534.6.6.7.6.6.1.5.0.{}": {0: "reboot"},
        },
        front="0.",
    ),
    "eaton-managed": Device(
        model="1.3.6.1.4.1.534.6.6.6",
        shows="1.3.6.1.4.1.534.6.6.6.1.2.2.1.3.{}",
        on=1,
        off=0,
        obeys=written("1.3.6.1.4.1.534.6.6.6.1.2.2.1.3.{}", on=1, off=0, reboot=2),
        first=0,
    ),
    "cyberpower": Device(
        model="1.3.6.1.4.1.3808.1.1.3",
        shows="1.3.6.1.4.1.3808.1.1.3.3.5.1.1.4.{}",
        on=1,
        off=2,
        obeys=written("1.3.6.1.4.1.3808.1.1.3.3.3.1.1.4.{}", on=1, off=2, reboot=3),
    ),
    "poe": Device(
        model="1.3.6.1.4.1.9.1.1208",
        shows="1.3.6.1.2.1.105.1.1.1.3.1.{}",
        on=1,
        off=2,
        obeys={"1.3.6.1.2.1.105.1.1.1.3.1.{}": {1: "on", 2: "off"}},
        front="1.",
    ),
}
