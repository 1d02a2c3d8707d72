"""Where a PCU's name leads: looked up before each session, held against where it led before.

A name that leads elsewhere may lead to another machine's unit, which would get our password and
our commands; so nobody goes there until a person says that it is the same unit.
"""

from collections.abc import Awaitable, Callable

from plcmon.drivers.registry import family_of
from plcmon.drivers.situations import NoRouteError
from plcmon.model.events import DnsChecked
from plcmon.model.ports import Inbox
from plcmon.model.replacing import replace
from plcmon.model.state import State
from plcmon.model.subjects import Pcu, pcu_subject
from plcmon.probes.dns import listed
from plcmon.probes.tcp import NoEvidenceError

DOING = "looking up its name"
BY_NAME = frozenset({"http", "https"})  # the unit is told its name; a certificate is for it

Lookup = Callable[[str], Awaitable[tuple[str, ...]]]
"""The addresses of a name, the best first; an address is its own. Raises NoEvidenceError."""


async def as_named(host: str) -> tuple[str, ...]:
    """Where nothing is looked up."""
    return (host,)


class Whereabouts:
    """Finds PCUs whose record has a name; what is remembered is in the belief of each."""

    def __init__(self, lookup: Lookup, *, inbox: Inbox, state: State) -> None:
        self._lookup = lookup
        self._inbox = inbox
        self._state = state

    async def find(self, pcu: Pcu) -> tuple[Pcu, tuple[str, ...]]:
        """The record to open a session with, and where its name leads; nothing for an address.

        While the resolver is silent it is found where it was. Raises NoRouteError.
        """
        known = self._known(pcu)
        try:
            found = await self._lookup(pcu.host) if pcu.host else ()
        except NoEvidenceError as error:
            if not known:
                raise NoRouteError(pcu.name, DOING, error.why) from error
            found = known
        if found == (pcu.host,) or not pcu.host:
            return pcu, ()
        if not found:
            raise NoRouteError(pcu.name, DOING, f"{pcu.host} has no address in DNS")
        same = [address for address in found if address in known]
        if known and not same:
            raise NoRouteError(pcu.name, DOING, await self._tell_moved(pcu, known, found))
        return at_address(pcu, (same or found)[0]), found

    async def met(self, pcu: Pcu, found: tuple[str, ...]) -> None:
        """A session was opened there: remember it, and end what was told of a move."""
        belief = self._state.pcus.get(pcu.key)
        moved = belief is not None and belief.dns is not None
        if found and (moved or not self._known(pcu)):
            await self._inbox.tell(pcu_subject(pcu.key), DnsChecked(True, addresses=found))

    def _known(self, pcu: Pcu) -> tuple[str, ...]:
        belief = self._state.pcus.get(pcu.key)
        return belief.addresses if belief is not None else ()

    async def _tell_moved(self, pcu: Pcu, known: tuple[str, ...], found: tuple[str, ...]) -> str:
        """The sentence; it is a fact of each round, like any other disagreement."""
        why = (
            f"{pcu.host} leads to {listed(found)} now, and led to {listed(known)} before;"
            " `re-arm` where it is the same unit"
        )
        await self._inbox.tell(pcu_subject(pcu.key), DnsChecked(False, why))
        return why


def at_address(pcu: Pcu, address: str) -> Pcu:
    """The record with the address that was looked at; by its name where the unit is told that."""
    family = family_of(pcu.family)
    ways = pcu.transports or (family.transports if family is not None else ())
    if any(way.name in BY_NAME for way in ways):
        return pcu
    return replace(pcu, host=address)
