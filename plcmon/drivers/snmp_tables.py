"""Tables of outlets that agents offer: where to read, what to write, what the values mean. Data.

Checked against more than one public source: all of APC's, Raritan PX2, Sentry3, Sentry4, ePDU G3,
CyberPower, PoE (RFC 3621). From one source each: Raritan PX1, Eaton Managed ePDU.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from plcmon.drivers.snmp_agent import Oid, oid_of
from plcmon.model.intents import PowerState

ENTERPRISES = "1.3.6.1.4.1"
OUTLET = re.compile(r"[0-9]{1,5}(\.[0-9]{1,5}){0,2}")


@dataclass(frozen=True, slots=True)
class Command:
    """What is written to switch: a column and a number."""

    column: Oid
    value: int


@dataclass(frozen=True, slots=True)
class Table:
    """One table. An outlet is its index; the front numbers may be left out where they are usual."""

    name: str
    maker: Oid  # the branch in which its units' sysObjectID lies
    status: Oid  # the column that is read
    on: Command
    off: Command
    shows: Mapping[int, PowerState]
    front: Oid = ()  # the usual numbers in front of the outlet's own
    shift: int = 0  # from the number that is printed on the unit to the one in the table
    moving: frozenset[int] = field(default=frozenset())  # shown while the relay is on its way

    def index(self, outlet: str) -> Oid | None:
        """The numbers behind the column; None when it is no outlet of such a table."""
        if not OUTLET.fullmatch(outlet):
            return None
        numbers = oid_of(outlet)
        if not 1 <= len(numbers) <= len(self.front) + 1 or numbers[-1] < 1:
            return None
        missing = self.front[: len(self.front) + 1 - len(numbers)]
        return (*missing, *numbers[:-1], numbers[-1] + self.shift)


def either(*, on: int | tuple[int, ...], off: int | tuple[int, ...]) -> dict[int, PowerState]:
    """What values mean."""
    ons, offs = (on,) if isinstance(on, int) else on, (off,) if isinstance(off, int) else off
    return {**dict.fromkeys(ons, PowerState.ON), **dict.fromkeys(offs, PowerState.OFF)}


def column(maker: str, tail: str) -> Oid:
    return oid_of(f"{maker}.{tail}")


APC, RARITAN, SERVERTECH = f"{ENTERPRISES}.318", f"{ENTERPRISES}.13742", f"{ENTERPRISES}.1718"
EATON, CYBERPOWER, POE = f"{ENTERPRISES}.534", f"{ENTERPRISES}.3808", "1.3.6.1.2.1.105"

RPDU2 = column(APC, "1.1.26.9.2.4.1.5")
RPDU = column(APC, "1.1.12.3.3.1.1.4")
PLUS = column(APC, "1.1.6.5.1.1.5")
MASTERSWITCH = column(APC, "1.1.4.4.2.1.3")
PX2 = column(RARITAN, "6.4.1.2.1.2")
PX1 = column(RARITAN, "4.1.2.2.1.3")
SENTRY4 = column(SERVERTECH, "4.1.8.5.1.2")
SENTRY3 = column(SERVERTECH, "3.2.3.1.11")
MANAGED = column(EATON, "6.6.6.1.2.2.1.3")
CYBER = column(CYBERPOWER, "1.1.3.3.3.1.1.4")
PORT = column(POE, "1.1.1.3")

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        # The newest first: a newer card also answers, in part, for its forerunners.
        Table(
            name="apc-rpdu2",
            maker=oid_of(APC),
            status=column(APC, "1.1.26.9.2.3.1.5"),
            on=Command(RPDU2, 1),
            off=Command(RPDU2, 2),
            shows=either(on=2, off=1),  # the reverse of all its relatives
        ),
        Table(
            name="apc-rpdu",
            maker=oid_of(APC),
            status=column(APC, "1.1.12.3.5.1.1.4"),
            on=Command(RPDU, 1),
            off=Command(RPDU, 2),
            shows=either(on=1, off=2),
        ),
        Table(
            name="apc-masterswitch-plus",
            maker=oid_of(APC),
            status=column(APC, "1.1.6.7.1.1.5"),
            on=Command(PLUS, 1),
            off=Command(PLUS, 3),
            shows=either(on=1, off=2),
            front=(1, 1),
        ),
        Table(
            name="apc-masterswitch",
            maker=oid_of(APC),
            status=MASTERSWITCH,
            on=Command(MASTERSWITCH, 1),
            off=Command(MASTERSWITCH, 2),
            shows=either(on=1, off=2),
            moving=frozenset({3}),
        ),
        Table(
            name="raritan-px2",
            maker=oid_of(RARITAN),
            status=column(RARITAN, "6.4.1.2.1.3"),
            on=Command(PX2, 1),
            off=Command(PX2, 0),
            shows=either(on=7, off=8),
            front=(1,),
        ),
        Table(
            name="raritan-px1",
            maker=oid_of(RARITAN),
            status=PX1,
            on=Command(PX1, 1),
            off=Command(PX1, 0),
            shows=either(on=1, off=0),
            moving=frozenset({2}),
        ),
        Table(
            name="sentry4",
            maker=oid_of(SERVERTECH),
            status=column(SERVERTECH, "4.1.8.3.1.1"),
            on=Command(SENTRY4, 1),
            off=Command(SENTRY4, 2),
            # 0 is "unknown" in the MIB and "off" in some reports: it counts as neither.
            shows=either(on=1, off=2),
            front=(1, 1),
        ),
        Table(
            name="sentry3",
            maker=oid_of(SERVERTECH),
            status=column(SERVERTECH, "3.2.3.1.10"),
            on=Command(SENTRY3, 1),
            off=Command(SENTRY3, 2),
            shows=either(on=(1, 3, 5, 7), off=(0, 2, 4, 6)),
            front=(1, 1),
            moving=frozenset({8, 9, 10, 11}),
        ),
        Table(
            name="eaton-epdu",
            maker=oid_of(EATON),
            status=column(EATON, "6.6.7.6.6.1.2"),
            on=Command(column(EATON, "6.6.7.6.6.1.4"), 0),  # the value is a delay
            off=Command(column(EATON, "6.6.7.6.6.1.3"), 0),
            shows=either(on=1, off=0),
            front=(0,),
            moving=frozenset({2, 3}),
        ),
        Table(
            name="eaton-managed",
            maker=oid_of(EATON),
            status=MANAGED,
            on=Command(MANAGED, 1),
            off=Command(MANAGED, 0),
            shows=either(on=1, off=0),
            shift=-1,
            moving=frozenset({2}),
        ),
        Table(
            name="cyberpower",
            maker=oid_of(CYBERPOWER),
            status=column(CYBERPOWER, "1.1.3.3.5.1.1.4"),
            on=Command(CYBER, 1),
            off=Command(CYBER, 2),
            shows=either(on=1, off=2),
        ),
        # Any maker's switch; read as it is set, since a port without a load delivers nothing.
        Table(
            name="poe",
            maker=oid_of("1.3.6.1.4.1"),
            status=PORT,
            on=Command(PORT, 1),
            off=Command(PORT, 2),
            shows=either(on=1, off=2),
            front=(1,),
        ),
    )
}
"""By name, in the order in which they are looked for."""


def within(oid: Oid, branch: Oid) -> bool:
    return oid[: len(branch)] == branch


def candidates(model: Oid) -> Iterator[Table]:
    """Every table, those of the unit's own maker first; a maker's mark is only a hint."""
    own = [table for table in TABLES.values() if within(model, table.maker)]
    yield from own
    yield from (table for table in TABLES.values() if table not in own)
