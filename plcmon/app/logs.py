"""Logs: one event a line; for people on a terminal, JSON elsewhere."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
QUIET = ("asyncssh", "aiohttp", "aiosqlite", "telnetlib3", "telnetlib3.client_base", "asyncio")


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """The fields that the event brought."""
    return {key: value for key, value in vars(record).items() if key not in PLAIN}


class Human(logging.Formatter):
    """`02:14:07 warning outlet still dark outlets=[...]`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        fields = " ".join(f"{key}={printable(value)}" for key, value in extras(record).items())
        line = f"{at} {record.levelname.lower()} {record.getMessage()} {fields}".rstrip()
        if not record.exc_info:
            return line
        trace = self.formatException(record.exc_info).split("\n")
        return "\n".join([line, *map(printable, trace)])


class Json(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "room": record.name,
            **extras(record),
        }
        if record.exc_info:
            row["traceback"] = self.formatException(record.exc_info)
        return json.dumps(row, default=str, ensure_ascii=False)


def printable(value: object) -> str:
    """One word of a line: control codes never reach a terminal."""
    text = str(value)
    return "".join(c if c.isprintable() else "?" for c in text)


def set_up_logs(level: str, form: str) -> None:
    """Log to standard error. Libraries may only warn: what matters of them becomes an event."""
    handler = logging.StreamHandler(sys.stderr)
    human = form == "human" or (form == "auto" and sys.stderr.isatty())
    handler.setFormatter(Human() if human else Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
