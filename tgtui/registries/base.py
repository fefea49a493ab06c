"""What every registry adapter returns and raises. Knows no database and no screen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

import msgspec
from msgspec import Struct

from tgtui.registries.registered import REGISTERED

RegistryName: TypeAlias = str
"""A key of REGISTERED."""
REGISTRIES: tuple[RegistryName, ...] = tuple(REGISTERED)
"""All registries."""

DependencyType = Literal["runtime", "peer", "optional", "dev"]
"""In the order they are listed in."""


class DeclaredDependency(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One edge as the registry's document declares it, before any version is chosen."""

    registry: RegistryName
    """Where the target lives; a jsr package may depend on an npm one."""
    name: str
    """The target's own name, without an alias."""
    declared_name: str | None
    """The key in the document if it differs from `name` (npm alias), else None."""
    range: str
    """The range as declared (an alias's own range); '' stays ''."""
    type: DependencyType
    source_field: str
    """The registry's own word: `dependencies`, `peerDependencies` ..."""
    is_optional: bool = False
    """An optional peer or an optional dependency: its absence is no error."""


class DocumentVersion(Struct, frozen=True):
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
    """Sorts before the version: Homebrew's version_scheme. Of the same length for all versions of a package."""
    conflicts: str = ""
    """What can't be installed beside it: see `registries/indexes/alternatives.py`."""


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a registry says of one version besides its dependencies. Hostile text, bounded; what it does not say is
    None or empty, and unknown: no size is not 0 bytes."""

    licence: str | None = None
    """In the registry's words; of several, of which it does not say whether all hold, `MIT, GPL-2.0`."""
    download_size: int | None = None
    """Bytes of the archive."""
    unpacked_size: int | None = None
    """Bytes of its files; of apt an estimate, with what the file system adds."""
    file_count: int | None = None
    keywords: tuple[str, ...] = ()
    maintainers: tuple[str, ...] = ()
    """Names without mail addresses."""
    author: str | None = None
    engines: tuple[tuple[str, str], ...] = ()
    """`node`, `>=18`."""
    os: tuple[str, ...] = ()
    """What it can be installed on; `!win32` excludes. Like the next two as npm spells them, empty for all."""
    cpu: tuple[str, ...] = ()
    libc: tuple[str, ...] = ()
    install_scripts: tuple[str, ...] | None = None
    """The registry's own words for what an install runs; () if it says that nothing is, None if it does not say."""
    has_types: bool | None = None
    """With TypeScript's types in it."""
    modules: Modules | None = None
    provenance: Provenance | None = None
    section: str | None = None
    """apt's, like the next three."""
    priority: str | None = None
    source: str | None = None
    """The source package."""
    source_version: str | None = None
    caveats: str | None = None
    """Homebrew's, with line breaks; like the next one."""
    requirements: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What people who mind security should know, sentences of this program."""
    spelling: str | None = None
    """Of the package's name, if the registry shows it otherwise than it is kept: `Flask-SQLAlchemy`."""


Modules = Literal["commonjs", "esm", "dual", "bundler"]
"""`dual` for `import` and `require`; `bundler` for CommonJS with a file of ES modules beside it."""
Provenance = Literal["attested", "signed"]
"""`attested` says which source it was built from; `signed` only that the registry served it."""


class PackageDocument(Protocol):
    """A registry's data about one package: frozen, typed, only what tgtui uses."""

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
        """From dist-tags to published versions; empty if the registry has none."""
        ...

    @property
    def weight(self) -> int:
        """Bytes that are in memory because of it, roughly; 0 for a look into an index that is there anyway."""
        ...

    def dependencies_of(self, version: str) -> Sequence[DeclaredDependency]:
        """Decode one version's edges. KeyError if it is not in `versions`, TooLarge above a cap."""
        ...

    def facts_of(self, version: str) -> Facts:
        """What it says of one version. KeyError if it is not in `versions`, or what it says was not loaded."""
        ...


class FetchProgress(Struct, frozen=True):
    """The progress of a download."""

    received: int
    """Bytes on the wire so far."""
    total: int | None
    """Content-Length; None if the server sent none."""


ProgressCallback = Callable[[FetchProgress], None]


class FetchedDocument(Struct, frozen=True):
    """A document, and how it was obtained."""

    document: PackageDocument
    fetched_at: datetime
    """When the network last confirmed it (200 or 304), timezone-aware UTC."""
    from_cache: bool
    """True when no request went out for this call."""


class Default(Struct, frozen=True):
    """What a registry uses where a setting is not set."""

    value: str | None
    """None if it is too long to tell."""
    place: str | None = None
    """The file or variable it comes from, or whose configuration it is; None if it is built in."""


class Lane(Struct, frozen=True):
    """The packages that one host serves. Lanes are worked on in parallel, none waits for another."""

    registry: RegistryName
    host: str
    """Scheme, host and port: `https://registry.example:443`."""
    scope: str = ""
    """`@acme`: only names of that npm scope, which has its own registry."""
    elsewhere: tuple[str, ...] = ()
    """Scopes that have lanes of their own."""

    def serves(self, name: str) -> bool:
        """Whether this host has the package called `name`."""
        scope = name.split("/", 1)[0] if name.startswith("@") else ""
        return scope == self.scope if self.scope else scope not in self.elsewhere


class RegistryAdapter(Protocol):
    """One registry: names, addresses, HTTP and format. `registered.py` lists them."""

    name: RegistryName

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
        """Fetch one package's document.

        `max_age` in seconds: a cached copy confirmed more recently is returned without a request, an
        older one is revalidated. 0 always asks the network. Concurrent calls for one name share
        one request. Raises RegistryError.
        """
        ...

    async def aclose(self) -> None: ...


class LoadsVersions(ABC):
    """An adapter whose documents list the versions, while each version's edges are in a separate document."""

    @abstractmethod
    async def load(
        self, fetched: FetchedDocument, versions: Sequence[str]
    ) -> Mapping[str, Sequence[DeclaredDependency]]:
        """The edges of these versions, exactly as published. Raises RegistryError."""


class Member(Struct, frozen=True):
    """A version in an environment."""

    name: str
    version: str
    extras: str = ""
    """That something in the environment asks for, with commas between."""


class Environment(Struct, frozen=True):
    """All that the registry's client would install for one version: one version of each name."""

    context: str
    """What it was chosen for, for people: `Python 3.12.1 on win_amd64`."""
    members: tuple[Member, ...] = ()
    """The version itself among them; empty if nothing can be installed."""
    error: str | None = None
    """Why nothing can be, sentences."""
    notes: tuple[str, ...] = ()
    """What is not certain, sentences: dependencies that only a build would tell. Then what was decided by the context."""


class ResolvesWhole(ABC):
    """An adapter whose client chooses one version of each name, for all that a root brings."""

    @abstractmethod
    async def environment(self, fetched: FetchedDocument, version: str, extras: str) -> Environment:
        """What would be installed for this version with these extras, `a,b` or ''. Raises RegistryError for what asking again
        may mend."""


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
    """Why a document could not be fetched. Its text is a sentence for people, and safe to show."""

    code: ErrorCode = "internal"
    is_permanent: bool = False
    """Permanent errors are not retried."""

    def __init__(
        self, message: str, *, retry_after: float | None = None, host: str | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the server asked to wait (Retry-After), or None."""
        self.host = host
        """The host that was asked, in the form of `Lane.host`; None if none was."""


class NotFound(RegistryError):
    """404, 410, unpublished."""

    code = "not_found"
    is_permanent = True


class InvalidName(RegistryError):
    """The registry would not accept this name."""

    code = "invalid_name"
    is_permanent = True


def refuse_name(problem: str | None) -> None:
    """Raise InvalidName if there is a problem, a sentence, with a name."""
    if problem is not None:
        raise InvalidName(problem)


class Forbidden(RegistryError):
    """400, 401, 403, 405, 501: asking again changes nothing."""

    code = "forbidden"
    is_permanent = True


class Unreachable(RegistryError):
    """DNS, refused, reset, TLS, timeout, a body that ended early."""

    code = "unreachable"


class NotKept(Unreachable):
    """What was fetched can't be kept: the disk is full or can't be written. It says nothing about the package."""


class HostDown(Unreachable):
    """No connection at all: DNS, refused, no network. It says nothing about the package."""


class HostResting(HostDown):
    """The host is left alone for `retry_after` seconds: nothing was sent. It says nothing about the package."""


class RateLimited(RegistryError):
    """429."""

    code = "rate_limited"


class ServerError(RegistryError):
    """408, 425, 5xx but 501."""

    code = "server_error"


class Malformed(RegistryError):
    """The body is not in the expected format: HTML, bad JSON, nested too deep, a wrong shape."""

    code = "malformed"
    is_permanent = True


class TooLarge(RegistryError):
    """Over a cap: bytes, versions, dependencies of a version."""

    code = "too_large"
    is_permanent = True


class BadSignature(RegistryError):
    """The signature does not match, is out of date, or can't be checked here: the content is not used."""

    code = "bad_signature"
    is_permanent = True
