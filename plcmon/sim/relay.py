"""One relay: the only thing in the virtual fleet that joins an outlet to a machine."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Relay:
    """The contact behind one outlet; whoever it feeds listens."""

    outlet: str
    label: str = ""  # the name printed in the unit's outlet list
    on: bool = True
    listeners: list[Callable[[bool], None]] = field(default_factory=list)

    def switch(self, on: bool) -> None:
        """Move the contact; listeners hear of changes only."""
        if on == self.on:
            return
        self.on = on
        for listener in self.listeners:
            listener(on)
