"""Gude Expert Power Control: commands in addresses, states in JSON.

Tested:   a virtual unit with either page; no real one yet.
Assumes:  firmware that has `statusjsn.js` or, later, `status.json`; commands are taken on both.
Session:  none; requests are independent of one another.
Source:   Gude "EPC HTTP Interface": commands 1 and 5, and the component "outputs".

Command 5 names both of its steps, off and then on; so its own cycle is offered.
"""

from plcmon.drivers.base import Family
from plcmon.drivers.recipe import Recipe, Shown, Sign, drive
from plcmon.errors import BusyError
from plcmon.model.subjects import Transport


def recipe(page: str) -> Recipe:
    """One page answers everything."""
    outputs = f"GET {page}?components=1"
    return Recipe(
        test=outputs,
        inside='"outputs"',
        read=outputs,
        shown=Shown("outputs/{index}/state"),
        lists='"outputs"',
        on=outputs + "&cmd=1&p={outlet}&s=1",
        off=outputs + "&cmd=1&p={outlet}&s=0",
        cycle=outputs + "&cmd=5&p={outlet}&a1=0&a2=1&s=10",
        accepted='"outputs"',
        signs=(Sign(BusyError, "another user holds it", shows="is blocked by another user"),),
    )


RECIPES = (recipe("/statusjsn.js"), recipe("/status.json"))

FAMILY = Family(
    name="gude",
    title="Gude Expert Power Control",
    transports=(Transport("https", 443),),
    also=(Transport("http", 80),),
    connect=drive(lambda _: RECIPES),
    native_cycle=True,
)
