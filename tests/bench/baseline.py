"""The least that a scan can cost: `python -m tests.bench.baseline inventory.toml`.

Per node one bare connection to each of its ports and one login that runs one command, with the
library that the service logs in with and nothing around it. Prints JSON.
"""

import asyncio
import json
import resource
import sys
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncssh

WORKERS = 32
COMMAND = "cat /proc/sys/kernel/random/boot_id; cat /proc/uptime; uname -r"


async def visit(node: dict[str, Any], key: asyncssh.SSHKey, user: str) -> None:
    host = node["addresses"][0]
    for port in (node["ssh_port"], *node["ports"]):
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
    async with asyncssh.connect(
        host, node["ssh_port"], username=user, client_keys=[key], known_hosts=None, config=None
    ) as connection:
        await connection.run(COMMAND)


async def visit_all(nodes: Iterable[dict[str, Any]], key: asyncssh.SSHKey, user: str) -> None:
    todo = iter(nodes)

    async def worker() -> None:
        for node in todo:
            await visit(node, key, user)

    async with asyncio.TaskGroup() as group:
        for number in range(WORKERS):
            group.create_task(worker(), name=f"visit-{number}")


def main() -> None:
    path = Path(sys.argv[1])
    inventory = tomllib.loads(path.read_text(encoding="utf-8"))
    profile = inventory["profiles"]["linux"]
    key = asyncssh.read_private_key(path.parent / profile["key_file"])
    nodes = inventory["nodes"].values()
    before, began = used(), time.monotonic()
    asyncio.run(visit_all(nodes, key, profile["ssh_user"]))
    spent, took = used() - before, time.monotonic() - began
    found = {"cpu_ms_per_node": 1000 * spent / len(nodes), "took_s": took}
    sys.stdout.write(json.dumps(found) + "\n")


def used() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


if __name__ == "__main__":
    main()
