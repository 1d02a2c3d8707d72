"""Every tooth there is: the rows of the table in docs/safety.md."""

from tests.teeth.crowd import CROWD
from tests.teeth.flight import FLIGHT

TEETH = (*CROWD, *FLIGHT)
