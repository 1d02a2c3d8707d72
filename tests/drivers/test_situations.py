"""What the system's words become."""

import errno
import socket

import pytest

from plcmon.drivers.situations import NoRouteError, NotListeningError, unreachable
from plcmon.errors import UnreachableError


@pytest.mark.parametrize(
    ("error", "situation"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), NotListeningError),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), NoRouteError),
        (OSError(errno.EHOSTUNREACH, "No route to host"), NoRouteError),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), UnreachableError),
        (ConnectionResetError(), UnreachableError),
    ],
)
def test_a_system_error_is_the_fitting_situation(error: OSError, situation: type) -> None:
    found = unreachable("pcu-1", "connecting", error)

    assert type(found) is situation
    assert str(found).startswith("pcu-1: connecting: ")
    assert found.why
