"""Text from outside made fit for a mail: no control codes, no hidden characters, an end."""

import re
import unicodedata

# Terminal sequences (ECMA-48 CSI and OSC, then the two-character ones), gone as a whole, so that
# their letters don't stay behind.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # Unicode general categories
MOST_OF_A_LINE = 500  # characters
MOST_LINES = 40


def one_line(text: str, most: int = MOST_OF_A_LINE) -> str:
    """`text` on one line of at most `most` visible characters."""
    spaced = (" " if char in "\n\r\t\v\f\x85\u2028\u2029" else char for char in strip(text))
    visible = "".join(char for char in spaced if unicodedata.category(char) not in HIDDEN)
    line = " ".join(visible.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def few_lines(text: str) -> str:
    """`text` with its line breaks, each line as `one_line`; empty ones and the excess left out."""
    lines = [line for line in map(one_line, strip(text).splitlines()) if line]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"(and {len(lines) - MOST_LINES} more lines)"]
    return "\n".join(lines)


def strip(text: str) -> str:
    return ESCAPES.sub("", text)
