"""Where npm puts an entry of an archive when it installs it, and which entries it leaves out."""

from __future__ import annotations

import re

MAX_CHARACTERS = 1_000
DRIVE = re.compile(r"[A-Za-z]:")

LINK = "a link, which is never installed or followed"
OTHER = "a device or the like, which is refused"
ABSOLUTE = "an absolute path, which is refused"
UPWARDS = "a path with .., which is refused"
BACKSLASH = "a path with a backslash, which is refused"
ON_DRIVE = "a path on a drive, which is refused"
AT_ROOT = "beside the package's folder, so it is not installed"
TWICE = "in the archive more than once; this is the last"
DOTTED = "written with ./ in the archive; npm may not install it"


def installed_path(raw: bytes) -> tuple[str, str]:
    """(path below the package's folder, why it is not installed or "") of an entry's name.

    The first part goes, whatever it is called. Bytes that are not UTF-8 are shown as `\\xff`.
    """
    shown = raw.decode("utf-8", "backslashreplace")
    refusal = _refusal(raw)
    if refusal:
        return shown, refusal
    parts = [part for part in raw.split(b"/") if part not in (b"", b".")]
    if len(parts) < 2:
        return shown, AT_ROOT
    return b"/".join(parts[1:]).decode("utf-8", "backslashreplace"), ""


def is_dotted(raw: bytes) -> bool:
    """Whether npm would take a `.` for the package's folder."""
    return raw.startswith(b"./")


def _refusal(raw: bytes) -> str:
    if raw.startswith(b"/"):
        return ABSOLUTE
    if b"\\" in raw:
        return BACKSLASH
    if b".." in raw.split(b"/"):
        return UPWARDS
    if any(DRIVE.match(part.decode("latin-1")) for part in raw.split(b"/")[:2]):
        return ON_DRIVE
    return ""
