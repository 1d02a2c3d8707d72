"""Finer situations than errors.py names, so that a finding needs no reading of sentences."""

import errno
import socket
from typing import ClassVar

from plcmon.errors import RefusedError, UnreachableError, UnsupportedError


class NoSuchOutletError(RefusedError):
    """The unit has no such outlet, or does not show it to this account."""

    code: ClassVar[str] = "no-such-outlet"
    advice: ClassVar[str] = "Correct the outlet in the inventory; nothing was switched."


class DeniedError(RefusedError):
    """The account may log in, but not do this."""

    code: ClassVar[str] = "permission-denied"
    advice: ClassVar[str] = "Give the account the right to control power."


class NotListeningError(UnreachableError):
    """The address answers, the port does not."""

    code: ClassVar[str] = "not-listening"
    advice: ClassVar[str] = "Check the port, and whether the unit's service is switched on."


class NoRouteError(UnreachableError):
    """There is no way to the unit: no address, no route, no common algorithm."""

    code: ClassVar[str] = "no-route"
    advice: ClassVar[str] = "Check the unit's name, address and transports."


class IncompleteError(UnsupportedError):
    """The PCU's record lacks something that its family needs."""

    code: ClassVar[str] = "incomplete"
    advice: ClassVar[str] = "Complete the PCU's record in the inventory."


NO_ROUTE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL})


def unreachable(who: str, doing: str, error: OSError) -> UnreachableError:
    """The situation behind an operating system's word."""
    if isinstance(error, socket.gaierror):
        return NoRouteError(who, doing, "the name does not resolve")
    if isinstance(error, ConnectionRefusedError):
        return NotListeningError(who, doing, "connection refused")
    why = error.strerror or type(error).__name__
    if error.errno in NO_ROUTE:
        return NoRouteError(who, doing, why.lower())
    return UnreachableError(who, doing, why.lower())
