"""Canaries must accept; witnesses must only answer."""

import time
from datetime import timedelta

from plcmon.model.subjects import Endpoint, Pcu, PcuKey, Site, SiteKey, Transport
from plcmon.probes.canary import ask_canaries, ask_witnesses, witnesses_of
from tests.fakes.peers import HOST, mute_port, refusing_port, silent_port

SOON = timedelta(milliseconds=200)
SITE = SiteKey("princeton")


def make_pcu(key: str, host: str = "pcu.example", transports: tuple[Transport, ...] = ()) -> Pcu:
    return Pcu(PcuKey(key), SITE, key, host, "apc", transports)


async def test_a_canary_that_accepts_is_good() -> None:
    with mute_port() as port:
        news = await ask_canaries([Endpoint(HOST, port)], SOON)

    assert (news.good, news.asked, news.detail) == (1, 1, "")


async def test_a_canary_that_resets_is_not_good() -> None:
    """A box next to us may reset everything; that is no network."""
    with mute_port() as good, refusing_port() as bad:
        news = await ask_canaries([Endpoint(HOST, good), Endpoint(HOST, bad)], SOON)

    assert (news.good, news.asked) == (1, 2)
    assert news.detail == f"no answer from {HOST}:{bad}"
    assert news.answered == {f"{HOST}:{good}": True, f"{HOST}:{bad}": False}


async def test_silent_canaries_are_asked_at_once() -> None:
    with silent_port() as one, silent_port() as other:
        began = time.monotonic()
        news = await ask_canaries([Endpoint(HOST, one), Endpoint(HOST, other)], SOON)
        took = time.monotonic() - began

    assert news.good == 0
    assert took < 2 * SOON.total_seconds()


async def test_a_canary_whose_name_is_unknown_is_not_good() -> None:
    news = await ask_canaries([Endpoint("nobody.invalid", 443)], timedelta(seconds=5))

    assert (news.good, news.asked) == (0, 1)


async def test_many_silent_canaries_are_not_all_named() -> None:
    with refusing_port() as port:
        news = await ask_canaries([Endpoint(f"127.0.0.{n}", port) for n in range(1, 9)], SOON)

    assert news.detail.count("127.0.0.") == 5
    assert news.detail.endswith("and more")


async def test_a_witness_that_resets_has_answered() -> None:
    with mute_port() as accepts, refusing_port() as resets, silent_port() as silent:
        asked = {
            "gateway": Endpoint(HOST, accepts),
            "pcu:toml:p1": Endpoint(HOST, resets),
            "switch": Endpoint(HOST, silent),
        }
        answered = await ask_witnesses(asked, SOON)

    assert answered == {"gateway": True, "pcu:toml:p1": True, "switch": False}


async def test_a_witness_we_could_not_ask_is_left_out() -> None:
    asked = {"gateway": Endpoint("nobody.invalid", 1)}

    assert await ask_witnesses(asked, timedelta(seconds=5)) == {}


async def test_no_witnesses_no_answers() -> None:
    assert await ask_witnesses({}, SOON) == {}


def test_a_sites_witnesses_are_its_own_and_its_pcus() -> None:
    site = Site(SITE, "Princeton", witnesses=(Endpoint("192.0.2.1", 443),))
    pcu = make_pcu("toml:p1", transports=(Transport("ssh", 2222), Transport("telnet", 23)))

    assert witnesses_of(site, [pcu]) == {
        "192.0.2.1:443": Endpoint("192.0.2.1", 443),
        "pcu:toml:p1": Endpoint("pcu.example", 2222),
    }


def test_a_person_is_no_witness() -> None:
    person = make_pcu("toml:manual", host="", transports=(Transport("person", 0),))

    assert witnesses_of(Site(SITE, "Princeton"), [person, make_pcu("toml:bare")]) == {}
