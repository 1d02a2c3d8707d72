"""How far past actions let plcmon go: the power line, and the breakers."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PowerLine:
    """Where the power budget of the short window stands, and why."""

    begun: int  # the setting that it grew from; another setting begins anew
    line: int
    good: int = 0  # verified good since it last moved
    since: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Breaker:
    """The last actions of one kind or of one PCU family; tripped, none follows until re-armed."""

    last: tuple[tuple[str, bool], ...] = ()  # intent, was it bad; oldest first
    tripped_at: datetime | None = None
    why: str = ""

    @property
    def bad(self) -> int:
        return sum(bad for _, bad in self.last)
