"""The tasks of one part of the virtual world: owned, named, and gone when it ends."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self


class Crew:
    """Tasks that live no longer than the part they belong to; leaving cancels those left."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        # Told of an error, the group would wrap it; it passes by as it is.
        await self._group.__aexit__(None, None, None)

    def send(self, errand: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside everything else."""
        task = self._group.create_task(errand, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
