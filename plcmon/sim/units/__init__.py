"""Virtual power control units: real servers on loopback, one family's dialogue each."""

from plcmon.sim.units.amt import AmtUnit
from plcmon.sim.units.apc import ApcUnit
from plcmon.sim.units.apc_cli import ApcCliUnit
from plcmon.sim.units.appliances import (
    DliUnit,
    GudeUnit,
    NetioUnit,
    ShellyUnit,
    TasmotaUnit,
)
from plcmon.sim.units.baytech import BayTechUnit
from plcmon.sim.units.certificate import Certificate
from plcmon.sim.units.drac import DracUnit
from plcmon.sim.units.epower import EpowerUnit, PhpUnit
from plcmon.sim.units.ilo import IloUnit
from plcmon.sim.units.ipal import IpalUnit
from plcmon.sim.units.ipmi import IpmiUnit, write_ipmitool
from plcmon.sim.units.redfish import RedfishPduUnit, RedfishUnit
from plcmon.sim.units.smash import SmashUnit
from plcmon.sim.units.snmp import SnmpUnit
from plcmon.sim.units.socketed import SocketedUnit, write_agent
from plcmon.sim.units.unit import CommandLog, Row, UnitFaults, VirtualUnit
from plcmon.sim.units.wti import WtiUnit

__all__ = [
    "AmtUnit",
    "ApcCliUnit",
    "ApcUnit",
    "BayTechUnit",
    "Certificate",
    "CommandLog",
    "DliUnit",
    "DracUnit",
    "EpowerUnit",
    "GudeUnit",
    "IloUnit",
    "IpalUnit",
    "IpmiUnit",
    "NetioUnit",
    "PhpUnit",
    "RedfishPduUnit",
    "RedfishUnit",
    "Row",
    "ShellyUnit",
    "SmashUnit",
    "SnmpUnit",
    "SocketedUnit",
    "TasmotaUnit",
    "UnitFaults",
    "VirtualUnit",
    "WtiUnit",
    "write_agent",
    "write_ipmitool",
]
