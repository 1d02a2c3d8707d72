"""The dialogue: what a lost link means, noise, floods, and secrets under any cutting of bytes."""

import asyncio
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plcmon.drivers.base import Commitment
from plcmon.drivers.dialogue import CAP, Dialogue, cue
from plcmon.drivers.mask import Mask
from plcmon.errors import DeviceError, DialogueError, OutcomeUnknownError, UnreachableError
from tests.drivers.wires import TapeLink

PROMPT = cue("the prompt", r"(?:^|\n)> *$")
DONE = cue("success", r"^done (\d+)")
SECRET = "s3cret-word"


def dialogue(link: TapeLink, lines: list[str] | None = None) -> Dialogue:
    tell = lines.append if lines is not None else None
    return Dialogue(link, peer="pcu-1", point=Commitment(), mask=Mask(SECRET), tell=tell)


async def test_a_prompt_is_found_behind_noise() -> None:
    noisy = b"\x00\xff\xfb\x03\x1b[2J\x1b[1;1Hwelcome\r\x00\r\n\x1b]0;title\x07\x07> "
    heard = await dialogue(TapeLink([noisy], hangs=True)).expect(PROMPT, doing="waiting")

    assert heard.text == "welcome\n\n> "


async def test_a_sequence_cut_in_two_is_still_noise() -> None:
    link = TapeLink([b"a\x1b[3", b"1mb\xff", b"\xfb\x01\n> "], hangs=True)
    heard = await dialogue(link).expect(PROMPT, doing="waiting")

    assert heard.text == "ab\n> "


async def test_a_prompt_in_the_middle_of_a_screen_is_not_believed() -> None:
    link = TapeLink([b"\n> ", b"not yet\n> "], hangs=True)
    heard = await dialogue(link).expect(PROMPT, doing="waiting")

    assert heard.text == "\n> not yet\n> "


async def test_the_first_cue_in_the_list_counts() -> None:
    link = TapeLink([b"done 7\n> "], hangs=True)
    heard = await dialogue(link).expect(DONE, PROMPT, doing="waiting")

    assert heard.cue is DONE
    assert heard.match[1] == "7"


async def test_what_was_heard_before_speaking_is_done_with() -> None:
    link = TapeLink([b"done 1\n", b"done 2\n"], hangs=True)
    d = dialogue(link)
    await d.expect(DONE, doing="waiting")
    await d.say("next")

    assert (await d.expect(DONE, doing="waiting")).match[1] == "2"


async def test_only_a_prompt_means_that_the_unit_waits() -> None:
    d = dialogue(TapeLink([b"done 1\n", b"> "], hangs=True))
    await d.expect(DONE, doing="waiting")
    between = d.at_prompt
    await d.expect(PROMPT, doing="waiting")

    assert (between, d.at_prompt) == (False, True)


async def test_enter_is_one_carriage_return() -> None:
    link = TapeLink([])
    await dialogue(link).say("4")

    assert link.written == b"4\r"


async def test_link_lost_in_silence_is_unreachable() -> None:
    with pytest.raises(UnreachableError):
        await dialogue(TapeLink([])).expect(PROMPT, doing="waiting")


async def test_link_lost_before_commit_shows_what_was_seen() -> None:
    with pytest.raises(DialogueError) as caught:
        await dialogue(TapeLink([b"Connection limit reached\r\n"])).expect(PROMPT, doing="waiting")

    assert str(caught.value).startswith("pcu-1: waiting: the link was lost before the prompt")
    assert "Connection limit reached" in caught.value.why


async def test_link_lost_after_commit_is_unknown() -> None:
    d = dialogue(TapeLink([b"\r\nyes, and"]))
    await d.commit("YES")

    with pytest.raises(OutcomeUnknownError):
        await d.expect(DONE, doing="switching")


async def test_a_write_that_fails_after_commit_is_unknown() -> None:
    link = TapeLink([])
    link.broken = True

    with pytest.raises(OutcomeUnknownError):
        await dialogue(link).commit("YES")


async def test_a_megabyte_without_a_newline_is_a_named_error() -> None:
    link = TapeLink([b"x" * 4096] * 256)

    with pytest.raises(DialogueError) as caught:
        await dialogue(link).expect(PROMPT, doing="waiting")

    assert "64 KiB" in caught.value.why


async def test_an_endless_stream_of_prompts_is_a_named_error() -> None:
    link = TapeLink([b"\n> " * 1000] * 100)

    with pytest.raises(DialogueError):
        await dialogue(link).expect(PROMPT, doing="waiting")


@pytest.mark.parametrize(
    "flood", [b"\xff\xfa", b"\x1b[", b"\x1b]", b" ", b"\r", b"1- ", b"Success", b"\n "]
)
async def test_no_flood_costs_more_than_a_moment(flood: bytes) -> None:
    link = TapeLink([flood * (4096 // len(flood))] * (CAP // 4096 + 2))
    began = time.monotonic()

    with pytest.raises(DeviceError):
        await dialogue(link).expect(PROMPT, DONE, doing="waiting")

    assert time.monotonic() - began < 3


async def test_the_deadline_is_the_callers_and_loses_nothing() -> None:
    lines: list[str] = []
    d = dialogue(TapeLink([b"half a scr"], hangs=True), lines)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await d.expect(PROMPT, doing="waiting")

    assert lines == ["< half a scr"]
    assert d.seen == "half a scr"


async def test_the_transcript_has_both_sides_without_the_secret() -> None:
    lines: list[str] = []
    d = dialogue(TapeLink([f"echo {SECRET}\r\n> ".encode()], hangs=True), lines)
    await d.say(SECRET)
    await d.expect(PROMPT, doing="waiting")

    assert lines == ["> •••", "< echo •••", "< >"]


@given(data=st.data(), words=st.lists(st.sampled_from([SECRET, "> ", "\r\n", "x", "\x1b[0m"])))
@settings(max_examples=60, deadline=None)
async def test_the_secret_never_shows_however_the_bytes_are_cut(
    data: st.DataObject, words: list[str]
) -> None:
    said = "".join(words).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(said)), max_size=6)))
    edges = [0, *cuts, len(said)]
    chunks = [said[a:b] for a, b in pairwise(edges) if a != b]
    lines: list[str] = []
    error = ""

    try:
        await dialogue(TapeLink(chunks), lines).expect(DONE, doing="waiting")
    except DeviceError as exc:
        error = f"{exc!r} {exc}"

    assert error
    assert SECRET not in "\n".join(lines) + error


@given(chunks=st.lists(st.binary(min_size=1, max_size=200), max_size=12), committed=st.booleans())
@settings(max_examples=120, deadline=None)
async def test_any_bytes_end_in_a_match_or_a_named_error(
    chunks: list[bytes], committed: bool
) -> None:
    lines: list[str] = []
    d = dialogue(TapeLink(chunks), lines)
    if committed:
        await d.commit("YES")

    async with asyncio.timeout(30):
        try:
            await d.expect(DONE, PROMPT, doing="waiting")
        except DeviceError as exc:
            assert isinstance(exc, OutcomeUnknownError) is committed

    assert all(line.isprintable() or "\xa0" in line or "\xad" in line for line in lines)


NOISE = st.sampled_from(
    [
        b"",
        b"\x00",
        b"\x1b[31m",
        b"\x1b]0;t\x07",
        b"\xff\xf1",
        b"\xff\xfb\x03",
        b"\r\n",
        b"done with it\r\n",
    ]
)


WHOLE = cue("the whole line", r"^done (\d+)\n")  # without its end it might be half of one


class Answering(TapeLink):
    """Answers each line it is told with the next of its screens, cut in pieces."""

    def __init__(self, screens: list[list[bytes]]) -> None:
        super().__init__([], hangs=True)
        self._screens = screens

    async def write(self, data: bytes) -> None:
        await super().write(data)
        self._chunks += self._screens.pop(0)


def screen(number: int, noises: list[bytes], cuts: set[int]) -> list[bytes]:
    """An echo, an answer and a prompt with noise in between, in pieces."""
    rows = (b"%d\r\n" % number, b"done %d\r\n" % number, b"> ")
    said = b"".join(noise + row for noise, row in zip(noises, rows, strict=True))
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(said)), len(said)]
    return [said[a:b] for a, b in pairwise(edges)]


ANSWERS = st.tuples(
    st.integers(0, 999),
    st.lists(NOISE, min_size=3, max_size=3),
    st.sets(st.integers(1, 40), max_size=5),
)


@given(answers=st.lists(ANSWERS, min_size=1, max_size=3))
@settings(max_examples=12, deadline=None)
async def test_an_answer_always_belongs_to_its_question(
    answers: list[tuple[int, list[bytes], set[int]]],
) -> None:
    d = dialogue(Answering([screen(*answer) for answer in answers]))
    heard: list[int] = []
    async with asyncio.timeout(30):
        for number, _, _ in answers:
            await d.say(str(number))
            heard.append(int((await d.expect(WHOLE, doing="asking")).match[1]))
            await d.expect(PROMPT, doing="asking")

    assert heard == [number for number, _, _ in answers]
    assert d.at_prompt


async def test_silence_is_told_from_words_which_are_kept() -> None:
    d = dialogue(TapeLink([b"\xff\xfb\x01", b"\r\n", b"hi\n> "], hangs=True))

    assert not await d.is_silent(10)
    assert (await d.expect(PROMPT, doing="waiting")).text == "\nhi\n> "
    assert await d.is_silent(0.01)


async def test_a_lost_link_is_no_silence() -> None:
    assert not await dialogue(TapeLink([])).is_silent(10)
