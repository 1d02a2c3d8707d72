"""Every tooth there is: the rows of the table in docs/safety.md."""

from tests.teeth.crowd import CROWD
from tests.teeth.flight import FLIGHT
from tests.teeth.hands import HANDS
from tests.teeth.honest import HONEST
from tests.teeth.money import MONEY
from tests.teeth.people import PEOPLE

TEETH = (*CROWD, *FLIGHT, *PEOPLE, *MONEY, *HONEST, *HANDS)
