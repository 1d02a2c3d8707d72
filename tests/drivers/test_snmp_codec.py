"""SNMP messages: whatever a datagram holds, it is an answer to our last request or nothing."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plcmon.drivers.snmp_agent import Answer, Kind, Report, Request
from plcmon.drivers.snmp_codec import Community, User
from plcmon.sim.units.snmp_mouth import Mouth, open_mouth

OID = (1, 3, 6, 1, 2, 1, 1, 2, 0)
GET = Request(Kind.GET, OID)
WORD = "c0mmunity-wörd"


def says(value: object) -> Callable[..., object]:
    return lambda kind, at, given: ("", at, value)


def asked(codec: Community, mouth: Mouth, value: object) -> Answer | Report | None:
    reply = mouth.answer(codec.encode(GET), says(value), refuses=False)
    return None if reply is None else codec.decode(reply)


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize(
    ("value", "plain"), [(-1, -1), (2**31 - 1, 2**31 - 1), ("text", "text"), ((1, 3), "1.3")]
)
def test_values_are_numbers_or_texts(version: str, value: object, plain: object) -> None:
    codec, mouth = Community(version, WORD), open_mouth(version, "", WORD, "", "")

    assert asked(codec, mouth, value) == Answer("", OID, plain)


def test_what_is_absent_is_none_in_2c_and_an_error_in_1() -> None:
    answers = [
        asked(Community(version, WORD), open_mouth(version, "", WORD, "", ""), None)
        for version in ("2c", "1")
    ]

    assert answers == [Answer("", OID, None), Answer("noSuchName", (), None)]


def test_only_the_last_request_is_answered() -> None:
    codec, mouth = Community("2c", WORD), open_mouth("2c", "", WORD, "", "")
    first = mouth.answer(codec.encode(GET), says(1), refuses=False)
    second = mouth.answer(codec.encode(GET), says(2), refuses=False)

    assert first is not None
    assert second is not None
    assert codec.decode(first) is None
    assert codec.decode(second) == Answer("", OID, 2)


def test_another_community_or_version_or_a_request_is_no_answer() -> None:
    codec = Community("2c", WORD)
    question = codec.encode(GET)
    stranger = Community("2c", "other")
    stranger._last = codec._last

    assert codec.decode(question) is None
    assert codec.decode(Community("1", WORD).encode(GET)) is None
    assert open_mouth("2c", "", "other", "", "").answer(question, says(1), refuses=False) is None


@given(data=st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_noise_is_no_answer(data: bytes) -> None:
    codec = Community("2c", WORD)
    codec.encode(GET)

    assert codec.decode(data) is None


@given(at=st.integers(0, 80), byte=st.integers(0, 255), version=st.sampled_from(["1", "2c"]))
@settings(max_examples=300, deadline=None)
def test_one_wrong_byte_never_breaks_the_reader(at: int, byte: int, version: str) -> None:
    codec, mouth = Community(version, WORD), open_mouth(version, "", WORD, "", "")
    reply = mouth.answer(codec.encode(GET), says(7), refuses=False)
    assert reply is not None
    at %= len(reply)

    said = codec.decode(reply[:at] + bytes([byte]) + reply[at + 1 :])

    assert said is None or isinstance(said, Answer)


def test_deep_nests_are_refused_quickly() -> None:
    codec = Community("2c", WORD)
    nest = b""
    for _ in range(400):
        head = len(nest).to_bytes(2, "big")
        nest = b"\x30\x82" + head + nest

    assert codec.decode(nest) is None
    assert codec.decode(b"\x30\x80" * 20000) is None


@pytest.fixture(scope="module")
def user() -> User:
    return User("admin", ("auth-phrase", "priv-phrase"), auth="SHA", privacy="AES")


@given(data=st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_noise_is_no_answer_in_version_3(user: User, data: bytes) -> None:
    user.encode(GET)

    assert user.decode(data) is None


@given(at=st.integers(0, 200), byte=st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_one_wrong_byte_never_breaks_the_reader_of_version_3(
    user: User, mouth: Mouth, at: int, byte: int
) -> None:
    reply = mouth.answer(user.encode(GET), says(7), refuses=False)
    assert reply is not None
    at %= len(reply)

    said = user.decode(reply[:at] + bytes([byte]) + reply[at + 1 :])

    assert said is None or isinstance(said, Answer | Report)


@pytest.fixture(scope="module")
def mouth(user: User) -> Mouth:
    """An agent that the user has met: it has said who and when it is."""
    made = open_mouth("3", "admin", "auth-phrase\npriv-phrase", "SHA", "AES")
    for _ in range(3):
        reply = made.answer(user.encode(GET), says(7), refuses=False)
        assert reply is not None
        said = user.decode(reply)
    assert said == Answer("", OID, 7)
    return made


def test_pass_phrases_are_in_no_message(user: User) -> None:
    assert b"phrase" not in user.encode(GET)
