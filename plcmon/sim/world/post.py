"""The world's mail relay and the operators' pager: they take what the real staff hands them."""

from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

from plcmon.alerts import NotDeliveredError
from plcmon.model.events import MailDelivered
from plcmon.model.intents import Mail, MailState


@dataclass
class WorldRelay:
    """A relay that keeps what it took, also when nobody hears that it did."""

    taken: list[tuple[datetime, Mail]] = field(default_factory=list)
    down: bool = False
    deaf_once: bool = False  # takes the next mail, and the line breaks before it says so

    @property
    def connected(self) -> bool:
        return not self.down

    async def send(self, mail: Mail) -> MailDelivered:
        if self.down:
            return MailDelivered(mail.message_id, MailState.FIXED, "no connection")
        self.taken.append((mail.created_at, mail))
        if self.deaf_once:
            self.deaf_once = False
            return MailDelivered(mail.message_id, MailState.FIXED, "the connection broke")
        return MailDelivered(mail.message_id, MailState.ACCEPTED, "250 taken")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


@dataclass
class WorldPager:
    """The operators' channel."""

    name: str = "pager"
    taken: list[bytes] = field(default_factory=list)
    down: bool = False

    async def deliver(self, payload: bytes) -> str:
        if self.down:
            raise NotDeliveredError("no answer")
        self.taken.append(payload)
        return "taken"
