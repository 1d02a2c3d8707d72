"""Memory: when the garbage collector may stop the loop."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# A collection for so many new objects, so many young collections, so many of the middle ones.
# Also a young one takes its time, about 1 ms for each thousand: five times as many would stop the
# loop for as long as a full collection does.
THRESHOLDS = (10_000, 20, 100)


def collect_seldom() -> None:
    """Leave what is loaded out of every later collection, and collect less often.

    Said once, when the long-lived state is in place. A full collection walks all of it on the
    loop, and finds next to nothing: 20 to 40 ms in which no key is drawn and no probe is on time.
    """
    gc.collect()  # what is garbage now would be kept for ever
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


@contextmanager
def collect_later() -> Iterator[None]:
    """Collect nothing while much is made that all stays: a collection would walk it in vain."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
