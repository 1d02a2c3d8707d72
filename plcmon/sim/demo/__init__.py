"""The demo: a virtual fleet, the real service, and a story that must come true."""

from plcmon.sim.demo.main import main

__all__ = ["main"]
