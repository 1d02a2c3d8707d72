"""The staff's hands: carry intents out, one PCU at a time, and prove what happened."""

from plcmon.actions.effects import EffectRoom
from plcmon.actions.leases import Leases
from plcmon.actions.power import PowerRoom
from plcmon.actions.recorder import Recorder, recorders
from plcmon.actions.tester import PcuTester

__all__ = ["EffectRoom", "Leases", "PcuTester", "PowerRoom", "Recorder", "recorders"]
