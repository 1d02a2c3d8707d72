"""The relay: the one SMTP server that takes our mail; whatever it does is an answer."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

import aiosmtplib

from plcmon.errors import UnsupportedError
from plcmon.mail.compose import domain_of, to_bytes
from plcmon.mail.text import one_line
from plcmon.model.events import MailDelivered
from plcmon.model.intents import Mail, MailState
from plcmon.model.ports import Secrets

DEADLINE = timedelta(seconds=60)  # one mail, with its connection; wire time
GOODBYE = 5.0  # seconds for QUIT: it decides nothing


class Tls(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"  # required, not merely tried
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where the relay is and who we are to it."""

    host: str
    port: int = 25
    tls: Tls = Tls.STARTTLS
    user: str = ""
    credential: str = ""  # the name of the secret with the password


class Carrier(Protocol):
    """Whoever takes mails from the post room, one conversation at a time."""

    @property
    def connected(self) -> bool:
        """False after a failure of the relay itself: other mails would fail the same way."""
        ...

    async def send(self, mail: Mail) -> MailDelivered:
        """Hand one mail over and say what became of it; never raises for the relay's sake."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Relay:
    """Hands mails over; `async with` bounds one connection, which is made when first needed.

    Not for concurrent use.
    """

    def __init__(
        self,
        address: RelayAddress,
        secrets: Secrets,
        *,
        deadline: timedelta = DEADLINE,
        tls_context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._address = address
        self._secrets = secrets
        self._deadline = deadline.total_seconds()
        self._tls_context = tls_context
        self._smtp: aiosmtplib.SMTP | None = None

    @property
    def connected(self) -> bool:
        """False after a failure of the relay itself: other mails would fail the same way."""
        return self._smtp is not None and self._smtp.is_connected

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._smtp is not None and self.connected and kind is None:
                async with asyncio.timeout(GOODBYE):
                    await self._smtp.quit()
        except (aiosmtplib.SMTPException, OSError):
            pass  # every mail has had its answer
        finally:
            self._drop()

    async def send(self, mail: Mail) -> MailDelivered:
        """Hand one mail over and say what became of it; never raises for the relay's sake.

        `accepted`; `refused`, by a permanent answer about this mail; or still `fixed`: nothing
        came of it yet, or nobody knows, and the same mail is to be handed over again later.
        """
        try:
            async with asyncio.timeout(self._deadline):
                state, detail = await self._try(mail)
        except TimeoutError:
            self._drop()
            state, detail = MailState.FIXED, f"no answer within {self._deadline:g} s"
        return MailDelivered(mail.message_id, state, one_line(detail))

    async def _try(self, mail: Mail) -> tuple[MailState, str]:
        try:
            smtp = await self._connection(mail)
        except aiosmtplib.SMTPAuthenticationError as error:
            return self._lost(f"the relay refused our login: {error.code}")
        except UnsupportedError as error:
            return self._lost(str(error))
        except (aiosmtplib.SMTPException, OSError) as error:
            return self._lost(f"no connection: {said(error)}")
        return await self._hand_over(smtp, mail)

    async def _hand_over(self, smtp: aiosmtplib.SMTP, mail: Mail) -> tuple[MailState, str]:
        sender = parseaddr(mail.headers.get("From", ""))[1]
        try:
            _, answer = await smtp.sendmail(sender, [mail.recipient], to_bytes(mail))
        except aiosmtplib.SMTPRecipientsRefused as error:
            return verdict(error.recipients[0])
        except aiosmtplib.SMTPDataError as error:
            return verdict(error)
        except aiosmtplib.SMTPServerDisconnected as error:
            return self._lost(f"the connection broke: {said(error)}")
        except aiosmtplib.SMTPException as error:
            # The sender was refused, or the greeting: no fault of this mail, so it stays.
            return self._lost(said(error))
        except ValueError as error:
            return MailState.REFUSED, f"not an address: {error}"
        except OSError as error:
            return self._lost(said(error))
        return MailState.ACCEPTED, answer

    async def _connection(self, mail: Mail) -> aiosmtplib.SMTP:
        if self._smtp is not None and self.connected:
            return self._smtp
        self._drop()
        address = self._address
        context = None
        if address.tls is not Tls.NONE:
            # Reading the certificates of the system takes milliseconds of disk.
            context = await asyncio.to_thread(self._tls_context)
        password = None
        if address.credential:
            password = await asyncio.to_thread(self._secrets.find, address.credential)
        self._smtp = aiosmtplib.SMTP(
            hostname=address.host,
            port=address.port,
            username=address.user or None,
            password=password,
            # Without a name the library asks the resolver for ours.
            local_hostname=domain_of(mail.headers.get("From", "")),
            timeout=None,  # the deadline is ours
            use_tls=address.tls is Tls.TLS,
            start_tls=address.tls is Tls.STARTTLS,
            tls_context=context,
        )
        await self._smtp.connect()
        return self._smtp

    def _lost(self, detail: str) -> tuple[MailState, str]:
        self._drop()
        return MailState.FIXED, detail

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def verdict(error: aiosmtplib.SMTPResponseException) -> tuple[MailState, str]:
    """5xx is for good, anything else for now (RFC 5321, section 4.2.1)."""
    state = MailState.REFUSED if error.code >= 500 else MailState.FIXED
    return state, said(error)


def said(error: Exception) -> str:
    """The answer's code and text, or what the system said."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
