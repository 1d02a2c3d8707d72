"""The state as the database has it, and the changes of one commit as rows."""

from datetime import datetime

from plcmon.model.state import TIMES, Changes, State, outbox_key
from plcmon.store.audit import append_audit
from plcmon.store.beliefs import all_beliefs, put_beliefs
from plcmon.store.connection import Reader
from plcmon.store.events import append_events, times_of_events
from plcmon.store.head import Tx, read_head
from plcmon.store.intents import put_commands, put_intents, remembered_commands, remembered_intents
from plcmon.store.inventory import all_seen, last_inventory, put_inventory, put_seen
from plcmon.store.issues import put_issues, remembered_issues
from plcmon.store.mails import put_mails, put_outbox, remembered_mails, remembered_outbox
from plcmon.store.stops import (
    all_freezes,
    all_holds,
    all_windows,
    put_freezes,
    put_holds,
    put_windows,
)


async def load_state(reader: Reader, *, since: datetime) -> State:
    """Everything that decides; what is over is remembered from `since` on."""
    issues = await remembered_issues(reader, since=since)
    intents = await remembered_intents(reader, since=since)
    outbox = await remembered_outbox(reader, since=since)
    mails = await remembered_mails(reader, since=since)
    rows = Changes(
        beliefs=await all_beliefs(reader),
        issues={issue.id: issue for issue in issues},
        intents={intent.id: intent for intent in intents},
        commands=await remembered_commands(reader, since=since),
        outbox={outbox_key(row): row for row in outbox},
        mails={mail.message_id: mail for mail in mails},
        windows=await all_windows(reader),
        freezes=await all_freezes(reader),
        holds=await all_holds(reader),
        inventory=await last_inventory(reader),
        seen=await all_seen(reader),
    )
    state = State()
    state.apply(rows)
    state.told_at = await times_of_events(reader, limit=TIMES)
    head = await read_head(reader)
    state.seq = head.last_event if head else 0
    return state


async def write_changes(tx: Tx, changes: Changes) -> None:
    """Every row of one commit."""
    await append_events(tx, events=changes.events)
    await put_beliefs(tx, beliefs=changes.beliefs)
    await put_issues(tx, issues=changes.issues.values())
    await put_intents(tx, intents=changes.intents.values())
    await put_commands(tx, commands=changes.commands)
    await put_outbox(tx, rows=changes.outbox.values())
    await put_mails(tx, mails=changes.mails.values())
    await put_windows(tx, windows=changes.windows)
    await put_freezes(tx, freezes=changes.freezes)
    await put_holds(tx, holds=changes.holds)
    await append_audit(tx, rows=changes.audit)
    await put_seen(tx, seen=changes.seen)
    if changes.inventory is not None:
        await put_inventory(tx, inventory=changes.inventory)
