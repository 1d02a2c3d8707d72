"""Shelly relays and plugs of every generation; login finds out which one it is.

Tested:   virtual units of both generations; no real one yet.
Assumes:  a password, if one is set, is the one of the web interface; its user is `admin`.
Session:  none; requests are independent of one another.
Source:   shelly-api-docs.shelly.cloud: Gen1 "/relay/{index}", Gen2 "Switch" and "Authentication".

Outlet 1 is the unit's relay 0. Plus and Pro units ask for digest with SHA-256, the first
generation for basic. The answer to a switch names the state before it, so it proves nothing.
"""

from plcmon.drivers.base import Family
from plcmon.drivers.recipe import Recipe, Shown, Sign, drive
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.model.subjects import Transport

ABSENT = "it has no such relay"
GEN2 = Recipe(
    test='POST /rpc {"id":1,"method":"Sys.GetStatus"}',
    inside='"result"',
    read='POST /rpc {"id":1,"method":"Switch.GetStatus","params":{"id":{index}}}',
    shown=Shown("result/output"),
    on='POST /rpc {"id":1,"method":"Switch.Set","params":{"id":{index},"on":true}}',
    off='POST /rpc {"id":1,"method":"Switch.Set","params":{"id":{index},"on":false}}',
    accepted='"was_on"',
    signs=(Sign(NoSuchOutletError, ABSENT, shows='"code"*-105'),),
)
GEN1 = Recipe(
    test="GET /status",
    inside='"relays"',
    read="GET /relay/{index}",
    shown=Shown("ison"),
    on="GET /relay/{index}?turn=on",
    off="GET /relay/{index}?turn=off",
    accepted='"ison"',
    signs=(Sign(NoSuchOutletError, ABSENT, status=404),),
)

FAMILY = Family(
    name="shelly",
    title="Shelly relays and plugs, all generations",
    transports=(Transport("http", 80),),
    also=(Transport("https", 443),),
    connect=drive(lambda _: (GEN2, GEN1)),
    needs=frozenset({"host"}),
)
