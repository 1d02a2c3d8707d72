"""The staircase: wires the house, owns the one TaskGroup, starts in order, stops in reverse."""

from plcmon.app.service import serve

__all__ = ["serve"]
