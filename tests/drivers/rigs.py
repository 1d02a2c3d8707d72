"""Rigs: one virtual unit of each kind with the record and the credentials that fit it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from plcmon.drivers import DriverUnits
from plcmon.errors import UnsupportedError
from plcmon.model.policy import Wire
from plcmon.model.ports import Unit
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.sim.relay import Relay
from plcmon.sim.units import (
    AmtUnit,
    ApcCliUnit,
    ApcUnit,
    BayTechUnit,
    DliUnit,
    DracUnit,
    EpowerUnit,
    GudeUnit,
    IloUnit,
    IpalUnit,
    IpmiUnit,
    NetioUnit,
    PhpUnit,
    RedfishPduUnit,
    RedfishUnit,
    ShellyUnit,
    SmashUnit,
    SnmpUnit,
    SocketedUnit,
    TasmotaUnit,
    VirtualUnit,
    WtiUnit,
    write_agent,
    write_ipmitool,
)
from plcmon.sim.units.web import WebUnit

PASSWORD = "Tr0ub4dor&3 <x>"
GENEROUS = timedelta(seconds=15)


class Purse:
    """Secrets by name."""

    def __init__(self, **values: str) -> None:
        self.values = values

    def find(self, name: str) -> str:
        if name not in self.values:
            raise UnsupportedError("credentials", "", f"credential {name!r} has no value")
        return self.values[name]


def wire(step: timedelta = GENEROUS) -> Wire:
    return Wire(tcp_deadline=timedelta(seconds=2), pcu_command=step)


def relays(count: int = 8) -> dict[str, Relay]:
    return {str(outlet): Relay(str(outlet)) for outlet in range(1, count + 1)}


@dataclass
class Rig:
    """A unit that serves, and the way to it."""

    unit: VirtualUnit
    relays: dict[str, Relay]
    pcu: Pcu
    password: str = PASSWORD
    silent_refusal: bool = False  # the device says nothing to a wrong password
    datagrams: bool = False  # no session that anybody could hold, and no link that could be cut
    patience: timedelta = GENEROUS
    lines: list[str] = field(default_factory=list)  # the transcript of every session

    def session(
        self, *, step: timedelta | None = None, password: str | None = None
    ) -> AbstractAsyncContextManager[Unit]:
        purse = Purse(secret=self.password if password is None else password)
        units = DriverUnits(purse, wire(step or self.patience))
        return units.session(self.pcu, transcript=self.lines.append)

    @property
    def relay(self) -> Relay:
        return self.relays["3"]


def record(family: str, transport: str, unit: VirtualUnit, **more: object) -> Pcu:
    pcu = Pcu(
        key=PcuKey("toml:pcu-1"),
        site=SiteKey("princeton"),
        name="pcu-1",
        host=unit.host,
        family=family,
        transports=(Transport(transport, unit.port),),
        credential="secret",
    )
    return replace(pcu, **more)  # type: ignore[arg-type]  # keywords are the record's fields


@asynccontextmanager
async def amt_rig(transport: str = "http", password: str = PASSWORD) -> AsyncIterator[Rig]:
    fed = {"3": Relay("3")}
    async with AmtUnit(fed, password=password, transport=transport) as unit:
        pcu = record("amt", transport, unit, user="admin", fingerprint=unit.fingerprint)
        yield Rig(unit, fed, pcu, password)


@asynccontextmanager
async def apc_rig(
    transport: str = "telnet", layout: str = "13p13", outlets: int = 8
) -> AsyncIterator[Rig]:
    fed = relays(outlets)
    async with ApcUnit(fed, password=PASSWORD, layout=layout, transport=transport) as unit:
        yield Rig(unit, fed, record("apc", transport, unit, user="apc"))


@asynccontextmanager
async def drac_rig(
    transport: str = "ssh", generation: str = "idrac6", *, password: str = PASSWORD
) -> AsyncIterator[Rig]:
    fed = {"3": Relay("3")}
    async with DracUnit(fed, password=password, generation=generation, transport=transport) as unit:
        yield Rig(unit, fed, record("drac", transport, unit, user="root"), password)


@asynccontextmanager
async def ilo_rig() -> AsyncIterator[Rig]:
    fed = {"3": Relay("3")}
    async with IloUnit(fed, password=PASSWORD) as unit:
        pcu = record("ilo", "https", unit, user="Administrator", fingerprint=unit.fingerprint)
        yield Rig(unit, fed, pcu)


@asynccontextmanager
async def redfish_rig(
    transport: str = "https", auth: str = "basic", password: str = PASSWORD
) -> AsyncIterator[Rig]:
    fed = {"3": Relay("3")}
    async with RedfishUnit(fed, password=password, transport=transport) as unit:
        options, pin = {"auth": auth}, unit.fingerprint
        pcu = record("redfish", transport, unit, user="root", fingerprint=pin, options=options)
        yield Rig(unit, fed, pcu, password)


@asynccontextmanager
async def redfish_pdu_rig(auth: str = "basic", password: str = PASSWORD) -> AsyncIterator[Rig]:
    fed = relays()
    async with RedfishPduUnit(fed, password=password, transport="http") as unit:
        options = {"auth": auth}
        pcu = record("redfish-pdu", "http", unit, user="admin", options=options)
        yield Rig(unit, fed, pcu, password)


@asynccontextmanager
async def smash_rig(transport: str = "ssh", kind: str = "ilo2") -> AsyncIterator[Rig]:
    fed = {"3": Relay("3")}
    async with SmashUnit(fed, password=PASSWORD, kind=kind, transport=transport) as unit:
        yield Rig(unit, fed, record("ilo-smash", transport, unit, user="Administrator"))


@asynccontextmanager
async def ipal_rig(
    transport: str = "tcp", *, quirks: tuple[str, ...] = (), password: str = PASSWORD
) -> AsyncIterator[Rig]:
    fed, sleepy = relays(), "wake-up" in quirks
    async with IpalUnit(fed, password=password, transport=transport, sleepy=sleepy) as unit:
        pcu = record("ipal", transport, unit, quirks=quirks)
        yield Rig(unit, fed, pcu, password, silent_refusal=transport == "tcp")


@asynccontextmanager
async def ipmi_rig(folder: Path) -> AsyncIterator[Rig]:
    fed = {"3": Relay("3")}
    program = write_ipmitool(folder / "ipmitool")
    async with IpmiUnit(fed, password=PASSWORD) as unit:
        options = {"program": str(program)}
        yield Rig(unit, fed, record("ipmi", "ipmi", unit, user="admin", options=options))


@asynccontextmanager
async def command_rig(folder: Path) -> AsyncIterator[Rig]:
    fed = relays()
    program = write_agent(folder / "fence_virtual")
    async with SocketedUnit(fed, password=PASSWORD) as unit:
        options = {"program": str(program)}
        yield Rig(unit, fed, record("command", "program", unit, user="admin", options=options))


@asynccontextmanager
async def apc_cli_rig(transport: str = "telnet", password: str = PASSWORD) -> AsyncIterator[Rig]:
    fed = relays()
    async with ApcCliUnit(fed, password=password, transport=transport) as unit:
        yield Rig(unit, fed, record("apc-cli", transport, unit, user="apc"), password)


@asynccontextmanager
async def baytech_rig(
    transport: str = "telnet",
    quirks: tuple[str, ...] = (),
    password: str = PASSWORD,
    **variant: Any,
) -> AsyncIterator[Rig]:
    fed = relays()
    async with BayTechUnit(fed, password=password, transport=transport, **variant) as unit:
        yield Rig(
            unit, fed, record("baytech", transport, unit, user="admin", quirks=quirks), password
        )


@asynccontextmanager
async def wti_rig(
    transport: str = "telnet", outlets: int = 8, password: str = PASSWORD, **variant: Any
) -> AsyncIterator[Rig]:
    fed = relays(outlets)
    async with WtiUnit(fed, password=password, transport=transport, **variant) as unit:
        yield Rig(unit, fed, record("wti", transport, unit, user="admin"), password)


@asynccontextmanager
async def snmp_rig(
    version: str = "2c",
    device: str = "apc-rpdu2",
    *,
    password: str = PASSWORD,
    outlets: int = 8,
    **options: str,
) -> AsyncIterator[Rig]:
    fed = relays(outlets)
    given: dict[str, Any] = {name: options[name] for name in ("auth", "privacy") if name in options}
    async with SnmpUnit(fed, password=password, version=version, device=device, **given) as unit:
        pcu = record("snmp", "snmp", unit, user="admin", options={"version": version, **options})
        silent = version != "3"
        # Nothing but its own time tells that a datagram was lost.
        patience = timedelta(seconds=1.5)
        yield Rig(unit, fed, pcu, password, silent, datagrams=True, patience=patience)


@asynccontextmanager
async def web_rig(
    make: Callable[..., WebUnit],
    options: dict[str, str] | None = None,
    /,
    *,
    outlets: int = 8,
    password: str = PASSWORD,
    **variant: Any,
) -> AsyncIterator[Rig]:
    """A unit of web pages, over the transport that it has by itself."""
    fed = relays(outlets)
    async with make(fed, password=password, **variant) as unit:
        pcu = record(
            unit.family,
            unit.transport,
            unit,
            user="admin",
            fingerprint=unit.fingerprint,
            options=options or {},
        )
        yield Rig(unit, fed, pcu, password)


PHP_PAGE = "/plab-pcu/index.php"
PHP_OPTIONS = {
    "test": f"GET {PHP_PAGE}",
    "inside": "<h1>plab power</h1>",
    "read": f"GET {PHP_PAGE}",
    "state": "<td>plab{outlet}</td><td>{state}</td>",
    "lists": "<h1>plab power</h1>",
    "on-words": "running",
    "off-words": "stopped",
    "on": f"POST {PHP_PAGE} plab{{outlet}}=on",
    "off": f"POST {PHP_PAGE} plab{{outlet}}=off",
    "cycle": f"POST {PHP_PAGE} plab{{outlet}}=restart",
    "accepted": "<h1>plab power</h1>",
    "absent": "no such node",
    "auth": "basic",
}


RIGS: dict[str, Callable[[Path], AbstractAsyncContextManager[Rig]]] = {
    "amt-http": lambda _: amt_rig("http"),
    "amt-https": lambda _: amt_rig("https"),
    "apc-telnet": lambda _: apc_rig("telnet"),
    "apc-ssh": lambda _: apc_rig("ssh"),
    "apc-cli-ssh": lambda _: apc_cli_rig("ssh"),
    "apc-cli-telnet": lambda _: apc_cli_rig("telnet"),
    "baytech-telnet": lambda _: baytech_rig(),
    "baytech-telnet-rpc3": lambda _: baytech_rig(model="RPC-3"),
    "baytech-telnet-rpc28": lambda _: baytech_rig(model="RPC-28", confirms=False),
    "baytech-ssh-ds": lambda _: baytech_rig(
        "ssh", ("ctrl-c",), model="DS-RPC", wakes="\x03", asks_again=True
    ),
    "drac-ssh": lambda _: drac_rig("ssh"),
    "drac-telnet": lambda _: drac_rig("telnet", "drac5"),
    "ilo-https": lambda _: ilo_rig(),
    "ilo-smash-ssh": lambda _: smash_rig("ssh"),
    "ilo-smash-telnet": lambda _: smash_rig("telnet"),
    "ipal-tcp": lambda _: ipal_rig("tcp"),
    "ipal-telnet": lambda _: ipal_rig("telnet"),
    "ipmi-program": ipmi_rig,
    "command-program": command_rig,
    "snmp-v2c": lambda _: snmp_rig(),
    "snmp-v3": lambda _: snmp_rig("3", "sentry3"),
    "redfish-https": lambda _: redfish_rig(),
    "redfish-session": lambda _: redfish_rig("http", "session"),
    "redfish-pdu": lambda _: redfish_pdu_rig(),
    "dli-rest": lambda _: web_rig(DliUnit),
    "dli-status": lambda _: web_rig(DliUnit, kind="status", transport="http"),
    "epowerswitch-cmd": lambda _: web_rig(EpowerUnit, kind="cmd"),
    "epowerswitch-old": lambda _: web_rig(EpowerUnit, kind="old"),
    "epowerswitch-r2": lambda _: web_rig(EpowerUnit, kind="r2"),
    "gude-https": lambda _: web_rig(GudeUnit),
    "http-form": lambda _: web_rig(PhpUnit, PHP_OPTIONS),
    "netio-http": lambda _: web_rig(NetioUnit, transport="http"),
    "shelly-gen1": lambda _: web_rig(ShellyUnit, generation=1),
    "shelly-gen2": lambda _: web_rig(ShellyUnit, generation=2),
    "tasmota-http": lambda _: web_rig(TasmotaUnit),
    "wti-telnet": lambda _: wti_rig("telnet"),
    "wti-telnet-user": lambda _: wti_rig("telnet", model="NPS", asks_user=True, confirms=False),
    "wti-ssh": lambda _: wti_rig("ssh", model="VMR", asks_user=True),
}
