"""The stage: the configuration it writes is one that the service takes; what it starts it ends."""

import asyncio
import shutil
import signal
import sys
from pathlib import Path

import pytest

from plcmon.config import Settings
from plcmon.errors import DeskError
from plcmon.inventory.toml import load
from plcmon.model.decisions import Mode
from plcmon.model.subjects import Endpoint, Inventory
from plcmon.sim.control import FleetControl
from plcmon.sim.demo.stage import Stage, dies_with_us, read_preset, write_config
from plcmon.sim.inventory import write_inventory
from plcmon.sim.layout import Layout
from plcmon.sim.process import RunningFleet
