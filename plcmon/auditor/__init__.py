"""The auditor: reads the journal alone, and says where it breaks what must always be true."""

from plcmon.auditor.auditor import Auditor
from plcmon.auditor.limits import Limits
from plcmon.auditor.truth import Truth
from plcmon.auditor.violation import Violation

__all__ = ["Auditor", "Limits", "Truth", "Violation"]
