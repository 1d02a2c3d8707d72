"""The staff's hands: carry intents out, one PCU at a time, and prove what happened."""

from plcmon.actions.leases import Leases
from plcmon.actions.power import PowerRoom
from plcmon.actions.tester import PcuTester

__all__ = ["Leases", "PcuTester", "PowerRoom"]
