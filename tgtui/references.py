"""How people write a package: `npm:express`, `npm:@babel/core@7.0.0`, `express`, `pkg:npm/express@4.18.1`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tgtui.errors import UsageError
from tgtui.registries.base import REGISTRIES
from tgtui.text import clean
from tgtui.versions.names import npm_name_problem

DEFAULT_REGISTRY = "npm"
SUPPORTED = ("npm",)
"""Registries this version can read."""
MAX_REFERENCE = 1_000


@dataclass(frozen=True, slots=True)
class PackageReference:
    """A package, perhaps one version of it, by name; nothing says that it exists."""

    registry: str
    name: str
    version: str | None = None
    """A version or a dist-tag, None for the latest."""

    def __str__(self) -> str:
        package = f"{self.registry}:{self.name}"
        return f"{package}@{self.version}" if self.version else package

    @property
    def package(self) -> PackageReference:
        """The same without the version."""
        return replace(self, version=None)

    @property
    def purl(self) -> str:
        """Package URL (ECMA-427), e.g. `pkg:npm/%40babel/core@7.0.0`."""
        from packageurl import PackageURL

        namespace, _, name = self.name.rpartition("/")
        return PackageURL(self.registry, namespace or None, name, self.version).to_string()


def parse_reference(text: str) -> PackageReference:
    """UsageError, with the reason, for what no registry would accept."""
    text = text.strip()
    if not text or len(text) > MAX_REFERENCE:
        raise UsageError("Write a package as npm:express, npm:express@4.18.1 or pkg:npm/express.")
    reference = _from_purl(text) if text.startswith("pkg:") else _from_name(text)
    if reference.registry not in SUPPORTED:
        known = ", ".join(SUPPORTED)
        raise UsageError(
            f"Packages of {reference.registry} can't be fetched by this version yet; known: {known}."
        )
    problem = npm_name_problem(reference.name)
    if problem is not None:
        raise UsageError(f"npm would not accept {clean(reference.name, 60)!r}. {problem}")
    return reference


def _from_name(text: str) -> PackageReference:
    registry, colon, rest = text.partition(":")
    if not colon:
        registry, rest = DEFAULT_REGISTRY, text
    elif registry not in REGISTRIES:
        known = ", ".join(f"{name}:" for name in REGISTRIES)
        raise UsageError(
            f"{clean(registry, 40)!r} is no registry; write one of {known} before the name."
        )
    # A scope's own @ is the first character; the version's comes later.
    at = rest.find("@", 1)
    name, version = (rest, None) if at < 0 else (rest[:at], rest[at + 1 :])
    return PackageReference(registry, name, version or None)


def _from_purl(text: str) -> PackageReference:
    from packageurl import PackageURL

    try:
        purl = PackageURL.from_string(text)
    except ValueError as error:
        raise UsageError(f"{clean(text, 80)!r} is no package URL: {clean(error)}.") from None
    name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    return PackageReference(purl.type, name, purl.version)
