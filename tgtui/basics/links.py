"""Web addresses that others wrote, as they are shown and opened: without a user's name, and with a host one can't mistake.

`https://github.com@evil.example/` leads to evil.example, and a Cyrillic а looks like a Latin one: such a host is shown as
DNS has it, in punycode. A host of one script that can't be taken for Latin stays readable.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

from tgtui.basics.text import MAX_LINE, clean

HOST = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]")
"""In ASCII, as DNS and IPv6 have it; a browser would read escapes in it."""
LOOKALIKES = frozenset("ıĸŀŉſ")
"""Of the Latin letters up to U+017F, those that look like one or two plain ones."""
LAST_LATIN = "\u017f"
FAMILIES = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"THAI"}),
    frozenset({"DEVANAGARI"}),
)
"""Scripts that stand together in a name, have no letters like Latin ones, and are written from left to right."""
LATIN_ALIKE = frozenset({"CYRILLIC", "GREEK"})
"""Readable only in a host that ends in the same script, as in пример.рф."""


def web_address(text: str | None, limit: int = MAX_LINE) -> str | None:
    """An http or https address to show and to open; None if it is none, or has what `clean` would change."""
    if not text or "\\" in text or clean(text, limit) != text:
        return None
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"}:
        return None
    host = readable_host(parts.hostname or "")
    return _joined(parts, host) if host else None


def shown_link(text: str, limit: int = MAX_LINE) -> str:
    """Any link as one clean line; of what is no web address only the user's name is left out, and the host made plain."""
    cleaned = clean(text, limit)
    address = web_address(cleaned, limit)
    if address is not None:
        return address
    parts = _split(cleaned)
    if parts is None or not parts.netloc:
        return re.sub(r"(?<=//)[^/?#]*@", "", cleaned)
    return _joined(parts, readable_host(parts.hostname or "") or "…")


def readable_host(host: str) -> str:
    """A host as people may see it; empty if it is none. Lower case."""
    plain = plain_host(host)
    if "xn--" not in plain:
        return plain
    labels = plain.split(".")
    names = [_decoded(label) for label in labels]
    ending = _scripts(next((name for name in reversed(names) if name), ""))
    return ".".join(
        name if _is_plain(name, ending) else label
        for name, label in zip(names, labels, strict=True)
    )


def plain_host(host: str) -> str:
    """A host in ASCII, as DNS has it (UTS 46, as browsers read it); empty if it is none."""
    name = host.lower()
    if not name.isascii():
        import idna

        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return ""
    if ":" in name:
        name = f"[{name}]"
    return name if HOST.fullmatch(name) else ""


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _joined(parts: SplitResult, host: str) -> str:
    port = f":{parts.port}" if parts.port is not None else ""
    return parts._replace(netloc=f"{host}{port}").geturl()


def _decoded(label: str) -> str:
    import idna

    if not label.startswith("xn--"):
        return label
    try:
        return idna.decode(label)
    except UnicodeError:  # also IDNAError
        return label


def _scripts(name: str) -> frozenset[str]:
    """The scripts of its characters; ASCII digits and hyphens are of none."""
    found = set()
    for character in name:
        if character.isascii():
            found |= {"LATIN"} if character.isalpha() else set()
        else:
            found.add(unicodedata.name(character, "UNKNOWN").split()[0])
    return frozenset(found)


def _is_plain(name: str, ending: frozenset[str]) -> bool:
    """No one takes it for another name. `ending` is the scripts of the host's last label."""
    if name.isascii():
        return True
    scripts = _scripts(name)
    if scripts == {"LATIN"}:
        return max(name) <= LAST_LATIN and LOOKALIKES.isdisjoint(name)
    if len(scripts) == 1 and scripts <= LATIN_ALIKE:
        return scripts == ending
    return any(scripts <= family for family in FAMILIES)
