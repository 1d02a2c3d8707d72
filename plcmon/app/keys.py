"""Keys: the host keys of PCUs, kept like those of nodes; and the private ones, looked at early."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from plcmon.config import Settings
from plcmon.errors import ConfigError, StoreError
from plcmon.model.events import Event, IssueChanged
from plcmon.model.issues import Cause, IssueId
from plcmon.model.state import State
from plcmon.model.subjects import Inventory, NodeKey
from plcmon.probes.keys import KeyFile, KnownKeys
from plcmon.probes.ssh import unreadable_keys
from plcmon.times import Clock

log = logging.getLogger(__name__)

SAVE_EVERY = timedelta(seconds=5)


class PcuKeys:
    """A key file by PCU key."""

    def __init__(self, path: Path) -> None:
        self._file = KeyFile(path)

    def get(self, name: str) -> str:
        return self._file.get(NodeKey(name))

    def set(self, name: str, key: str) -> None:
        self._file.set(NodeKey(name), key)

    async def keep(self, clock: Clock) -> None:
        """Save what was met, again and again."""
        while True:
            await clock.sleep(SAVE_EVERY)
            try:
                await self._file.save()
            except StoreError as error:
                log.warning("host keys not saved", extra={"why": str(error)})


class AcceptedKeys:
    """Pins the keys of nodes that a person accepted, once their word is durable."""

    def __init__(self, state: State, known: KnownKeys) -> None:
        self._state = state
        self._known = known

    def hear(self, events: Sequence[Event]) -> None:
        for event in events:
            if not isinstance(event.body, IssueChanged) or event.body.change != "closed":
                continue
            issue = self._state.issues.get(IssueId(event.body.issue))
            if issue is not None and issue.cause is Cause.ACCEPTED:
                self._known.accept(NodeKey(issue.subject.key))


async def check_keys(settings: Settings, inventory: Inventory) -> None:
    """Raise ConfigError when a private key that nodes are to be entered with cannot be read."""
    wrong = await unreadable_keys(inventory, settings.ssh_agent)
    if wrong:
        raise ConfigError(str(settings.file), wrong)
