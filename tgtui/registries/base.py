"""What every registry adapter returns and raises. Knows no database and no screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from tgtui.registries.registered import REGISTERED

RegistryName: TypeAlias = str
"""A key of REGISTERED."""
REGISTRIES: tuple[RegistryName, ...] = tuple(REGISTERED)
"""Every registry the schema admits."""

DependencyType = Literal["runtime", "dev", "peer", "optional"]


class DeclaredDependency(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One edge as the registry's document declares it, before any version is chosen."""

    registry: RegistryName
    """Where the target lives; a jsr package may depend on an npm one."""
    name: str
    """The target's own name, with an alias taken off."""
    declared_name: str | None
    """The key in the document where it differs from `name` (npm alias), else None."""
    range: str
    """What is asked for, as declared (an alias's own range); '' is kept as ''."""
    type: DependencyType
    source_field: str
    """The registry's own word: `dependencies`, `peerDependencies` ..."""
    is_optional: bool = False
    """An optional peer or an optional dependency: its absence is no error."""


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One published version, without its dependencies."""

    version: str
    published_at: datetime | None
    """Timezone-aware UTC."""
    is_yanked: bool = False
    """npm deprecation, jsr yank, Homebrew deprecated or disabled."""
    yank_message: str | None = None
    engines_node: str | None = None
    """npm `engines.node`, which a pick may depend on."""
    sort_prefix: bytes = b""
    """Goes before the version in the order: Homebrew's version_scheme. As long for every version of a package."""


class PackageDocument(Protocol):
    """All a registry says of one package: frozen, typed, only what tgtui uses."""

    @property
    def registry(self) -> RegistryName: ...
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def homepage(self) -> str | None: ...
    @property
    def repository(self) -> str | None: ...
    @property
    def versions(self) -> Sequence[DocumentVersion]:
        """Every published version, in the document's order; never empty."""
        ...

    @property
    def dist_tags(self) -> dict[str, str]:
        """Tag to version, only where that version is published; empty where the registry has none."""
        ...

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        """Decode one version's edges. KeyError if it is not in `versions`, TooLarge above a cap."""
        ...


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a download is."""

    received: int
    """Bytes on the wire so far."""
    total: int | None
    """Content-Length, None where the server names none."""


ProgressCallback = Callable[[FetchProgress], None]


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    """A document with how it was obtained."""

    document: PackageDocument
    fetched_at: datetime
    """When the network last confirmed it (200 or 304), timezone-aware UTC."""
    from_cache: bool
    """True when no request went out for this call."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The packages that one host serves: worked on side by side with those of other hosts, never behind them."""

    registry: RegistryName
    host: str
    """Scheme, host and port: `https://registry.example:443`."""
    scope: str = ""
    """`@acme`: only the names of that npm scope, which has a registry of its own."""
    elsewhere: tuple[str, ...] = ()
    """Scopes that have lanes of their own."""

    def serves(self, name: str) -> bool:
        """Whether this host has the package called `name`."""
        scope = name.split("/", 1)[0] if name.startswith("@") else ""
        return scope == self.scope if self.scope else scope not in self.elsewhere


class RegistryAdapter(Protocol):
    """One registry: names, addresses, HTTP and format. `registered.py` lists them."""

    name: RegistryName

    def lanes(self) -> tuple[Lane, ...]:
        """Every host that serves packages of the registry, the usual one first."""
        ...

    def validate_name(self, name: str) -> None:
        """Raise InvalidName, with the registry's own reason, before the name becomes part of a URL."""
        ...

    async def fetch(
        self,
        name: str,
        *,
        max_age: float,
        on_progress: ProgressCallback | None = None,
    ) -> FetchedDocument:
        """Read one package's document.

        `max_age` in seconds: a cached copy confirmed more recently is answered without a request, an
        older one is revalidated. 0 always asks the network. Concurrent calls for one name share
        one request. Raises RegistryError.
        """
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class LoadsVersions(Protocol):
    """An adapter whose documents say what versions exist, while each version's edges are a document of its own."""

    async def load(
        self, fetched: FetchedDocument, versions: Sequence[str]
    ) -> Mapping[str, Sequence[DeclaredDependency]]:
        """The edges of these versions, exactly as published. Raises RegistryError."""
        ...


ErrorCode = Literal[
    "not_found",
    "invalid_name",
    "forbidden",
    "unreachable",
    "rate_limited",
    "server_error",
    "malformed",
    "bad_signature",
    "too_large",
    "removed_by_admin",
    "crashed",
    "internal",
]


class RegistryError(Exception):
    """Why a document could not be had. Its text is a sentence for people, and safe to show."""

    code: ErrorCode = "internal"
    is_permanent: bool = False
    """Permanent errors are not retried."""

    def __init__(
        self, message: str, *, retry_after: float | None = None, host: str | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds the server asked to wait (Retry-After), None where it did not say."""
        self.host = host
        """Who was asked, as `Lane.host` has it; None where nobody was."""


class NotFound(RegistryError):
    """404, 410, unpublished, security holder."""

    code = "not_found"
    is_permanent = True


class InvalidName(RegistryError):
    """The registry would not accept this name."""

    code = "invalid_name"
    is_permanent = True


class Forbidden(RegistryError):
    """400, 401, 403, 405: asking again changes nothing."""

    code = "forbidden"
    is_permanent = True


class Unreachable(RegistryError):
    """DNS, refused, reset, TLS, timeout, a body that ended early."""

    code = "unreachable"


class HostDown(Unreachable):
    """No connection at all: DNS, refused, no network. It says nothing about the package."""


class HostResting(HostDown):
    """The host is left alone for `retry_after` seconds: nothing was sent. It says nothing about the package."""


class RateLimited(RegistryError):
    """429."""

    code = "rate_limited"


class ServerError(RegistryError):
    """408, 425, 5xx."""

    code = "server_error"


class Malformed(RegistryError):
    """The body is not what the format says: HTML, bad JSON, nested too deep, a wrong shape."""

    code = "malformed"
    is_permanent = True


class TooLarge(RegistryError):
    """Over a cap: bytes, versions, dependencies of a version."""

    code = "too_large"
    is_permanent = True


class BadSignature(RegistryError):
    """What was signed is not what arrived, is out of date, or can't be checked here: nothing of it is used."""

    code = "bad_signature"
    is_permanent = True
