"""What can go wrong, as situations; each says who, doing what, and why.

PlcmonError
├── ConfigError              a file the operator must fix            exit 2
├── StoreError               SQLite said no                          exit 3
├── DeskError                the service is not there, or said no    exit 4
│   └── MistypedError            a word that makes no sense          exit 2
└── DeviceError              a PCU did not do what it was asked      exit 5
    ├── UnreachableError         nothing answered            retry: later
    ├── DialogueError            it said something else      retry: once
    ├── LoginError               it refused our credentials  retry: never (units lock out)
    ├── BusyError                another session holds it    retry: later
    ├── RefusedError             it understood and declined  retry: never
    ├── UnsupportedError         it cannot do this at all    retry: never
    ├── NeedsHumanError          a person has been asked     retry: never
    └── OutcomeUnknownError      link died after the command retry: never; read the outlet first
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar


class Retry(StrEnum):
    """Whether trying the same thing again makes sense."""

    NEVER = "never"
    ONCE = "once"
    LATER = "later"


class PlcmonError(Exception):
    """The root: nothing else leaves plcmon on purpose."""

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1
    retry: ClassVar[Retry] = Retry.NEVER
    advice: ClassVar[str] = ""  # what the reader can do, one sentence

    def __init__(self, who: str, doing: str, why: str) -> None:
        super().__init__(who, doing, why)
        self.who = who
        self.doing = doing
        self.why = why

    def __str__(self) -> str:
        return ": ".join(part for part in (self.who, self.doing, self.why) if part)


class ConfigError(PlcmonError):
    """A file the operator must fix; `problems` holds every mistake found, not only the first."""

    code = "config"
    exit_status = 2
    advice = "Correct the lines named above; nothing was started."

    def __init__(self, who: str, problems: Sequence[str]) -> None:
        super().__init__(who, "reading the configuration", "; ".join(problems))
        self.problems = tuple(problems)


class StoreError(PlcmonError):
    """SQLite said no: locked, full, damaged, newer than this program, or not ours."""

    code = "store"
    exit_status = 3
    advice = "Nothing was overwritten; see docs/operations.md, 'The database'."


class DeskError(PlcmonError):
    """The service is not there, or declined a verb."""

    code = "desk"
    exit_status = 4
    advice = "Check that the service runs and that you may use its socket."


class NotFoundError(DeskError):
    """The named subject, issue or intent does not exist; `why` offers the nearest names."""

    code = "not-found"
    advice = "Check the name; lists accept a filter."


class ForbiddenError(DeskError):
    """The caller's role does not include this verb."""

    code = "forbidden"
    advice = "Ask an operator or an admin."


class DeclinedError(DeskError):
    """A verb was understood and declined by a rule; `why` names the rule."""

    code = "declined"
    advice = "`plcmon why` shows every gate and what would unblock it."


class MistypedError(DeclinedError):
    """A word of the request makes no sense; `why` says what would."""

    code = "mistyped"
    exit_status = 2
    advice = "Nothing was done; correct the word and say it again."


class DeviceError(PlcmonError):
    """A PCU did not do what it was asked."""

    code = "device"
    exit_status = 5
    advice = "`plcmon pcu test` shows what the unit says."


class UnreachableError(DeviceError):
    """Nothing answered at the unit's address."""

    code = "unreachable"
    retry = Retry.LATER
    advice = "Check the unit's address and network."


class DialogueError(DeviceError):
    """The unit said something else than its family says."""

    code = "dialogue"
    retry = Retry.ONCE
    advice = "The transcript shows what was seen; the model or a quirk may be wrong."

    @classmethod
    def unexpected(cls, who: str, doing: str, *, expected: str, seen: str) -> "DialogueError":
        """Build the usual sentence; `seen` is the last line, already free of secrets."""
        return cls(who, doing, f"expected {expected!r}, last saw {seen!r}")


class LoginError(DeviceError):
    """The unit refused our credentials. Never tried again by itself: accounts lock."""

    code = "login"
    advice = "Correct the credential, then re-arm the PCU."


class BusyError(DeviceError):
    """Another session holds the unit."""

    code = "busy"
    retry = Retry.LATER
    advice = "Wait for the other session to end."


class RefusedError(DeviceError):
    """The unit understood and declined."""

    code = "refused"
    advice = "Check the outlet and the account's rights on the unit."


class UnsupportedError(DeviceError):
    """The unit or its record cannot do this: unknown model, missing field, missing program."""

    code = "unsupported"
    advice = "Complete the PCU's record; `plcmon drivers` lists what is known."


class NeedsHumanError(DeviceError):
    """The action is a person's to do; a request has been opened."""

    code = "needs-human"
    advice = "Confirm the request when it is done."


class OutcomeUnknownError(DeviceError):
    """The link died after the point of no return: read the outlet before anything else."""

    code = "outcome-unknown"
    advice = "Read the outlet; nothing is sent again by itself."


def explain(error: PlcmonError, *, did: str = "") -> str:
    """Say in short paragraphs what happened, what plcmon did about it, what the reader can do."""
    parts = [str(error), did, error.advice]
    return "\n\n".join(part for part in parts if part)


def to_json(error: PlcmonError) -> dict[str, Any]:
    """The API's form of an error."""
    return {
        "error": error.code,
        "who": error.who,
        "doing": error.doing,
        "why": error.why,
        "retry": error.retry.value,
    }
