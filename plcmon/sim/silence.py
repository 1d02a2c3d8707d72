"""Silence: how a listening socket on loopback can answer nothing, not even with a reset.

The kernel drops a connection attempt when the listener's accept queue is full, and a queue of
length zero is full with one connection in it. So we connect to ourselves and never accept. The
listener stays bound all the while: neither falling silent nor speaking again leaves a gap in which
somebody would meet a closed port. Linux; needs no privileges.
"""

import socket

BACKLOG = 128


def listen_at(host: str, port: int) -> socket.socket:
    """A socket that listens and never blocks. Raises OSError when the address is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def fall_silent(listener: socket.socket) -> socket.socket:
    """Let nobody in any more; returns the connection that fills the queue.

    Whoever already waits to be accepted is turned away first.
    """
    turn_away(listener)
    listener.listen(0)
    filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    filler.connect_ex(listener.getsockname())
    return filler


def speak_again(listener: socket.socket, filler: socket.socket) -> None:
    """Undo `fall_silent`; attempts that are still being repeated will get through."""
    filler.close()
    turn_away(listener)
    listener.listen(BACKLOG)


def turn_away(listener: socket.socket) -> None:
    """Close everything that waits to be accepted."""
    while (connection := accept(listener)) is not None:
        connection.close()


def accept(listener: socket.socket) -> socket.socket | None:
    """The next connection that waits; None when there is none."""
    while True:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return None
        except ConnectionAbortedError:
            continue  # it left before we came to it
        connection.setblocking(False)
        return connection
