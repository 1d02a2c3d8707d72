"""Tasmota: any relay or plug that runs this firmware.

Tested:   a virtual unit; no real one yet.
Assumes:  a form's fields count as arguments, as in every ESP8266 and ESP32 web server.
Session:  none; requests are independent of one another.
Source:   tasmota.github.io/docs/Commands; its web server's HandleHttpCommand.

User and password are arguments of every command. They go into the body of a form, where the
documentation puts them into the address. A wrong password is told by a warning with status 200.
"""

from plcmon.drivers.base import Family
from plcmon.drivers.recipe import Recipe, Shown, Sign, drive
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import LoginError, UnsupportedError
from plcmon.model.subjects import Transport

COMMAND = "POST /cm user={user}&password={password}&cmnd="
RECIPE = Recipe(
    test=COMMAND + "Status",
    inside='"Status"',
    read=COMMAND + "Power{outlet}",
    shown=Shown('"POWER{outlet}"*"{state}"', alone='"POWER"*"{state}"'),
    lists="{",
    on=COMMAND + "Power{outlet}%20On",
    off=COMMAND + "Power{outlet}%20Off",
    accepted='"POWER',
    signs=(
        Sign(UnsupportedError, "its web log is off, so that it gives no answers", shows="weblog"),
        Sign(LoginError, "credentials refused", shows='{"WARNING"'),
        Sign(NoSuchOutletError, "it has no such relay", shows='{"Command"'),
    ),
)

FAMILY = Family(
    name="tasmota",
    title="relays and plugs with Tasmota",
    transports=(Transport("http", 80),),
    connect=drive(lambda _: (RECIPE,), auth=lambda _: "none"),
    needs=frozenset({"host"}),
)
