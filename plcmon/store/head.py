"""The head of the state: the one row of `brain` that every commit moves forward."""

from dataclasses import dataclass

from plcmon.store.connection import Reader, Writer

SELECT = """
SELECT state, machine, path, inode, fence, commits, last_event, audit_seq, audit_hash, why_not,
    closed_at
FROM brain
WHERE id = 1
"""
REPLACE = """
INSERT OR REPLACE INTO brain (id, state, machine, path, inode, fence, commits, last_event,
    audit_seq, audit_hash, why_not, closed_at)
VALUES (1, :state, :machine, :path, :inode, :fence, :commits, :last_event, :audit_seq, :audit_hash,
    :why_not, :closed_at)
"""
ADVANCE = """
UPDATE brain
SET commits = :commits, last_event = :last_event, audit_seq = :audit_seq, audit_hash = :audit_hash
WHERE id = 1
"""


@dataclass(slots=True)
class Head:
    """Whose state this is and how far it has come; the open transaction owns it."""

    state: str
    machine: str
    path: str
    inode: int
    fence: int = 0
    commits: int = 0
    last_event: int = 0
    audit_seq: int = 0
    audit_hash: str = ""
    why_not: str = ""
    closed_at: int | None = None  # unix milliseconds

    def columns(self) -> dict[str, str | int | None]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class Tx(Writer):
    """An open write transaction of state.db, with the head it will leave behind."""

    def __init__(self, writer: Writer, head: Head) -> None:
        super().__init__(writer._connection, writer.path)
        self.head = head


async def read_head(reader: Reader) -> Head | None:
    """The head; None while the state is being born."""
    row = await reader.row(SELECT)
    return Head(*row) if row else None


async def replace_head(writer: Writer, head: Head) -> None:
    await writer.execute(REPLACE, head.columns())


async def advance(tx: Tx) -> None:
    """Count one more commit, and say how far events and journal have come."""
    tx.head.commits += 1
    await tx.execute(ADVANCE, tx.head.columns())
