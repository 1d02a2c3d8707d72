"""What an error of a device means for an intent, and for a test: two tables."""

from collections.abc import Mapping

from plcmon.drivers.situations import (
    DeniedError,
    IncompleteError,
    NoRouteError,
    NoSuchOutletError,
    NotListeningError,
)
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    NeedsHumanError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.beliefs import Finding
from plcmon.model.intents import Outcome

OUTCOMES: Mapping[type[DeviceError], Outcome] = {
    UnreachableError: Outcome.UNREACHABLE,
    DialogueError: Outcome.PROTOCOL_MISMATCH,
    LoginError: Outcome.AUTH_FAILED,
    BusyError: Outcome.BUSY,
    RefusedError: Outcome.REFUSED,
    NoSuchOutletError: Outcome.NO_SUCH_OUTLET,
    DeniedError: Outcome.PERMISSION_DENIED,
    UnsupportedError: Outcome.UNSUPPORTED,
    NeedsHumanError: Outcome.NEEDS_HUMAN,
    OutcomeUnknownError: Outcome.UNKNOWN_AFTER_SEND,
    DeviceError: Outcome.PROTOCOL_MISMATCH,
}

FINDINGS: Mapping[type[DeviceError], Finding] = {
    UnreachableError: Finding.TIMEOUT,
    NotListeningError: Finding.REFUSED,
    NoRouteError: Finding.NO_TRANSPORT,
    DialogueError: Finding.PROMPT_NOT_FOUND,
    LoginError: Finding.LOGIN_REFUSED,
    BusyError: Finding.BUSY,
    RefusedError: Finding.UNSUPPORTED,
    NoSuchOutletError: Finding.INCOMPLETE,
    UnsupportedError: Finding.UNSUPPORTED,
    IncompleteError: Finding.INCOMPLETE,
    NeedsHumanError: Finding.UNSUPPORTED,
    OutcomeUnknownError: Finding.TIMEOUT,
    DeviceError: Finding.PROMPT_NOT_FOUND,
}


def outcome_of(error: DeviceError) -> Outcome:
    """What the device said, for the intent's row."""
    return next(OUTCOMES[kind] for kind in type(error).__mro__ if kind in OUTCOMES)


def finding_of(error: DeviceError) -> Finding:
    """What the test found, for the PCU's belief."""
    return next(FINDINGS[kind] for kind in type(error).__mro__ if kind in FINDINGS)
