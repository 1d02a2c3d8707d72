"""The only room that says SQL: state.db, which decides, and history.db, which may be lost."""

from plcmon.store.availability import Availability
from plcmon.store.database import Database, Pruned
from plcmon.store.head import Tx
from plcmon.store.opening import open_database

__all__ = ["Availability", "Database", "Pruned", "Tx", "open_database"]
