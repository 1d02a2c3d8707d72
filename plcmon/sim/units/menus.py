"""The menu trees of APC's cards, as data: what leads where on each of the five layouts."""

from collections.abc import Mapping
from dataclasses import dataclass

MAIN = ("Device Manager", "Network", "System", "Logout")
ACTIONS = (
    "Immediate On",
    "Immediate Off",
    "Immediate Reboot",
    "Delayed On",
    "Delayed Off",
    "Delayed Reboot",
    "Cancel",
)
PLUS_ACTIONS = (
    "Immediate On",
    "Delayed On",
    "Immediate Off",
    "Immediate Reboot",
    "Delayed Off",
    "Delayed Reboot",
    "Override",
    "Cancel",
)
VERBS: Mapping[str, str] = {
    "Immediate On": "on",
    "Immediate Off": "off",
    "Immediate Reboot": "reboot",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How one firmware and one kind of login arrange the way to an outlet."""

    menus: tuple[tuple[str, tuple[str, ...], str], ...]  # title, items, the one that leads on
    control: bool  # outlets have a page of their own above the actions
    actions: tuple[str, ...] = ACTIONS
    application: str = "v2.7.3"


LAYOUTS: Mapping[str, Layout] = {
    "13p13": Layout(
        menus=(
            (
                "Device Manager",
                (
                    "Phase Monitor/Configuration",
                    "Outlet Restriction",
                    "Outlet Control/Configuration",
                    "Power Supply Status",
                ),
                "Outlet Control/Configuration",
            ),
        ),
        control=True,
    ),
    "12p3": Layout(
        menus=(
            (
                "Device Manager",
                ("Phase Monitor", "Outlet Control", "Power Supply Status"),
                "Outlet Control",
            ),
        ),
        control=False,
    ),
    "121p3": Layout(
        menus=(
            (
                "Device Manager",
                ("Phase Management", "Outlet Management", "Power Supply Status"),
                "Outlet Management",
            ),
            (
                "Outlet Management",
                ("Outlet Control/Configuration",),
                "Outlet Control/Configuration",
            ),
        ),
        control=False,
        application="v3.3.4",
    ),
    "121p1": Layout(
        menus=(
            (
                "Device Manager",
                ("Phase Management", "Outlet Management", "Power Supply Status"),
                "Outlet Management",
            ),
            (
                "Outlet Management",
                ("Outlet Control/Configuration", "Outlet Restriction"),
                "Outlet Control/Configuration",
            ),
        ),
        control=True,
        application="v3.3.4",
    ),
    "1p4": Layout(menus=(), control=False, actions=PLUS_ACTIONS, application="v2.0.0"),
}
