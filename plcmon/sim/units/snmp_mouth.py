"""How a virtual agent hears and speaks: messages of each version, by pysnmp."""

from collections.abc import Callable
from typing import Any, Protocol

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.proto import rfc1905
from pysnmp.proto.api import v1, v2c

Serve = Callable[[str, tuple[int, ...], int | None], Any]
ERRORS = {str(name): int(number) for name, number in rfc1905.errorStatus.namedValues.items()}
AUTHENTICATIONS = {
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA256": config.USM_AUTH_HMAC192_SHA256,
    "SHA512": config.USM_AUTH_HMAC384_SHA512,
}
PRIVACIES = {
    "none": config.USM_PRIV_NONE,
    "DES": config.USM_PRIV_CBC56_DES,
    "AES": config.USM_PRIV_CFB128_AES,
    "AES256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
}
KINDS = ("GetRequestPDU", "GetNextRequestPDU", "SetRequestPDU")


class Mouth(Protocol):
    """One version's way to answer a datagram."""

    def answer(self, data: bytes, serve: Serve, *, refuses: bool) -> bytes | None: ...


class Open:
    """Versions 1 and 2c: silence to every wrong community."""

    def __init__(self, api: Any, community: str) -> None:
        self._api = api
        self._community = community.encode()

    def answer(self, data: bytes, serve: Serve, *, refuses: bool) -> bytes | None:
        try:
            message, _ = decoder.decode(data, asn1Spec=self._api.Message())
        except PyAsn1Error:
            return None
        wrong = bytes(message[1]) != self._community
        if refuses or wrong or message[0] != self._api.apiMessage._version:
            return None
        response = respond(self._api, self._api.apiMessage.get_pdu(message), serve)
        if response is None:
            return None
        reply = self._api.Message()
        self._api.apiMessage.set_defaults(reply)
        self._api.apiMessage.set_community(reply, message[1])
        self._api.apiMessage.set_pdu(reply, response)
        encoded: bytes = encoder.encode(reply)
        return encoded


class Postbox(AbstractTransportDispatcher):  # type: ignore[misc]  # it has no types
    """Keeps what the engine would send."""

    def __init__(self) -> None:
        super().__init__()
        self.message: bytes | None = None

    def send_message(self, message: bytes, domain: object, address: object) -> None:
        self.message = bytes(message)


class Guarded:
    """Version 3: reports what is wrong with a message, serves what is right."""

    def __init__(self, user: str, phrases: tuple[str, str], auth: str, privacy: str) -> None:
        secret = None if privacy == "none" else phrases[1]
        self._user = (user, AUTHENTICATIONS[auth], phrases[0], PRIVACIES[privacy], secret)
        self._known = False
        self._box = Postbox()
        self._engine = SnmpEngine()
        self._engine.register_transport_dispatcher(self._box)
        self._serve: Serve = lambda *_: None
        kinds = [getattr(v2c, kind).tagSet for kind in KINDS]
        self._engine.message_dispatcher.register_context_engine_id(
            self._engine.snmpEngineID, kinds, self._process
        )
        self._know(True)

    def _know(self, known: bool) -> None:
        """Have the user, or have nobody of that name."""
        if known and not self._known:
            config.add_v3_user(self._engine, *self._user)
        elif self._known and not known:
            config.delete_v3_user(self._engine, self._user[0])
        self._known = known

    def answer(self, data: bytes, serve: Serve, *, refuses: bool) -> bytes | None:
        self._know(not refuses)
        self._serve = serve
        self._box.message = None
        try:
            self._engine.message_dispatcher.receive_message(
                self._engine, (1, 3, 6, 1, 6, 1, 1), ("caller", 1), data
            )
        except (PySnmpError, PyAsn1Error):
            return None
        return self._box.message

    def _process(self, engine: Any, *rest: Any) -> None:
        model, security, name, level, context_id, context, version, pdu, size, reference = rest
        response = respond(v2c, pdu, self._serve)
        if response is not None:
            engine.message_dispatcher.return_response_pdu(
                engine, model, security, name, level, context_id, context,
                version, response, size, reference, {},
            )  # fmt: skip


def respond(api: Any, pdu: Any, serve: Serve) -> Any:
    """The response to a request about one object; None: silence."""
    kinds = {"GetRequestPDU": "get", "GetNextRequestPDU": "next", "SetRequestPDU": "set"}
    kind = next((k for name, k in kinds.items() if pdu.isSameTypeWith(getattr(api, name)())), "")
    varbinds = api.apiPDU.get_varbinds(pdu)
    if not kind or len(varbinds) != 1:
        return None
    at, value = varbinds[0]
    said = serve(kind, tuple(at), int(value) if kind == "set" else None)
    if said is None:
        return None
    error, where, shown = said
    response = api.apiPDU.get_response(pdu)
    if api is v1 and (error or shown is None):
        old = {"wrongValue": "badValue", "genErr": "genErr"}.get(error, "noSuchName")
        return failed(api, response, pdu, old)
    if error:
        return failed(api, response, pdu, error)
    api.apiPDU.set_varbinds(response, [(where, worded(api, kind, shown))])
    return response


def failed(api: Any, response: Any, request: Any, error: str) -> Any:
    api.apiPDU.set_varbinds(response, api.apiPDU.get_varbinds(request))
    api.apiPDU.set_error_status(response, ERRORS[error])
    api.apiPDU.set_error_index(response, 1)
    return response


def worded(api: Any, kind: str, value: Any) -> Any:
    """A value as the wire has it."""
    if value is None:
        return rfc1905.endOfMibView if kind == "next" else rfc1905.noSuchInstance
    if isinstance(value, tuple):
        return api.ObjectIdentifier(value)
    return api.Integer(value) if isinstance(value, int) else api.OctetString(value)


def open_mouth(version: str, user: str, password: str, auth: str, privacy: str) -> Mouth:
    """The mouth of a version; version 3 reads files meanwhile."""
    if version == "3":
        first, _, second = password.partition("\n")
        return Guarded(user, (first, second or first), auth, privacy)
    return Open(v1 if version == "1" else v2c, password)
