"""How people write a package: `npm:express`, `npm:@babel/core@7.0.0`, `express`, `pkg:npm/express@4.18.1`."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from tgtui.basics.errors import UsageError
from tgtui.basics.text import clean
from tgtui.registries.base import REGISTRIES
from tgtui.registries.registration import registration

DEFAULT_REGISTRY = "npm"
MAX_REFERENCE = 1_000
SEPARATORS = re.compile(r"[\s,]+")


class PackageReference(Struct, frozen=True):
    """A package by name, perhaps with a version; it need not exist."""

    registry: str
    name: str
    version: str | None = None
    """A version or dist-tag; None for the latest."""
    extras: str = ""
    """What is asked for besides, `socks,security` of `pypi:requests[socks,security]`; '' for nothing."""

    def __str__(self) -> str:
        package = f"{self.registry}:{self.asked}"
        sign = registration(self.registry).version_sign
        return f"{package}{sign}{self.version}" if self.version and sign else package

    @property
    def asked(self) -> str:
        """The name with its extras, as it is requested: `requests[socks]`."""
        return f"{self.name}[{self.extras}]" if self.extras else self.name

    @property
    def package(self) -> PackageReference:
        """The same without the version."""
        return replace(self, version=None)

    @property
    def purl(self) -> str:
        """Package URL (ECMA-427), e.g. `pkg:npm/%40babel/core@7.0.0`."""
        from tgtui.syntax.purl import purl_of

        return purl_of(self.registry, self.name, self.version).to_string()


def parse_reference(text: str) -> PackageReference:
    """Parse a package. UsageError, with the reason, if no registry would accept it."""
    text = text.strip()
    if len(text) > MAX_REFERENCE:
        raise UsageError(f"It is too long: a package has {MAX_REFERENCE:,} characters at most.")
    if not text:
        raise UsageError("Write a package as npm:express, npm:express@4.18.1 or pkg:npm/express.")
    reference = _from_purl(text) if text[:4].lower() == "pkg:" else _from_name(text)
    known = registration(reference.registry)
    problem = known.name_problem(reference.name)
    if problem is not None:
        raise UsageError(
            f"{known.client} would not accept {clean(reference.name, 60)!r}. {problem}"
        )
    if reference.version is not None and not reference.version.isprintable():
        raise UsageError(f"{clean(reference.version, 60)!r} is not a version.")
    name = reference.name
    return replace(reference, name=known.plain_name(name), extras=known.extras(name))


def references_in(text: str) -> list[PackageReference]:
    """Packages separated by blanks, commas or lines, each once. UsageError for the first that no registry would accept."""
    words = [word for word in SEPARATORS.split(text) if word] or [""]
    return list(dict.fromkeys(map(parse_reference, words)))


def _from_name(text: str) -> PackageReference:
    registry, colon, rest = text.partition(":")
    if not colon:
        registry, rest = DEFAULT_REGISTRY, text
    elif registry not in REGISTRIES:
        known = ", ".join(f"{name}:" for name in REGISTRIES)
        raise UsageError(
            f"There is no registry {clean(registry, 40)!r}; write one of {known} before the name."
        )
    sign = registration(registry).version_sign
    # A scope's own @ is the first character; the version's comes later.
    at = rest.find(sign, 1) if sign else -1
    if at < 0 and (other := registration(registry).other_version_sign):
        sign, at = other, rest.find(other, 1)
    name, version = (rest, None) if at < 0 else (rest[:at], rest[at + len(sign) :])
    return PackageReference(registry, name, version or None)


def _from_purl(text: str) -> PackageReference:
    from tgtui.syntax.purl import purl_type, read_purl

    try:
        kind, namespace, name, version = read_purl(text)
    except ValueError as error:
        raise UsageError(f"{clean(text, 80)!r} is not a package URL: {clean(error)}.") from None
    for registry in REGISTRIES:
        if kind in (purl_type(registry), registry):
            joined = registration(registry).purl.join(namespace, name)
            return PackageReference(registry, joined, version)
    kinds = ", ".join(purl_type(name) for name in REGISTRIES)
    raise UsageError(f"No registry has package URLs of type {clean(kind, 40)!r}; known: {kinds}.")
