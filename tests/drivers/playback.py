"""Plays a recorded session to a driver."""

from plcmon.drivers import DriverUnits
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.rigs import PASSWORD, Purse, wire
from tests.drivers.wires import played


async def switch_off(family: str, lines: list[str], **more: object) -> None:
    """Switch outlet 3 off at a unit that says these lines over telnet and then hangs up."""
    units = DriverUnits(Purse(secret=PASSWORD), wire())
    async with played(lines) as port:
        pcu = Pcu(
            key=PcuKey("toml:pcu-1"),
            site=SiteKey("princeton"),
            name="pcu-1",
            host="127.0.0.1",
            family=family,
            transports=(Transport("telnet", port),),
            user="admin",
            credential="secret",
            **more,  # type: ignore[arg-type]  # keywords are the record's fields
        )
        async with units.session(pcu) as unit:
            await unit.switch("3", PowerState.OFF)
