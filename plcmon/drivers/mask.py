"""Keeps secrets out of transcripts and sentences, and control codes out of both."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

MASK = "•••"
TELNET = r"\xff(?:\xfa[^\xff]*\xff\xf0|[\xfb-\xfe].|[\xf0-\xf9])"
TERMINAL = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])"
SEQUENCES = re.compile(f"{TELNET}|{TERMINAL}", re.DOTALL)
UNFINISHED = re.compile(
    r"(?:\xff(?:[\xfb-\xfe]|\xfa[^\xff]*\xff?)?|\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*))$"
)
LINE_ENDS = re.compile(r"\r*\n\r*|\r+")
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """`text` without terminal and telnet sequences; every kind of line end becomes a newline."""
    return CONTROLS.sub("", LINE_ENDS.sub("\n", SEQUENCES.sub("", text)))


class Mask:
    """Hides secrets in whatever form a device or a protocol may show them."""

    def __init__(self, *secrets: str) -> None:
        forms = {form for secret in secrets if secret for form in disguises(secret)}
        # Longest first: a form may contain another one.
        ordered = sorted(forms, key=len, reverse=True)
        self._forms = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        return self._forms.sub(MASK, text) if self._forms else text


def disguises(secret: str) -> set[str]:
    """As typed, as echoed byte by byte, escaped for XML, JSON and addresses, and in base64."""
    echoed = clean(secret.encode().decode("latin-1"))
    encoded = base64.b64encode(secret.encode()).decode()
    escaped = {html.escape(secret), json.dumps(secret)[1:-1]}
    escaped |= {quote(secret, safe=""), quote_plus(secret)}
    return {secret, clean(secret), echoed, encoded, *escaped} - {""}
