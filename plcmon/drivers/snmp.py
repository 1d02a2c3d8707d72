"""Power units and switches by SNMP, versions 1, 2c and 3: one SET, and reading for the rest.

Tested:   virtual agents of every table; net-snmp's snmpd and snmpsim in all three versions.
Assumes:  a community or user that may write. The table is the first one that the agent has rows of.
Session:  none; requests are independent of one another.
Source:   the makers' MIBs as public drivers use them, RFC 3621 for PoE. Unchecked: Raritan PX1 and
          Eaton Managed ePDU beyond one source each; whether every old card answers GETNEXT.

An agent says nothing to a wrong community: that is told as silence, and so is a v1 agent that is
asked in 2c. In version 3 a wrong pass phrase is told as such. A read says nothing of the right to
write; that shows at the first SET. A number that is neither on nor off nor on its way is no state.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plcmon.drivers import udp
from plcmon.drivers.base import Call, Control, Family
from plcmon.drivers.situations import IncompleteError, NoSuchOutletError
from plcmon.drivers.snmp_agent import Agent, Codec, Oid, dotted, oid_of
from plcmon.drivers.snmp_tables import TABLES, Table, candidates, within
from plcmon.errors import DialogueError, UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

MODEL = oid_of("1.3.6.1.2.1.1.2.0")  # sysObjectID
STOPPING = 0.5  # seconds between looks at a relay that is on its way
VERSIONS = ("1", "2c", "3")
INSTALL = "pip install 'plcmon[snmp]'"


class Outlets:
    """The outlets of one agent."""

    def __init__(self, call: Call, agent: Agent) -> None:
        self._call = call
        self._agent = agent
        self._table: Table | None = None

    @property
    def seen(self) -> str:
        return self._agent.seen

    async def login(self) -> None:
        """Ask what it is, then for the first row of each table until there is one."""
        doing = "looking for its outlets"
        model = await self._agent.get(MODEL, doing)
        named = self._call.option("table", "")
        tables = [TABLES[named]] if named else list(candidates(model_of(model)))
        for table in tables:
            found = await self._agent.after(table.status, doing)
            if found is not None and within(found[0], table.status):
                self._table = table
                return
        why = f"it has no table of outlets that plcmon knows; it calls itself {model}"
        raise UnsupportedError(self._call.peer, doing, why)

    async def read(self, outlet: str) -> PowerState:
        doing = f"reading outlet {outlet}"
        table, index = self._find(outlet, doing)
        while True:
            value = await self._value(table, index, doing)
            if value not in table.moving:
                break
            await asyncio.sleep(STOPPING)
        if value not in table.shows:
            raise DialogueError.unexpected(
                self._call.peer, doing, expected="on or off", seen=self.seen
            )
        return table.shows[value]

    async def switch(self, outlet: str, state: PowerState) -> None:
        doing = f"switching outlet {outlet} {state.value}"
        table, index = self._find(outlet, doing)
        await self._value(table, index, doing)  # what is not there must not be written
        command = table.on if state is PowerState.ON else table.off
        await self._agent.put((*command.column, *index), command.value, doing)

    async def cycle(self, outlet: str) -> None:
        doing = f"cycling outlet {outlet}"
        raise UnsupportedError(self._call.peer, doing, "its own cycle may leave the outlet off")

    async def logout(self) -> None:
        """There is no session to end."""

    def _find(self, outlet: str, doing: str) -> tuple[Table, Oid]:
        assert self._table is not None
        index = self._table.index(outlet)
        if index is None:
            why = f"{outlet!r} is no outlet of {self._table.name}"
            raise NoSuchOutletError(self._call.peer, doing, why)
        return self._table, index

    async def _value(self, table: Table, index: Oid, doing: str) -> int:
        value = await self._agent.get((*table.status, *index), doing)
        if value is None:
            why = f"it has no outlet {dotted(index)} in {table.name}"
            raise NoSuchOutletError(self._call.peer, doing, why)
        if not isinstance(value, int):
            raise DialogueError.unexpected(
                self._call.peer, doing, expected="a number", seen=self.seen
            )
        return value


def model_of(value: object) -> Oid:
    """The agent's sysObjectID as numbers; empty when it says anything else."""
    text = str(value)
    return oid_of(text) if text.replace(".", "").isascii() and is_oid(text) else ()


def is_oid(text: str) -> bool:
    return all(part.isdigit() and len(part) < 11 for part in text.split("."))


def phrases_of(secret: str) -> tuple[str, str]:
    """Pass phrases for authentication and privacy: two lines, or one for both."""
    first, _, second = secret.partition("\n")
    return first, second or first


async def codec_of(call: Call) -> Codec:
    """How messages are made, by the record's version; pysnmp is loaded here, in a thread."""
    doing = "loading the SNMP library"
    try:
        codecs = await asyncio.to_thread(importlib.import_module, "plcmon.drivers.snmp_codec")
    except ModuleNotFoundError as exc:
        why = f"{exc.name} is not installed; {INSTALL}"
        raise UnsupportedError(call.peer, doing, why) from exc
    version = call.option("version", "2c")
    if version != "3":
        community: Codec = codecs.Community(version, call.password)
        return community
    if not call.pcu.user:
        raise IncompleteError(call.peer, doing, "the user is missing, and version 3 needs one")
    user: Codec = await asyncio.to_thread(
        codecs.User,
        call.pcu.user,
        phrases_of(call.password),
        auth=call.option("auth", "SHA"),
        privacy=call.option("privacy", "AES"),
        context=call.option("context", ""),
    )
    return user


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    codec = await codec_of(call)
    async with udp.connect(call) as datagrams:
        yield Outlets(call, Agent(call, datagrams, codec))


FAMILY = Family(
    name="snmp",
    title="SNMP: APC, Raritan, ServerTech, Eaton, CyberPower, PoE switches",
    transports=(Transport("snmp", 161),),
    connect=connect,
    needs=frozenset({"host", "credential"}),
    options={
        "version": "1, 2c or 3",
        "table": "which table of outlets; without it the agent is asked",
        "auth": "version 3: the hash of the pass phrase",
        "privacy": "version 3: the cipher, or none",
        "context": "version 3: the context",
    },
    choices={
        "version": VERSIONS,
        "table": tuple(TABLES),
        "auth": ("SHA", "MD5", "SHA224", "SHA256", "SHA384", "SHA512"),
        "privacy": ("AES", "DES", "none", "AES192", "AES256", "AES192C", "AES256C"),
    },
    peers="net-snmp's snmpd, snmpsim",
)
