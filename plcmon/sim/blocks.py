"""Blocks of loopback addresses: one for each fleet that runs on this machine."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from plcmon.sim.layout import control_of
from plcmon.sim.silence import listen_at

FIRST, LAST = 10, 249  # 127.0 is everybody's


def claim_block(wanted: int = 0) -> tuple[int, socket.socket]:
    """Take a block, the wanted one or any that is free, by listening at its control address.

    The block is ours while the socket is open, and free again however we end. Raises OSError.
    """
    if wanted:
        return wanted, _listen(wanted)
    span = LAST - FIRST + 1
    # Fleets that start together begin to look in different places.
    for step in range(span):
        block = FIRST + (os.getpid() + step) % span
        try:
            return block, _listen(block)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, "every block of loopback addresses is taken")


@contextmanager
def borrowed_block() -> Iterator[int]:
    """A free block for as long as the context lasts."""
    block, claim = claim_block()
    with claim:
        yield block


def _listen(block: int) -> socket.socket:
    control = control_of(block)
    return listen_at(control.host, control.port)
