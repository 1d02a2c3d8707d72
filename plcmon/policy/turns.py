"""Turns: one of each site, then the next of each; the oldest first."""

from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any, TypeVar

T = TypeVar("T")


def in_turn(things: Iterable[T], *, site: Callable[[T], str], age: Callable[[T], Any]) -> list[T]:
    """Sites in turn; within a site, and among sites, the oldest first."""
    by_site: dict[str, list[T]] = {}
    for thing in sorted(things, key=age):
        by_site.setdefault(site(thing), []).append(thing)
    rounds = zip_longest(*by_site.values())
    return [thing for turn in rounds for thing in turn if thing is not None]
