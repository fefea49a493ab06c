"""Any bytes become messages that can be acted on; what no one typed is not typed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as some
from textual import events
from textual.message import Message

from tgtui.screens.terminal.hearing import MOST_KEPT, TerminalInput

SEQUENCES = (
    b"\x1b[A", b"\x1bOP", b"\x1b[[A", b"\x1b[1;5C", b"\x1b[23$", b"\x1b[I", b"\x1b[O", b"\x1b[13u", b"\x1b[97;;97u",
    b"\x1b[<0;5;5M", b"\x1b[<64;5;5m", b"\x1b[M !!", b"\x1b[48;24;80;480;800t", b"\x1b[?2026;2$y", b"\x1b[?62;22c",
    b"\x1b[8;5R", b"\x1b]11;rgb:00/00/00\x07", b"\x1bP1$r0m\x1b\\", b"\x1b_G\x1b\\", b"\x1b[200~", b"\x1b[201~",
    b"\x1bx", b"\x1b\xc3\xa9", b"\x1b\x1b", "é你👩‍🚀".encode(),
)  # fmt: skip
"""What terminals send, and what they answer."""


def heard(*reads: bytes, rest: bool = True) -> list[Message]:
    """What comes of these reads, and of the silence after them."""
    terminal = TerminalInput()
    messages = [message for read in reads for message in terminal.feed(read)]
    return messages + (list(terminal.rest()) if rest else [])


def said(messages: Iterable[Message]) -> list[str]:
    """Keys by name, pastes in quotes, others by their kind."""
    return [
        message.key
        if isinstance(message, events.Key)
        else repr(message.text)
        if isinstance(message, events.Paste)
        else type(message).__name__
        for message in messages
    ]


@pytest.mark.parametrize(
    ("reads", "keys"),
    [
        ([b"caf\xe9s"], ["c", "a", "f", "replacement_character", "s"]),  # latin-1
        ([b"\xc3", b"\xa9"], ["é"]),
        ([b"\xe4\xbd", b"\xa0j"], ["你", "j"]),
        ([b"\xe4\xbdj"], ["replacement_character", "j"]),
        ([b"\x1b[", b"B"], ["down"]),
        ([b"\x1b", b"[", b"1;", b"5B"], ["ctrl+down"]),
        ([b"\x1b\x1b[A"], ["escape", "up"]),
        ([b"\x1b"], ["escape"]),
        ([b"\x1b["], ["left_square_bracket"]),
        ([b"\x1bx\x1b\xc3\xa9"], ["alt+x", "alt+é"]),
        ([b"\x1b[23$x"], ["f23", "x"]),
    ],
)
def test_characters_and_keys_are_themselves_however_they_are_cut(
    reads: list[bytes], keys: list[str]
) -> None:
    assert said(heard(*reads)) == keys


@pytest.mark.parametrize(
    "bytes_",
    [
        b"\x1b[M \xe9\xf1",  # the mouse, as old terminals report it
        b"\x1b[M\x20\xc3\xa9",  # that happens to be one character
        b"\x1b[999999999999u",  # no such character
        b"\x1b[97;;55296u",  # half of a character
        b"\x1b[1:1;2:1:1u",
        b"\x1b[999z",  # no such key
        b"\x1b[?62;22c",
        b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",  # its background
        b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
        b"\x1bP>|term 1\x1b\\",
        b"\x1b[48;0;0;0;0t",  # of no size
        b"\x1b[48;99999;99999;0;0t",
        b"\x1b[" + b"1;" * 50 + b"m",
        b"\x1b[" + b"9" * (MOST_KEPT * 3) + b"z",
        b"\x1b]" + b"x" * (MOST_KEPT * 3) + b"\x07",
    ],
    ids=lambda sequence: repr(sequence[:12]),
)
def test_what_is_no_key_is_not_typed_whether_it_comes_at_once_or_byte_by_byte(
    bytes_: bytes,
) -> None:
    whole, parts = [bytes_ + b"j"], [bytes_[i : i + 1] for i in range(len(bytes_))] + [b"j"]
    assert said(heard(*whole)) == said(heard(*parts)) == ["j"]


@pytest.mark.parametrize(
    "cut",
    [
        b"\x1b[1;",
        b"\x1b]11;rgb:1e",
        b"\x1bP>|te",
        b"\x1b[<0;5",
        b"\x1b[M ",
        b"\x1b[" + b"9" * 9_999,
    ],
)
def test_a_sequence_without_its_end_takes_no_key_with_it(cut: bytes) -> None:
    terminal = TerminalInput()
    assert list(terminal.feed(cut)) == []
    assert terminal.pause is not None
    assert list(terminal.rest()) == []
    assert said(terminal.feed(b"j")) == ["j"]


def test_a_paste_is_one_message_and_nothing_in_it_is_a_key() -> None:
    text = "a\r\x1b[B\x11\x1b]0;x\x07é"
    pasted = b"\x1b[200~" + text.encode() + b"\x1b[201~"
    reads = [pasted[i : i + 1] for i in range(len(pasted))]
    assert said(heard(pasted, b"j")) == said(heard(*reads, b"j")) == [repr(text), "j"]


def test_a_paste_without_its_end_is_over_after_a_silence() -> None:
    terminal = TerminalInput()
    assert list(terminal.feed(b"x\x1b[200~some wor")) != []
    assert terminal.pause is not None
    assert said(terminal.rest()) == ["'some wor'"]
    assert said(terminal.feed(b"\x11")) == ["ctrl+q"]
    assert terminal.pause is None


def test_words_that_an_input_method_writes_are_typed_whole() -> None:
    word = "你好世界你好世界"
    codes = ":".join(str(ord(each)) for each in word)
    assert "".join(said(heard(f"\x1b[0;;{codes}u".encode()))) == word


@given(some.lists(some.one_of(some.binary(max_size=40), some.sampled_from(SEQUENCES)), max_size=30))
def test_no_bytes_fail_and_after_a_silence_the_next_key_is_a_key(reads: list[bytes]) -> None:
    terminal = TerminalInput()
    for read in reads:
        for message in terminal.feed(read):
            if isinstance(message, events.Key):
                (message.key + (message.character or "")).encode()  # can be written to the screen
    list(terminal.rest())
    assert terminal.pause is None
    assert said(terminal.feed(b"j"))[-1:] == ["j"]


@given(some.lists(some.sampled_from(SEQUENCES), max_size=8), some.data())
def test_where_the_reads_are_cut_changes_nothing(
    sequences: list[bytes], data: some.DataObject
) -> None:
    whole = b"".join(sequences) + b"."
    cuts = sorted(data.draw(some.lists(some.integers(0, len(whole)), max_size=10)))
    reads = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert said(heard(*reads)) == said(heard(whole))
