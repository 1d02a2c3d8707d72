"""systemd's notification protocol (sd_notify(3)): ready, reloading, stopping, status, watchdog."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from plcmon.times import Clock

MOST_BYTES = 4096  # of one notification; systemd reads no more


class Notifier:
    """Tells the service manager how we are; without one, every call does nothing."""

    def __init__(self, env: Mapping[str, str], clock: Clock) -> None:
        self._address = address_of(env.get("NOTIFY_SOCKET", ""))
        self._clock = clock

    @property
    def is_heard(self) -> bool:
        """True when a service manager listens."""
        return self._address is not None

    def ready(self, status: str = "") -> bool:
        return self.send("READY=1", f"STATUS={status}")

    def reloading(self, status: str = "reloading") -> bool:
        """Say that a reload began; `ready` ends it."""
        moment = round(self._clock.monotonic() * 1_000_000)
        return self.send("RELOADING=1", f"MONOTONIC_USEC={moment}", f"STATUS={status}")

    def stopping(self, status: str = "stopping") -> bool:
        return self.send("STOPPING=1", f"STATUS={status}")

    def status(self, text: str) -> bool:
        """One line for `systemctl status`."""
        return self.send(f"STATUS={text}")

    def feed(self) -> bool:
        return self.send("WATCHDOG=1")

    def send(self, *lines: str) -> bool:
        """Send assignments; False when nobody listens or the message found no room.

        Never waits and never raises: a service manager that is away is no reason to stop.
        """
        if self._address is None:
            return False
        message = "\n".join(line.replace("\n", " ") for line in lines).encode()[:MOST_BYTES]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)
                out.sendto(message, self._address)
        except OSError:
            return False
        return True


def address_of(text: str) -> str | None:
    """The socket's address: a path, or a name in the abstract namespace, written with @."""
    if text.startswith("@") and len(text) > 1:
        return "\0" + text[1:]
    return text if text.startswith("/") else None


def watchdog_of(env: Mapping[str, str], pid: int) -> timedelta | None:
    """How often systemd wants to hear from us at least; None: it doesn't watch this process."""
    if env.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    text = env.get("WATCHDOG_USEC", "")
    return timedelta(microseconds=int(text)) if text.isdecimal() and int(text) else None


class Watchdog:
    """Feeds systemd's watchdog at half its time, as long as every loop turns.

    Once one of them stands still nothing is sent, and systemd starts the service anew.
    """

    def __init__(
        self,
        notifier: Notifier,
        clock: Clock,
        env: Mapping[str, str],
        alive: Sequence[Callable[[], bool]],
        *,
        pid: int | None = None,
    ) -> None:
        self._notifier = notifier
        self._clock = clock
        self._every = watchdog_of(env, os.getpid() if pid is None else pid)
        self._alive = alive

    async def run(self) -> None:
        """Feed; for ever. Without a watchdog, wait as long."""
        while True:
            if self._every is not None and all(is_alive() for is_alive in self._alive):
                self._notifier.feed()
            await self._clock.sleep((self._every or timedelta(hours=1)) / 2)


def turning(
    turned_at: Callable[[], float], clock: Clock, *, within: timedelta
) -> Callable[[], bool]:
    """Whether a loop that notes its turns (by the monotonic clock) turned lately."""
    return lambda: clock.monotonic() - turned_at() < within.total_seconds()
