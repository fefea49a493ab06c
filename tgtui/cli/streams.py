"""The standard streams: a result that can't be written is an error, what can't be said is left out."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from tgtui.basics.text import clean

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputLost(Exception):
    """stdout is closed, or what it leads to is full. The sentence says so."""

    def __init__(self, error: OSError) -> None:
        from tgtui.basics.files.trouble import why

        is_closed = error.errno == errno.EBADF
        reason = "it is closed" if is_closed else clean(why(error))
        super().__init__(f"The output can't be written to stdout: {reason}.")


class ReaderGone(Exception):
    """The program that reads stdout has ended or read enough, as `head` does."""


def use_safe_streams() -> None:
    """Replace stdin, stdout and stderr, also those that are closed: a file opened later must not get their numbers."""
    if os.name == "nt":
        for stream in (sys.stdout, sys.stderr):
            # A pipe takes only the code page's characters: a ? is better than an error.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        return
    # Opened for reading, a write fails as it does on a closed one.
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123 - until the program ends
    out = _number(sys.stdout) if sys.stdout is not None else os.open(os.devnull, os.O_RDONLY)
    err = _number(sys.stderr) if sys.stderr is not None else os.open(os.devnull, os.O_RDONLY)
    sys.stdout = _text(_Result(out, "w", closefd=False), sys.stdout)
    sys.stderr = _text(_Remarks(err, "w", closefd=False), sys.stderr)


def say(lines: Iterable[str]) -> None:
    """Write to stderr what a person must see. OutputLost if that can't be."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()
    raw = getattr(getattr(sys.stderr, "buffer", None), "raw", None)
    if isinstance(raw, _Remarks) and raw.lost is not None:
        raise OutputLost(raw.lost)


class _Result(io.FileIO):
    """stdout. After an error nothing more is written, so that the end of the program does not fail as well."""

    _is_lost = False

    def write(self, data: ReadableBuffer, /) -> int:
        if self._is_lost:
            return len(memoryview(data))
        try:
            return super().write(data)
        except BrokenPipeError:
            self._is_lost = True
            raise ReaderGone from None
        except OSError as error:
            self._is_lost = True
            raise OutputLost(error) from None


class _Remarks(io.FileIO):
    """stderr: an error there can't be told to anyone."""

    lost: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.lost = error
            return len(memoryview(data))


def _number(stream: TextIO) -> int:
    stream.flush()
    return stream.fileno()


def _text(raw: io.FileIO, before: TextIO | None) -> io.TextIOWrapper:
    encoding = before.encoding if before is not None else "utf-8"
    is_line_buffered = raw.isatty() or isinstance(raw, _Remarks)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, errors="replace", line_buffering=is_line_buffered
    )
