"""Something outside that an integration changes: it obeys, declines, or loses its link."""

import asyncio
from dataclasses import dataclass, field

from plcmon.errors import DeviceError
from plcmon.model.subjects import Subject


@dataclass
class FakeOutside:
    """An Effector. `obeys` False: a write that raises changed nothing."""

    values: dict[Subject, str] = field(default_factory=dict)
    readable: bool = True
    reading: list[DeviceError | None] = field(default_factory=list)  # what the next reads raise
    writing: list[DeviceError | None] = field(default_factory=list)
    obeys: bool = True
    written: list[tuple[Subject, str]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, target: Subject) -> str | None:
        await asyncio.sleep(0)
        fault = self.reading.pop(0) if self.reading else None
        if fault is not None:
            raise fault
        return self.values.get(target, "") if self.readable else None

    async def write(self, target: Subject, value: str) -> str:
        self.asked.set()
        self.written.append((target, value))
        await asyncio.sleep(0)
        fault = self.writing.pop(0) if self.writing else None
        if fault is None or self.obeys:
            self.values[target] = value
        if fault is not None:
            raise fault
        return f"set to {value}"
