"""Posts: what a webhook brings is taken whole, or refused with what is wrong and where."""

from datetime import datetime

from plcmon.config.sources import Source
from plcmon.errors import MistypedError
from plcmon.model.policy import Wire
from plcmon.policy.hearsay import FUTURE, OLD
from plcmon.sources.samples import Sample, instant, samples_in
from plcmon.sources.sorting import NONSENSE, TWICE, UNKNOWN, Names, Sorted, sort_out
from plcmon.sources.web import NotHeardError

POSTING = "taking readings"
MISTAKES = (NONSENSE, TWICE, FUTURE)  # a row of these refuses the whole; unknown and old are told


def read_post(
    name: str,
    source: Source,
    body: bytes,
    form: str,
    *,
    names: Names,
    arrived_at: datetime,
    wire: Wire,
) -> Sorted:
    """The readings of a post. Raises MistypedError for a body or a row that makes no sense."""
    try:
        samples = samples_in(source, body, form or form_of(body))
    except NotHeardError as error:
        raise MistypedError(name, POSTING, f"the body: {error}") from None
    found = sort_out(
        name, source, samples, names, asked_at=arrived_at, arrived_at=arrived_at, wire=wire
    )
    for why in MISTAKES:
        if why in found.first:
            row, sample = found.first[why][0]
            more = found.refused[why] - 1
            others = f"; so {'is' if more == 1 else 'are'} {more} more" if more else ""
            wrong = mistake(why, source, sample, wire)
            raise MistypedError(name, POSTING, f"row {row}: {wrong}{others}; nothing was taken")
    return found


def form_of(body: bytes) -> str:
    """JSON begins with a bracket, a CSV table never does."""
    return "json" if body.lstrip()[:1] in (b"[", b"{") else "csv"


def mistake(why: str, source: Source, sample: Sample, wire: Wire) -> str:
    """What is wrong with a row, and what it may be."""
    if why == TWICE:
        return f'"{sample.node}" is said to be both up and down'
    if why == FUTURE:
        skew = wire.source_skew.total_seconds()
        return f"`{source.at}` is {sample.at}, which lies ahead by more than {skew:g} s"
    if not sample.node:
        return f"it names no node; `{source.node}` must hold a hostname, key or address"
    if sample.at and instant(sample.at) is None:
        return f'`{source.at}` is "{sample.at}"; write Unix seconds, or ISO 8601 with its zone'
    return f'`{source.value}` is "{sample.value}"; {allowed(source)}'


def allowed(source: Source) -> str:
    if source.up_within:
        return "write an age in seconds"
    return f"{', '.join(source.up)} say up, {', '.join(source.down)} say down"


def unknown_names(found: Sorted) -> tuple[str, ...]:
    """The first few nodes that nobody here knows."""
    return tuple(dict.fromkeys(sample.node for _, sample in found.first.get(UNKNOWN, ())))


def too_old(found: Sorted) -> int:
    return found.refused[OLD]
