"""What only the world knows: a simulation fills it, a real fleet cannot.

Nodes are named as the journal names them (`node/KEY`), outlets too (`PCU OUTLET`).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

OURS = "plcmon"  # the hand that switched an outlet; any other word is somebody else's


class Truth(Protocol):
    """The world, asked about a moment that is now or just went by."""

    def signs_of_life(self, node: str, since: datetime, until: datetime) -> bool:
        """True when an authenticated sign of life of the node reached plcmon in between."""
        ...

    def served(self, node: str, since: datetime, until: datetime) -> bool:
        """True when whoever had logged in to the node in between would have been let in."""
        ...

    def fed_by(self, outlet: str) -> str:
        """The node that loses its power with the outlet; empty: none does."""
        ...

    def is_enough_up(self, site: str, at: datetime) -> bool:
        """True when as many nodes of the site serve as must, and have for the last hour."""
        ...

    def was_vantage_well(self, since: datetime, until: datetime) -> bool:
        """True when plcmon's own network worked at any moment in between."""
        ...

    def power_of(self, outlet: str, at: datetime) -> bool | None:
        """Whether the outlet was on; None for an outlet that there is not."""
        ...

    def hand_that_switched(self, outlet: str, at: datetime) -> str:
        """Who switched it last before then; OURS, or another's name; empty: nobody ever did."""
        ...

    def booted_at(self, node: str, at: datetime) -> datetime | None:
        """When the node last booted before then."""
        ...

    def cause_of(self, node: str, at: datetime) -> str:
        """The one cause that the node's failure shares with others; empty: its own trouble."""
        ...

    def silent_with_power(self, now: datetime) -> Iterable[tuple[str, datetime]]:
        """Nodes that are silent though their power path works and is proven; since when both."""
        ...

    def well_since(self, node: str, now: datetime) -> datetime | None:
        """Since when the node has been healthy; None while it is not."""
        ...

    def secrets(self) -> Collection[str]:
        """Every password and token there is."""
        ...
