"""What the auditor finds."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Violation:
    """One invariant broken, by the row that shows it."""

    invariant: int  # its number in docs/safety.md; 0: the journal cannot be read there
    at: datetime
    row_seq: int  # 0: no row shows it, only that time went by
    text: str

    def __str__(self) -> str:
        row = f"row {self.row_seq}" if self.row_seq else "by time alone"
        return f"{self.at:%Y-%m-%d %H:%M:%S}, {row}: invariant {self.invariant}: {self.text}"
