"""Host keys: which key each node showed when it was first met."""

import asyncio
import json
import os
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Protocol

from plcmon.errors import ConfigError, StoreError
from plcmon.model.subjects import NodeKey


class KnownKeys(Protocol):
    """Remembers one public key per node, in OpenSSH form without a comment."""

    def get(self, node: NodeKey) -> str:
        """The pinned key; empty when the node was never met."""
        ...

    def set(self, node: NodeKey, key: str) -> None:
        """Pin `key`; an empty one forgets, so that the next key met is pinned."""
        ...

    def offer(self, node: NodeKey, key: str) -> None:
        """Remember another key that the node showed, until a person accepts it."""
        ...

    def accept(self, node: NodeKey) -> None:
        """Pin the key that the node showed last in place of its own.

        Not known any more, after a start: the old one is forgotten, and the next one met is pinned.
        """
        ...

    async def save(self) -> None:
        """Make what was set last longer than this process. Raises StoreError."""
        ...


class Offers(ABC):
    """Other keys that nodes showed; they last as long as the process."""

    def __init__(self) -> None:
        self._offered: dict[NodeKey, str] = {}

    @abstractmethod
    def set(self, node: NodeKey, key: str) -> None: ...

    def offer(self, node: NodeKey, key: str) -> None:
        self._offered[node] = key

    def accept(self, node: NodeKey) -> None:
        self.set(node, self._offered.pop(node, ""))


class KeysInMemory(Offers):
    """Keys that last as long as the process."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[NodeKey, str] = {}

    def get(self, node: NodeKey) -> str:
        return self._keys.get(node, "")

    def set(self, node: NodeKey, key: str) -> None:
        if key:
            self._keys[node] = key
        else:
            self._keys.pop(node, None)

    async def save(self) -> None:
        """Nothing lasts here."""


class KeyFile(Offers):
    """Keys in one JSON file that only we may read; replaced whole, so never half written.

    Reads the file when it is made, so it is made in a thread where a loop runs. Raises ConfigError
    when the file is there and cannot be understood: taking it for empty would trust any key that is
    met next.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._keys = read_keys(path)
        self._changed = False

    def get(self, node: NodeKey) -> str:
        return self._keys.get(node, "")

    def set(self, node: NodeKey, key: str) -> None:
        if key == self.get(node):
            return
        if key:
            self._keys[node] = key
        else:
            del self._keys[node]
        self._changed = True

    async def save(self) -> None:
        """Write the file when something changed. Raises StoreError; it is tried again next time."""
        if not self._changed:
            return
        self._changed = False
        text = json.dumps(self._keys, indent=1, sort_keys=True)
        try:
            await asyncio.to_thread(replace_file, self._path, text)
        except OSError as error:
            self._changed = True
            why = error.strerror or str(error)
            raise StoreError(str(self._path), "saving host keys", why) from error


def read_keys(path: Path) -> dict[NodeKey, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(str(path), [f"the host keys cannot be read: {error}"]) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found.values()):
        raise ConfigError(str(path), ["the host keys are not a table of node = key"])
    return {NodeKey(node): key for node, key in found.items()}


def replace_file(path: Path, text: str) -> None:
    """Put `text` in place of the file in one step; mkstemp makes it readable by us alone."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
