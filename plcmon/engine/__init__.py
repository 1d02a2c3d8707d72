"""The staff's head: one inbox, one fold, one commit; then the news, then the staff is woken."""

from plcmon.engine.core import Engine

__all__ = ["Engine"]
