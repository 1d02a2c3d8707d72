"""SNMP messages in all three versions, by pysnmp; imported only where a unit speaks SNMP.

pysnmp makes and reads the messages and nothing else: no socket, no timer and no retry of its own.
Its engine, which v3 needs, reads files when it is made; make a `User` in a thread.
"""

import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v1, v2c

from plcmon.drivers.snmp_agent import Answer, CodecError, Kind, Report, Request, Value

# Whatever a datagram holds, nothing else than these comes out of the decoders.
BROKEN = (
    PyAsn1Error,
    PySnmpError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
APIS: Mapping[str, Any] = MappingProxyType({"1": v1, "2c": v2c})
ABSENT = (rfc1905.NoSuchObject, rfc1905.NoSuchInstance, rfc1905.EndOfMibView, univ.Null)
ERRORS: Mapping[int, str] = {
    int(number): str(name) for name, number in rfc1905.errorStatus.namedValues.items()
}
AUTHENTICATIONS: Mapping[str, Any] = MappingProxyType(
    {
        "MD5": config.USM_AUTH_HMAC96_MD5,
        "SHA": config.USM_AUTH_HMAC96_SHA,
        "SHA224": config.USM_AUTH_HMAC128_SHA224,
        "SHA256": config.USM_AUTH_HMAC192_SHA256,
        "SHA384": config.USM_AUTH_HMAC256_SHA384,
        "SHA512": config.USM_AUTH_HMAC384_SHA512,
    }
)
PRIVACIES: Mapping[str, Any] = MappingProxyType(
    {
        "none": config.USM_PRIV_NONE,
        "DES": config.USM_PRIV_CBC56_DES,
        "AES": config.USM_PRIV_CFB128_AES,
        "AES192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
        "AES256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
        "AES192C": config.USM_PRIV_CFB192_AES,
        "AES256C": config.USM_PRIV_CFB256_AES,
    }
)
# What the engine would read from disk in the middle of a conversation.
BOOKS = (
    "__SNMPv2-MIB",
    "__SNMP-FRAMEWORK-MIB",
    "__SNMP-MPD-MIB",
    "__SNMP-USER-BASED-SM-MIB",
    "__PYSNMP-USM-MIB",
)
DOMAIN = (1, 3, 6, 1, 6, 1, 1)
PEER = ("unit", 161)  # the socket is connected: there is but one


class Community:
    """Versions 1 and 2c: a word that opens, in every message."""

    def __init__(self, version: str, community: str) -> None:
        self._api = APIS[version]
        self._community = univ.OctetString(community.encode())
        self._last = 0

    def encode(self, request: Request) -> bytes:
        pdu, self._last = pdu_of(self._api, request)
        message = self._api.Message()
        self._api.apiMessage.set_defaults(message)
        self._api.apiMessage.set_community(message, self._community)
        self._api.apiMessage.set_pdu(message, pdu)
        data: bytes = encoder.encode(message)
        return data

    def decode(self, data: bytes) -> Answer | Report | None:
        try:
            message, _ = decoder.decode(data, asn1Spec=self._api.Message())
            if message[0] != self._api.apiMessage._version or message[1] != self._community:
                return None
            pdu = self._api.apiMessage.get_pdu(message)
            if not pdu.isSameTypeWith(self._api.GetResponsePDU()):
                return None
            return answer_of(self._api, pdu) if int(pdu[0]) == self._last else None
        except BROKEN:
            return None


class Postbox(AbstractTransportDispatcher):  # type: ignore[misc]  # it has no types
    """Where the engine puts a message instead of sending it."""

    def __init__(self) -> None:
        super().__init__()
        self.message = b""

    def send_message(self, message: bytes, domain: object, address: object) -> None:
        self.message = bytes(message)


class User:
    """Version 3: a user with pass phrases, kept by an engine of its own."""

    def __init__(
        self, user: str, phrases: tuple[str, str], *, auth: str, privacy: str, context: str = ""
    ) -> None:
        self._user = v2c.OctetString(user.encode())
        self._context = context.encode()
        self._level = 2 if privacy == "none" else 3  # authNoPriv, authPriv
        self._box = Postbox()
        self._engine = SnmpEngine()
        self._engine.register_transport_dispatcher(self._box)
        self._engine.get_mib_builder().load_modules(*BOOKS)
        self._last = 0
        self._said: Answer | Report | None = None
        config.add_v3_user(
            self._engine,
            user,
            AUTHENTICATIONS[auth],
            phrases[0],
            PRIVACIES[privacy],
            phrases[1] if privacy != "none" else None,
        )

    def encode(self, request: Request) -> bytes:
        pdu, self._last = pdu_of(v2c, request)
        try:
            self._engine.message_dispatcher.send_pdu(
                self._engine, DOMAIN, PEER, 3, 3, self._user, self._level, None, self._context,
                1, pdu, True, 0, self._hear, self._last,
            )  # fmt: skip
        except BROKEN as exc:
            raise CodecError("no message can be made for this user") from exc
        return self._box.message

    def decode(self, data: bytes) -> Answer | Report | None:
        self._said = None
        try:
            self._engine.message_dispatcher.receive_message(self._engine, DOMAIN, PEER, data)
        except BROKEN:
            return None
        return self._said

    def _hear(self, *said: Any) -> None:
        """The engine's callback: among other things the PDU, a status, and which request it was."""
        *_, pdu, status, _handle, number = said
        if number != self._last:
            return
        if status is None:
            self._said = answer_of(v2c, pdu)
        else:
            name = type(status.get("errorIndication")).__name__
            self._said = Report(name[:1].lower() + name[1:])


def pdu_of(api: Any, request: Request) -> tuple[Any, int]:
    """The PDU of a request, and its number, which nobody can guess."""
    kinds = {
        Kind.GET: api.GetRequestPDU,
        Kind.NEXT: api.GetNextRequestPDU,
        Kind.SET: api.SetRequestPDU,
    }
    pdu, number = kinds[request.kind](), secrets.randbits(31)
    api.apiPDU.set_defaults(pdu)
    api.apiPDU.set_request_id(pdu, number)
    value = api.null if request.value is None else api.Integer(request.value)
    api.apiPDU.set_varbinds(pdu, [(request.oid, value)])
    return pdu, number


def answer_of(api: Any, pdu: Any) -> Answer:
    """What a response says of its one object."""
    error = int(pdu[1])
    varbinds = api.apiPDU.get_varbinds(pdu)
    if error:
        return Answer(ERRORS.get(error, f"error {error}"), (), None)
    oid, value = varbinds[0]
    return Answer("", tuple(oid), plain(value))


def plain(value: Any) -> Value | None:
    """A number, a text, or None for what is absent."""
    if isinstance(value, ABSENT):
        return None
    if isinstance(value, univ.Integer):
        return int(value)
    return str(value.prettyPrint())
