"""NETIO 4, PowerPDU, PowerBOX, PowerCable and relatives: the JSON API.

Tested:   a virtual unit; no real one yet.
Assumes:  the JSON API is switched on, and the account is the one that may write.
Session:  none; requests are independent of one another.
Source:   NETIO "JSON M2M API" and the manuals' table of actions.

The manuals say that action 2 switches an output that is on off and on again, and turns on one that
is off; so its own cycle is offered. A refused command is answered with the state, as if accepted.
"""

from plcmon.drivers.base import Family
from plcmon.drivers.recipe import Recipe, Shown, drive
from plcmon.model.subjects import Transport

ACTION = 'POST /netio.json {"Outputs":[{"ID":{outlet},"Action":'
RECIPE = Recipe(
    test="GET /netio.json",
    inside='"Outputs"',
    read="GET /netio.json",
    shown=Shown("Outputs/ID={outlet}/State"),
    lists='"Outputs"',
    on=ACTION + "1}]}",
    off=ACTION + "0}]}",
    cycle=ACTION + '2,"Delay":10000}]}',
    accepted='"Outputs"',
)

FAMILY = Family(
    name="netio",
    title="NETIO 4, PowerPDU and relatives, JSON API",
    transports=(Transport("https", 443),),
    also=(Transport("http", 80),),
    connect=drive(lambda _: (RECIPE,)),
    native_cycle=True,
)
