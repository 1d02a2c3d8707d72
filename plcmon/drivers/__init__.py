"""Doors to power control units: one file for each family, three layers, no policy.

Transports know bytes, the dialogue knows what was said and whether we are committed, a family knows
its prompts. Deadlines are set in `units`; retries, pauses, proof and "off, wait, on" live above.
"""

from plcmon.drivers.base import Family, KnownKeys, RememberedKeys
from plcmon.drivers.outcomes import finding_of, outcome_of
from plcmon.drivers.registry import FAMILIES, MODELS, family_of
from plcmon.drivers.units import DriverUnits

__all__ = [
    "FAMILIES",
    "MODELS",
    "DriverUnits",
    "Family",
    "KnownKeys",
    "RememberedKeys",
    "family_of",
    "finding_of",
    "outcome_of",
]
