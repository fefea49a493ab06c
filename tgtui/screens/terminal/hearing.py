"""What a terminal sends, as messages: no bytes end the program, make it deaf, or are typed that no one typed."""

from __future__ import annotations

import logging
import re
from codecs import getincrementaldecoder
from collections.abc import Generator, Iterable, Iterator

from textual import constants, events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.keys import Keys
from textual.message import Message

PASTE_PAUSE_S = 1.0
"""A paste of which nothing came for so long is over, even without its end: the next key is a key again."""
CUT_PAUSE_S = 0.5
"""The rest of a sequence that did not come in this time never comes."""
MOST_READ = 32
"""Characters of the longest sequence, keys apart, that Textual reads."""
MOST_KEPT = 512
"""Bytes of a sequence; a longer one is dropped, for what reads it takes time by the square of its length."""
MOST_COLUMNS, MOST_LINES = 2_000, 1_000
"""Of a terminal that reports its size."""

ESC = b"\x1b"
PASTE_START, PASTE_END = BRACKETED_PASTE_START.encode(), BRACKETED_PASTE_END.encode()
INTRODUCERS = b"[O]P^_X"
"""After an escape; alone, they are keys that were pressed with alt."""
OLD_MOUSE = re.compile(rb"\x1b\[M[\s\S]{3}")
"""Its coordinates may be any bytes. Terminals that send it don't know the reports that Textual reads."""
PARAMETERS = re.compile(rb"\x1b\[(?!\[)[0-?]*[ -/]*|\x1b\[\[|\x1bO[0-9;]*")
FINAL = re.compile(rb"[@-~]")
TEXT_BEGUN = re.compile(rb"\x1b\][^\x07\x1b]*|\x1b[P^_X][^\x1b]*")
"""Answers of a terminal, to questions that other programs asked."""
TEXT_END = re.compile(rb"\x07|\x1b\\")
CHARACTER = re.compile(rb"[\x00-\x7f]|[\xc2-\xf4][\x80-\xbf]{1,3}|[\s\S]")
PART_OF_CHARACTER = re.compile(rb"[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}")

log = logging.getLogger("tgtui.terminal")


class TerminalInput:
    """Cuts bytes into text, sequences and pastes, and lets Textual's parser read each.

    Textual alone ends at bytes that are not UTF-8 (https://github.com/Textualize/textual/issues/6456) and at numbers
    that are no characters, waits for the end of a paste forever, and types sequences that it doesn't know.
    """

    def __init__(self) -> None:
        self._parser = XTermParser()
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._pending = b""
        """A sequence whose end has not come."""
        self._paste: bytearray | None = None
        self._skipped: re.Pattern[bytes] | None = None
        """What ends a sequence that is too long to be kept."""

    @property
    def pause(self) -> float | None:
        """Seconds without a byte after which `rest` is to be called; None if nothing is unfinished."""
        if self._paste is not None:
            return PASTE_PAUSE_S
        if self._pending == ESC:
            return constants.ESCAPE_DELAY
        return CUT_PAUSE_S if self._pending or self._skipped else None

    def feed(self, data: bytes) -> Iterator[Message]:
        """What these bytes mean, as far as that is known by now."""
        if self._skipped is not None:
            data = self._after_skipped(data, self._skipped)
        data, self._pending = self._pending + data, b""
        while data:
            if self._paste is not None:
                data = yield from self._pasted(data, self._paste)
                continue
            text, escape, data = data.partition(ESC)
            yield from self._typed(text)
            if escape:
                taken, rest = _cut(escape + data)
                if not taken:
                    self._keep(rest)
                    return
                data = rest
                yield from self._sequence(taken)

    def rest(self) -> Iterator[Message]:
        """Nothing came for the length of `pause`."""
        pending, self._pending, self._skipped = self._pending, b"", None
        if self._paste is not None:
            yield from self._end_of_paste(bytes(self._paste))
        elif pending == ESC:
            yield events.Key("escape", "\x1b")
        elif len(pending) == 2 and pending[1] in INTRODUCERS:
            yield from self._read(self._alt(pending[1:].decode("ascii")))

    def _typed(self, text: bytes) -> Iterator[Message]:
        characters = self._decode(text)
        return self._read(self._parser.feed(characters)) if characters else iter(())

    def _sequence(self, sequence: bytes) -> Iterator[Message]:
        if sequence == ESC:
            yield events.Key("escape", "\x1b")
        elif sequence == PASTE_START:
            self._paste = bytearray()
        elif len(sequence) == 1 or sequence[1] not in INTRODUCERS:
            yield from self._read(self._alt(sequence[1:].decode("utf-8", "replace")))
        elif (
            len(sequence) <= MOST_KEPT
            and sequence[1] in b"[O"
            and not OLD_MOUSE.fullmatch(sequence)
        ):
            yield from self._control(sequence.decode("ascii"))

    def _control(self, sequence: str) -> Iterator[Message]:
        keys = list(self._read(self._parser._sequence_to_key_events(sequence)))
        yield from keys
        if keys or sequence in ANSI_SEQUENCES_KEYS or len(sequence) > MOST_READ:
            return
        yield from self._read(self._parser.feed(sequence))
        if (
            self._parser._awaiting.timeout is not None
        ):  # it knows no such sequence, and would type it
            self._renew()

    def _alt(self, character: str) -> Iterable[Message]:
        """A key that was pressed with alt."""
        sequence = f"\x1b{character}"
        if sequence in ANSI_SEQUENCES_KEYS:
            return self._parser._sequence_to_key_events(sequence)
        return self._parser._sequence_to_key_events(character, alt=True)

    def _pasted(self, data: bytes, paste: bytearray) -> Generator[Message, None, bytes]:
        """Returns what follows the paste."""
        seen = max(0, len(paste) - len(PASTE_END))
        paste += data
        end = paste.find(PASTE_END, seen)
        if end < 0:
            return b""
        yield from self._end_of_paste(bytes(paste[:end]))
        return bytes(paste[end + len(PASTE_END) :])

    def _end_of_paste(self, data: bytes) -> Iterator[Message]:
        self._paste = None
        text = data.decode("utf-8", "replace").replace("\x00", "")
        if text:
            yield events.Paste(text)

    def _keep(self, begun: bytes) -> None:
        if len(begun) <= MOST_KEPT:
            self._pending = begun
        else:
            self._skipped = FINAL if PARAMETERS.fullmatch(begun) else TEXT_END

    def _after_skipped(self, data: bytes, end: re.Pattern[bytes]) -> bytes:
        found = end.search(data)
        if found is None:
            return b""
        self._skipped = None
        return data[found.end() :]

    def _read(self, messages: Iterable[Message]) -> Iterator[Message]:
        """Those that mean something; none, if Textual fails to read them."""
        try:
            yield from (message for message in messages if _is_sane(message))
        except (ValueError, OverflowError, ArithmeticError, IndexError) as error:
            log.debug("a sequence that can't be read: %r", error)
            self._renew()

    def _renew(self) -> None:
        """Begin with a parser that is not in the middle of something."""
        before, self._parser = self._parser, XTermParser()
        for name in ("last_x", "last_y", "mouse_pixels", "terminal_size", "terminal_pixel_size"):
            setattr(self._parser, name, getattr(before, name))


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """The sequence that `data` begins with, and what follows; no sequence, if its end is missing."""
    if len(data) == 1:
        return b"", data
    if data[1] not in INTRODUCERS:
        return _cut_alt(data)
    if found := OLD_MOUSE.match(data):
        return found.group(), data[found.end() :]
    if data.startswith(b"\x1b[M"):
        return b"", data
    if found := PARAMETERS.match(data):
        return _cut_control(data, found)
    found = TEXT_BEGUN.match(data)
    assert found is not None
    if found.end() >= len(data) or data[found.end() :] == ESC:
        return b"", data
    end = TEXT_END.match(data, found.end())
    # What is not ended by its end is cut: another sequence begins.
    stop = found.end() if end is None else end.end()
    return data[:stop], data[stop:]


def _cut_alt(data: bytes) -> tuple[bytes, bytes]:
    if data[1:2] == ESC:
        return ESC, data[1:]
    if PART_OF_CHARACTER.fullmatch(data, 1):
        return b"", data
    found = CHARACTER.match(data, 1)
    assert found is not None
    return data[: found.end()], data[found.end() :]


def _cut_control(data: bytes, begun: re.Match[bytes]) -> tuple[bytes, bytes]:
    stop = begun.end()
    dollar = data.find(b"$", 0, stop) + 1
    if data[:dollar].decode("ascii") in ANSI_SEQUENCES_KEYS:  # rxvt ends some with a dollar
        return data[:dollar], data[dollar:]
    if stop == len(data):
        return b"", data
    if FINAL.match(data, stop):
        stop += 1
    # What another byte breaks off means nothing, and that byte begins anew.
    return data[:stop], data[stop:]


def _is_sane(message: Message) -> bool:
    if isinstance(message, events.Key):
        text = message.key + (message.character or "")
        return message.key != Keys.Ignore and not any("\ud800" <= each <= "\udfff" for each in text)
    if isinstance(message, events.Resize):
        return 0 < message.size.width <= MOST_COLUMNS and 0 < message.size.height <= MOST_LINES
    return True
