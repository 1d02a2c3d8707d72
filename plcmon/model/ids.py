"""Ids: ULIDs made from what they name, so that the same events make the same ids."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, as the ULID form uses it
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def make_id(at: datetime, *parts: object) -> str:
    """A ULID: 48 bits of unix milliseconds, then 80 bits of a digest of `parts`.

    Equal arguments give equal ids; ids sort by time.
    """
    milliseconds = round((at - EPOCH) / timedelta(milliseconds=1))
    digest = sha256("\x1f".join(str(part) for part in parts).encode()).digest()[:10]
    number = (milliseconds << 80) | int.from_bytes(digest, "big")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(25, -1, -1))
