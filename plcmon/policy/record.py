"""The fingerprint of a PCU's record: when it changes, old findings no longer speak of it."""

from hashlib import sha256

from plcmon.model.subjects import Pcu


def record_of(pcu: Pcu) -> str:
    """A short digest of everything by which the PCU is reached and logged in to."""
    parts = (
        pcu.host,
        pcu.family,
        pcu.transports,
        pcu.user,
        pcu.credential,
        pcu.quirks,
        sorted(pcu.options.items()),
        pcu.host_key,
        pcu.fingerprint,
        pcu.verify,
    )
    return sha256(repr(parts).encode()).hexdigest()[:16]
