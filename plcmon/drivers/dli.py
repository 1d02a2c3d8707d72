"""Digital Loggers web power switches: the REST interface, or the addresses of older ones.

Tested:   virtual units with either; no real one yet.
Assumes:  "REST-style API" is allowed, or "legacy state-changing GET requests" on older ones.
Session:  none; requests are independent of one another.
Source:   digital-loggers.com/rest.html, "Power controller definitions", and http.html.

REST counts outlets from 0. What is set is the persistent state; what is read is the physical one,
where the firmware shows it. Units lock out an account that guesses.
"""

from dataclasses import replace

from plcmon.drivers.base import Family
from plcmon.drivers.recipe import Recipe, Shown, Sign, drive
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.model.subjects import Transport

OUTLETS = "/restapi/relay/outlets"
REST = Recipe(
    test=f"GET {OUTLETS}/0/physical_state/",
    read=f"GET {OUTLETS}/{{index}}/physical_state/",
    shown=Shown("."),
    on=f"PUT {OUTLETS}/{{index}}/state/ value=true",
    off=f"PUT {OUTLETS}/{{index}}/state/ value=false",
    headers={"X-CSRF": "x", "Accept": "application/json"},
    signs=(Sign(NoSuchOutletError, "it has no such outlet", status=404),),
)
EARLY_REST = replace(REST, test=f"GET {OUTLETS}/0/state/", read=f"GET {OUTLETS}/{{index}}/state/")
STATUS = Recipe(
    test="GET /status",
    inside='id="state"',
    read="GET /status",
    shown=Shown('<div id="state">{state}<', bits=True),
    lists='id="state"',
    on="GET /outlet?{outlet}=ON",
    off="GET /outlet?{outlet}=OFF",
)
INDEX = replace(
    STATUS,
    test="GET /index.htm",
    inside="<!-- state=",
    read="GET /index.htm",
    shown=Shown("<!-- state={state} lock", bits=True),
    lists="<!-- state=",
)

FAMILY = Family(
    name="dli",
    title="Digital Loggers web power switches",
    transports=(Transport("https", 443),),
    also=(Transport("http", 80),),
    connect=drive(lambda _: (REST, EARLY_REST, STATUS, INDEX)),
)
