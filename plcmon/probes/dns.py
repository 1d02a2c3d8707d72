"""DNS: does a node's name still lead to the addresses that the inventory has?

Asked of the resolvers of this machine by c-ares, which has one thread for all lookups. Only an
answer counts: a resolver that is silent or fails says nothing of the node.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

from plcmon.model.events import DnsChecked
from plcmon.model.subjects import Node
from plcmon.probes.tcp import NoEvidenceError, is_ipv4

if TYPE_CHECKING:
    import aiodns

MOST_NAMED = 4  # addresses in a sentence
TRIES = 2
NO_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY})
INSTALL = "install plcmon[dns]"


class Resolver:
    """Looks names up; open while it is entered.

    `servers`, as `address:port`, stand in for those of this machine.
    """

    def __init__(self, servers: Sequence[str] = (), *, library: str = "aiodns") -> None:
        self.why_not = ""  # the sentence for an operator when nothing can be asked
        self._servers = servers
        self._library = library
        self._asks: aiodns.DNSResolver | None = None

    async def __aenter__(self) -> "Resolver":
        if find_spec(self._library) is None:
            self.why_not = INSTALL
            return self
        import aiodns

        servers = list(self._servers) or None
        self._asks = aiodns.DNSResolver(timeout=2.0, tries=TRIES, rotate=True, servers=servers)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._asks is not None:
            await self._asks.close()
            self._asks = None

    @property
    def is_open(self) -> bool:
        return self._asks is not None

    async def addresses(self, name: str, kind: str) -> frozenset[str]:
        """The records of a kind, `A` or `AAAA`; none: the name does not exist, or has none.

        Raises NoEvidenceError when no resolver answered that.
        """
        if self._asks is None:
            raise NoEvidenceError(name, "looking up its name", self.why_not or "not open")
        from aiodns import error

        try:
            found = await self._asks.query_dns(name, kind)
        except error.DNSError as failure:
            code, *why = failure.args
            if code in (error.ARES_ENOTFOUND, error.ARES_ENODATA):
                return frozenset()
            sentence = str(why[0]) if why else str(code)
            raise NoEvidenceError(name, "looking up its name", sentence) from failure
        except ValueError as failure:  # no name that could be asked at all
            raise NoEvidenceError(name, "looking up its name", str(failure)) from failure
        texts = (getattr(record.data, "addr", "") for record in found.answer)
        return frozenset(text for text in texts if text and is_ipv4(text) == (kind == "A"))


async def addresses_here(name: str, deadline: timedelta) -> tuple[str, ...]:
    """What connecting to a name would try, hosts file included, the best first.

    None: there is no such name. An address is its own. Raises NoEvidenceError where the resolver
    does not answer.
    """
    if ":" in name or is_ipv4(name):
        return (name,)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            try:
                found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            except socket.gaierror as error:
                if error.errno in NO_NAME:
                    return ()
                raise NoEvidenceError(name, "looking up its name", str(error.strerror)) from error
            except UnicodeError as error:  # no name that could be asked at all
                raise NoEvidenceError(name, "looking up its name", str(error)) from error
    except TimeoutError as error:
        raise NoEvidenceError(name, "looking up its name", "the resolver is silent") from error
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


async def check_name(
    node: Node, resolver: Resolver, *, inside: bool | None, deadline: timedelta
) -> DnsChecked:
    """One round over a node's name, addresses and its own resolver.

    Only kinds of address that the inventory has are compared. `inside`: whether the node itself
    could look names up, where its profile asks. Raises NoEvidenceError.
    """
    found: set[str] = set()
    wanted = frozenset(node.addresses)
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            for kind in sorted({"A" if is_ipv4(address) else "AAAA" for address in wanted}):
                found |= await resolver.addresses(node.hostname, kind)
    except TimeoutError as error:
        raise NoEvidenceError(
            node.hostname, "looking up its name", "the resolver is silent"
        ) from error
    wrong = disagreement(node.hostname, wanted, found)
    if inside is False:
        wrong.append("the node itself cannot look names up")
    return DnsChecked(not wrong, "; ".join(wrong))


def disagreement(name: str, wanted: Iterable[str], found: Iterable[str]) -> list[str]:
    """In a sentence; none where both are the same addresses."""
    wanted, found = set(wanted), set(found)
    if wanted == found:
        return []
    if not found:
        return [f"{name} has no address in DNS; the inventory says {listed(wanted)}"]
    return [f"{name} is {listed(found)} in DNS; the inventory says {listed(wanted)}"]


def listed(addresses: Iterable[str]) -> str:
    first = sorted(addresses)
    return ", ".join(first[:MOST_NAMED]) + (" and more" if len(first) > MOST_NAMED else "")
