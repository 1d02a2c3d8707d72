"""What stands in for a fence agent: options on standard input, a virtual unit behind it.

Installed as a program of its own by `write_agent`; uses nothing but the standard library. Each run
is recorded beside the program (`NAME.calls`): its arguments and the names in its environment.
"""

import json
import os
import socket
import sys
from pathlib import Path

LOGIN_DENIED, CONNECTION_LOST = 3, 4
STATUS = {"on": 0, "off": 2}


def options(text: str) -> dict[str, str]:
    """One option a line; empty lines and comments are none."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name.strip()] = value
    return found


def ask(host: str, port: int, question: dict[str, str]) -> dict[str, str]:
    """Put one question to the unit; an empty answer means that it said nothing."""
    try:
        with socket.create_connection((host, port), timeout=2) as link:
            link.sendall(json.dumps(question).encode() + b"\n")
            link.settimeout(None)
            line = link.makefile("rb").readline(65536)
    except OSError:
        return {"error": "lost"}
    return json.loads(line) if line else {"error": "lost"}


def end(action: str, reply: dict[str, str]) -> int:
    """The exit status, and a line for people."""
    error = reply.get("error", "")
    if error in ("password", "user"):
        sys.stderr.write("Unable to connect/login to fencing device\n")
        return LOGIN_DENIED
    if error == "lost":
        sys.stderr.write("Connection lost\n")
        return CONNECTION_LOST
    if error:
        sys.stderr.write(f"Failed: {error}\n")
        return 1
    sys.stdout.write(f"Status: {reply.get('power', 'ok').upper()}\n")
    return STATUS[reply["power"]] if action == "status" else 0


def main() -> int:
    with Path(sys.argv[0] + ".calls").open("a", encoding="utf-8") as calls:
        calls.write(json.dumps({"argv": sys.argv[1:], "env": sorted(os.environ)}) + "\n")
    given = options(sys.stdin.read())
    action = given.get("action", "off")  # as the real ones do
    question = {
        "user": given.get("username", ""),
        "password": given.get("password", ""),
        "verb": action,
        "plug": given.get("plug", ""),
    }
    return end(action, ask(given["ip"], int(given["ipport"]), question))


if __name__ == "__main__":
    sys.exit(main())
