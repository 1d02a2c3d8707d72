"""The reception: verbs that concern the house itself, and reloading; all else is the engine's."""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from plcmon.app.keys import check_keys
from plcmon.app.reading import read
from plcmon.config import Settings
from plcmon.engine import Engine
from plcmon.errors import ConfigError
from plcmon.inventory.guards import diff, shrink
from plcmon.model.events import InventoryRead, Noticed, Verb
from plcmon.model.issues import IssueType
from plcmon.model.policy import Policy
from plcmon.model.ports import Said
from plcmon.model.subjects import Inventory, Subject, fleet_subject
from plcmon.operations.difference import difference
from plcmon.operations.phrases import count
from plcmon.operations.views import PolicyDiffView
from plcmon.scanner import Scanner
from plcmon.sources.gatherer import Gatherer
from plcmon.store import Database
from plcmon.times import Clock

log = logging.getLogger(__name__)

MOST_LINES = 50  # of the log, for what a reload changes; `config diff` shows all


class Reception:
    """Takes verbs for the engine; keeps the inventory that waits for a person's acceptance."""

    def __init__(
        self,
        *,
        engine: Engine,
        database: Database,
        scanner: Scanner,
        gatherer: Gatherer,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._database = database
        self._scanner = scanner
        self._gatherer = gatherer
        self._clock = clock
        self._waiting: Inventory | None = None

    async def say(self, subject: Subject, verb: Verb) -> Said:
        if verb.verb == "db-adopt":
            await self._database.adopt()
        if verb.verb == "inventory-accept":
            return await self._accept(verb)
        return await self._engine.say(subject, verb)

    async def _accept(self, verb: Verb) -> Said:
        if self._waiting is None:
            return Said(False, "no inventory waits to be accepted")
        said = await self._engine.say(fleet_subject(), verb)
        inventory, self._waiting = self._waiting, None
        if not said.ok or inventory is None:
            return said
        text = f"accepted: {count(len(inventory.nodes), 'node')}"
        await self._notice("inventory", "", text)
        await self._take_inventory(inventory, verb.actor.name)
        return Said(True, text, seq=said.seq)

    async def offer(self, inventory: Inventory) -> str:
        """Take the inventory, or keep it waiting when it shrank too much; then say why."""
        present = self._engine.state.inventory
        objection = shrink(present, inventory) if present.nodes else ""
        await self._notice("inventory", objection, "the inventory was read")
        self._waiting = inventory if objection else None
        if objection:
            log.error("inventory refused", extra={"why": objection})
            return objection
        for line in diff(present, inventory)[:20]:
            log.info("inventory changed", extra={"change": line})
        await self._take_inventory(inventory, "engine")
        return ""

    async def _take_inventory(self, inventory: Inventory, actor: str) -> None:
        inventory = replace(inventory, read_at=self._clock.now())
        digest = sha256(repr(inventory).encode()).hexdigest()[:12]
        await self._engine.tell(fleet_subject(), InventoryRead(inventory, digest, actor))
        self._scanner.update(inventory, self._engine.policy)

    async def reload(self, settings: Settings, policy_of: Callable[[Settings], Policy]) -> str:
        """Read everything again; returns what is wrong, or nothing.

        A file with mistakes changes nothing, nor does a policy that would at once release more
        than an hour may do. An inventory that shrank waits for its acceptance, and the policy is
        taken all the same: a stricter one must not wait.
        """
        try:
            fresh, inventory = await asyncio.to_thread(read, settings.file, os.environ)
            await check_keys(settings, inventory)
        except ConfigError as error:
            await self._notice("config", f"the file has mistakes, nothing changed: {error}", "")
            return str(error)
        policy = policy_of(fresh)
        found = await self._compare(policy)
        if found.refused:
            why = f"the policy was not taken: {found.refused}"
            await self._notice("config", why, "")
            return why
        await self._notice("config", "", "the file was read")
        for name in restart_needed(settings, fresh):
            log.warning("needs a restart", extra={"setting": name})
        self._engine.adopt_policy(policy)
        self._gatherer.update(fresh.sources)
        self._scanner.update(self._engine.state.inventory, self._engine.policy)
        return await self.offer(inventory)

    async def _compare(self, policy: Policy) -> PolicyDiffView:
        """What the policy would do at once, and a line of the log for each of it."""
        state, present = self._engine.state.fork(), self._engine.policy
        found = await asyncio.to_thread(difference, state, present, policy, self._clock.now())
        for line in found.settings[:MOST_LINES]:
            log.info("reload changes a setting", extra={"change": line})
        for row in found.moved[:MOST_LINES]:
            change = f"{row.type} of {row.name}: {row.before} -> {row.after}"
            log.info("reload moves an issue", extra={"change": change, "releases": row.releases})
        counts = {"moves": len(found.moved), "power": found.released, "notices": found.notices}
        log.info("reload compared", extra={**counts, "policy": found.after})
        return found

    async def _notice(self, condition: str, wrong: str, well: str) -> None:
        """Tell what is wrong with what was read; that all is well, only where it was not."""
        subject = fleet_subject(condition)
        known = self._engine.state.open_issue(subject, IssueType.SELF) is not None
        if wrong or known:
            await self._engine.tell(subject, Noticed(condition, bool(wrong), wrong or well))


RESTART = (
    "state_dir",
    "canaries",
    "service",
    "keep",
    "api",
    "socket",
    "roles",
    "mail",
    "alerts",
    "integrations",
    "secrets",
)


def restart_needed(old: Settings, new: Settings) -> list[str]:
    """Settings that changed and that only a start takes over."""
    return [name for name in RESTART if getattr(old, name) != getattr(new, name)]
