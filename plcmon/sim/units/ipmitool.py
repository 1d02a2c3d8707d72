"""What stands in for the `ipmitool` program: same options, same words, a virtual BMC behind it.

Installed as a program of its own by `write_ipmitool`; uses nothing but the standard library. Each
call is recorded beside the program (`NAME.calls`): its arguments and the names in its environment.
"""

import json
import os
import socket
import sys
from pathlib import Path
from typing import TextIO

NO_SESSION = "Error: Unable to establish IPMI v2 / RMCP+ session"
NO_OLD_SESSION = (
    "Error: Unable to establish LAN session\nError: Unable to establish IPMI v1.5 / RMCP session"
)
TITLES = {"on": "Up/On", "off": "Down/Off", "cycle": "Cycle", "reset": "Reset", "soft": "Soft"}
WHY_NO_SESSION = {  # shown with -v only
    "password": "> RAKP 2 HMAC is invalid",
    "user": "RAKP 2 message indicates an error : unauthorized name",
    "cipher": "Error in open session response message : no matching cipher suite",
    "busy": "Error in open session response message : insufficient resources for session",
}


WHY_NO_OLD_SESSION = {  # by `-I lan`, always shown
    "password": "Activate Session command failed",
    "user": "Invalid user name",
    "privilege": "Activate Session error:\tRequested privilege level exceeds limit",
    "silent": "Get Auth Capabilities command failed",
}
LONGEST = {"lanplus": 20, "lan": 16}  # bytes of a password


def options(argv: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split the command line into its options and the command behind them."""
    found: dict[str, str] = {}
    rest = list(argv)
    while rest and rest[0].startswith("-"):
        name = rest.pop(0)
        found[name] = "" if name in ("-E", "-v") else rest.pop(0)
    return found, rest


def ask(host: str, port: int, question: dict[str, str], wait: float) -> dict[str, str]:
    """Put one question to the BMC; an empty answer means that it said nothing."""
    try:
        with socket.create_connection((host, port), timeout=wait) as link:
            link.sendall(json.dumps(question).encode() + b"\n")
            link.settimeout(None)
            line = link.makefile("rb").readline(65536)
    except OSError:
        return {"error": "silent"}
    return json.loads(line) if line else {"error": "lost"}


def tell(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")


def say(given: dict[str, str], verb: str, reply: dict[str, str]) -> int:
    """Print what the real program would and choose its exit status."""
    error = reply.get("error", "")
    if given.get("-I") == "lan" and error in WHY_NO_OLD_SESSION:
        tell(sys.stderr, f"{WHY_NO_OLD_SESSION[error]}\n{NO_OLD_SESSION}")
        return 1
    if error in WHY_NO_SESSION and "-v" in given:
        tell(sys.stderr, WHY_NO_SESSION[error])
    if error in WHY_NO_SESSION or error == "silent":
        tell(sys.stderr, NO_SESSION)
    elif error == "lost" and verb == "status":
        tell(sys.stderr, "Unable to get Chassis Power Status")
    elif error == "lost":
        tell(sys.stderr, f"Unable to set Chassis Power Control to {TITLES[verb]}")
    elif error:
        tell(sys.stderr, f"Set Chassis Power Control to {TITLES[verb]} failed: {error}")
    elif verb == "status":
        tell(sys.stdout, f"Chassis Power is {reply['power']}")
    else:
        tell(sys.stdout, f"Chassis Power Control: {TITLES[verb]}")
    return 1 if error else 0


def main() -> int:
    with Path(sys.argv[0] + ".calls").open("a", encoding="utf-8") as calls:
        calls.write(json.dumps({"argv": sys.argv[1:], "env": sorted(os.environ)}) + "\n")
    given, command = options(sys.argv[1:])
    verb, interface = command[-1], given.get("-I", "lan")
    if len(os.environ.get("IPMI_PASSWORD", "").encode()) > LONGEST[interface]:
        tell(sys.stderr, f"{interface}: password is longer than {LONGEST[interface]} bytes.")
        return 1
    question = {
        "user": given.get("-U", ""),
        "password": os.environ.get("IPMI_PASSWORD", ""),
        "cipher": given.get("-C", "17"),
        "interface": interface,
        "level": given.get("-L", "ADMINISTRATOR"),
        "verb": verb,
    }
    wait = float(given.get("-N", "1")) * (int(given.get("-R", "4")) + 1)
    return say(given, verb, ask(given["-H"], int(given.get("-p", "623")), question, wait))


if __name__ == "__main__":
    sys.exit(main())
