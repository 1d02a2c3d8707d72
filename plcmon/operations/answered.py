"""Raw readings for people: what each said, in a few words. Pure."""

from collections.abc import Iterator

from plcmon.model.readings import Probe, Reading
from plcmon.operations.reports import ReadingLine


def reading_line(reading: Reading) -> ReadingLine:
    loss = 1 - reading.heard / reading.sent if reading.sent else None
    text = "; ".join(words_of(reading)) or "nothing"
    return ReadingLine(reading.at, reading.probe.value, text, reading.took_ms, loss)


def words_of(reading: Reading) -> Iterator[str]:
    """Details of pings and ports say no more than the numbers, and the numbers come first."""
    if reading.probe is Probe.PING:
        yield f"{reading.heard} of {reading.sent} answered"
    if reading.ports:
        yield ", ".join(f"port {port} {answer.value}" for port, answer in reading.ports.items())
        return
    if reading.up is not None:
        yield f"{'up' if reading.up else 'not up'}, as {reading.vantage} sees it"
    if reading.pages:
        yield ", ".join(f"{url} {status or 'no answer'}" for url, status in reading.pages.items())
    if reading.login is not None:
        yield f"login {reading.login.value}"
    elif reading.port is not None and not reading.pages:
        yield f"port {reading.port.value}"
    if reading.facts is not None and reading.facts.kernel:
        yield f"kernel {reading.facts.kernel}"
    if reading.detail:
        yield reading.detail
