"""Every situation has its outcome and its finding."""

import pytest

from plcmon import errors
from plcmon.drivers import finding_of, outcome_of, situations
from plcmon.errors import DeviceError
from plcmon.model.beliefs import Finding
from plcmon.model.intents import Outcome


def kinds(kind: type[DeviceError]) -> list[type[DeviceError]]:
    return [kind, *(deeper for below in kind.__subclasses__() for deeper in kinds(below))]


@pytest.mark.parametrize("kind", kinds(DeviceError))
def test_every_kind_of_error_has_both(kind: type[DeviceError]) -> None:
    error = kind("pcu-1", "doing", "why")

    assert isinstance(outcome_of(error), Outcome)
    assert isinstance(finding_of(error), Finding)
    assert finding_of(error) is not Finding.OK


@pytest.mark.parametrize(
    ("kind", "outcome", "finding"),
    [
        (errors.LoginError, Outcome.AUTH_FAILED, Finding.LOGIN_REFUSED),
        (errors.BusyError, Outcome.BUSY, Finding.BUSY),
        (errors.OutcomeUnknownError, Outcome.UNKNOWN_AFTER_SEND, Finding.TIMEOUT),
        (situations.NotListeningError, Outcome.UNREACHABLE, Finding.REFUSED),
        (situations.NoRouteError, Outcome.UNREACHABLE, Finding.NO_TRANSPORT),
        (situations.NoSuchOutletError, Outcome.NO_SUCH_OUTLET, Finding.INCOMPLETE),
        (situations.IncompleteError, Outcome.UNSUPPORTED, Finding.INCOMPLETE),
        (situations.DeniedError, Outcome.PERMISSION_DENIED, Finding.UNSUPPORTED),
    ],
)
def test_the_nearest_kind_counts(
    kind: type[DeviceError], outcome: Outcome, finding: Finding
) -> None:
    error = kind("pcu-1", "doing", "why")

    assert (outcome_of(error), finding_of(error)) == (outcome, finding)
