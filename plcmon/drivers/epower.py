"""ePowerSwitch by Neol and Leunig, which Black Box sells as Power Switch (PS Maverick, PSE505).

Tested:   virtual units of each generation; no real one yet.
Assumes:  web pages show `socket(1,"name",1,0)`, number, name, state; of `epowerswitch-old` nobody
          wrote down what its page shows, so there the option `state` may say it.
Session:  none, but the old ones remember the address that gave the password.
Source:   vendor's "ePowerSwitch Commands" and the guides of 8M+ R2 and 1G R2 (hidden page);
          programs of other users for the pages `cmd.html` and `config/home_f.html`.

Three ways in. The new ones let in by basic, but only who asked first and was refused. The old ones
take a password alone, as a form. 8M+ and all R2 have a hidden page with an account of its own. The
vendor has `r` and the button Restart switch off and then on again after a delay.
"""

from plcmon.drivers.base import Call, Family
from plcmon.drivers.recipe import Recipe, Shown, Sign, drive
from plcmon.errors import LoginError
from plcmon.model.subjects import Transport

SOCKET = 'socket({outlet},"*",{state},'


def shown(at: str) -> Shown:
    """A socket that restarts is neither on nor off."""
    return Shown(at, between=("2",))


def page(path: str) -> Recipe:
    """A page that shows the sockets and takes the form that switches them."""
    return Recipe(
        test=f"GET {path}",
        inside="socket(",
        read=f"GET {path}",
        shown=shown(SOCKET),
        lists="socket(",
        on=f"POST {path} P{{outlet}}=1",
        off=f"POST {path} P{{outlet}}=0",
        cycle=f"POST {path} P{{outlet}}=r",
    )


def old(call: Call) -> tuple[Recipe]:
    """The page after the password, with the form of all sockets or of one."""
    form = "/econtrol_{outlet}.html" if call.quirk("socket-password") else "/econtrol.html"
    login = "POST /elogin.html pwd={password}"
    asks = (
        Sign(LoginError, "password refused", shows=f"type{mark}password") for mark in ("=", '="')
    )
    recipe = Recipe(
        test=login,
        inside="econtrol",
        read=login,
        shown=shown(call.option("state", SOCKET)),
        lists="" if "state" in call.pcu.options else "socket(",
        on=f"POST {form} P{{outlet}}=1",
        off=f"POST {form} P{{outlet}}=0",
        cycle=f"POST {form} P{{outlet}}=r",
        signs=tuple(asks),
    )
    return (recipe,)


PAGES = (page("/cmd.html"), page("/config/home_f.html"))
R2 = Recipe(
    test="GET /hidden.htm",
    inside="M0:O",
    read="GET /hidden.htm",
    shown=Shown("M0:O{outlet}={state}"),
    lists="M0:O",
    on="GET /hidden.htm?M0:O{outlet}=ON",
    off="GET /hidden.htm?M0:O{outlet}=OFF",
    accepted="M0:O",
)
BEFORE_R2 = Recipe(
    test="GET /hidden.htm",
    inside="P01=",
    read="GET /hidden.htm",
    shown=Shown("P{two}={state}"),
    lists="P01=",
    on="GET /hidden.htm?P{two}=1",
    off="GET /hidden.htm?P{two}=0",
    accepted="P01=",
)

NEW = Family(
    name="epowerswitch-new",
    title="ePowerSwitch 1, 4, 8 and Black Box Power Switch, web pages",
    transports=(Transport("http", 80),),
    connect=drive(lambda _: PAGES),
    native_cycle=True,
)
OLD = Family(
    name="epowerswitch-old",
    title="ePowerSwitch of the first generation, password alone",
    transports=(Transport("http", 80),),
    connect=drive(old, auth=lambda _: "none"),
    needs=frozenset({"host", "credential"}),
    options={"state": "where its page shows a state, as text around {state}"},
    native_cycle=True,
)
HIDDEN = Family(
    name="epowerswitch-hidden",
    title="ePowerSwitch 8M+ and R2, hidden page",
    transports=(Transport("http", 80),),
    connect=drive(lambda _: (R2, BEFORE_R2)),
)
FAMILIES = (NEW, OLD, HIDDEN)
