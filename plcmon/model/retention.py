"""Retention: how long what happened is kept; the journal, issues and actions are kept for good."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """How old rows may become before they are deleted, a batch at a time."""

    events: timedelta = timedelta(days=400)
    mails: timedelta = timedelta(days=400)
    hours: timedelta = timedelta(days=30)
    readings: timedelta = timedelta(days=3)


SHIPPED = Retention()
