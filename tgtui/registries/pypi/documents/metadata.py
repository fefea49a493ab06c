"""A version's METADATA or PKG-INFO (core metadata, PEP 566, 643, 685): what it needs, and what it says of itself.

Only the headers are read. Source: the core metadata specification, and pip 26.3 on what makes it unusable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from email.parser import HeaderParser
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tgtui.registries.base import DeclaredDependency, Facts, TooLarge
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.documents import telling
from tgtui.registries.documents.links import homepage_of, repository_of
from tgtui.registries.pypi.documents.page import File
from tgtui.registries.pypi.target import Target
from tgtui.versions.pypi.names import with_extras
from tgtui.versions.pypi.order import parsed
from tgtui.versions.pypi.ranges import InvalidRange, specifier_of

MAX_DEPENDENCIES = 5_000
MAX_REQUIREMENT = 8_000
"""Characters of one line that is read as a requirement."""
MAX_TEXT = 2_000
EXTRA_OF = "extra "
"""Before an extra's name in `source_field`: `registration.EXTRA`."""
EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']*)["']|["']([^"']*)["']\s*==\s*extra\b""")
ANY_EXTRA = re.compile(r"\bextra\b")
BROKEN = re.compile(
    r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL
)
OSI = "License :: OSI Approved :: "
LICENCE = "License :: "
TYPED = "Typing :: Typed"
REPOSITORIES = ("repository", "source", "source code", "sourcecode", "code", "github", "gitlab")
"""Labels of project addresses, folded: well-known ones of the specification, and GitHub's and GitLab's."""
FORGE = re.compile(
    r"https?://(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)/[^/\s]+/[^/\s]+"
)
INDENT = re.compile(r"^( {7}\||        )")
ENDINGS = {"text/markdown": ".md", "text/plain": ".txt", "text/x-rst": ".rst"}
"""By content type; without one a description is reStructuredText."""
UNKNOWN = "unknown"
"""What setuptools wrote where there was nothing."""
DYNAMIC = frozenset({"requires-dist", "provides-extra", "requires-python"})


class Metadata(Struct, frozen=True):
    """Hostile text, as it stands."""

    name: str
    version: str
    metadata_version: str
    requires_python: str | None
    requires: tuple[str, ...]
    provides: tuple[str, ...]
    """Extras, normalised."""
    dynamic: tuple[str, ...]
    """Fields, in lower case, that a build decides."""
    summary: str | None = None
    homepage: str | None = None
    repository: str | None = None
    said: Facts = Facts()

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        return 1_000 + 200 * len(self.requires)

    @property
    def is_static(self) -> bool:
        """Of a source archive: whether its dependencies are those that a build would find (PEP 643)."""
        found = re.fullmatch(r"(\d+)\.(\d+)", self.metadata_version.strip())
        is_new = found is not None and (int(found[1]), int(found[2])) >= (2, 2)
        return is_new and not DYNAMIC.intersection(self.dynamic)


def read_metadata(body: bytes) -> Metadata:
    """Never fails: what is not there is empty."""
    text = body.decode("utf-8", "replace").replace("\0", "�")
    head = HeaderParser().parsestr(text, headersonly=True)

    def one(key: str) -> str:
        return str(head.get(key) or "").strip()

    def every(key: str) -> list[str]:
        return [str(each).strip() for each in head.get_all(key) or ()]

    labelled = dict(_address(each) for each in every("Project-URL"))
    homepage = homepage_of(_known(one("Home-page"))) or homepage_of(labelled.get("homepage"))
    named = next((labelled[label] for label in REPOSITORIES if label in labelled), None)
    forge = next(
        (f[0] for each in (*labelled.values(), homepage or "") if (f := FORGE.match(each))), None
    )
    return Metadata(
        name=one("Name"),
        version=one("Version"),
        metadata_version=one("Metadata-Version"),
        requires_python=one("Requires-Python") or None,
        requires=tuple(every("Requires-Dist")),
        provides=tuple(canonicalize_name(each) for each in every("Provides-Extra")),
        dynamic=tuple(each.lower() for each in every("Dynamic")),
        summary=telling.line(_known(one("Summary")), MAX_TEXT),
        homepage=homepage,
        repository=repository_of(named) or forge,
        said=_facts(one, every),
    )


def description_of(body: bytes) -> tuple[str, str]:
    """(name of a file that would have it, text): what stands below the headers, or in the older header. Hostile."""
    told = HeaderParser().parsestr(body.decode("utf-8", "replace"))
    text = str(told.get_payload() or "")
    if not text.strip():
        lines = str(told.get("Description") or "").splitlines()
        # Lines after the first one are indented, by setuptools with a bar.
        text = "\n".join(INDENT.sub("", line, count=1) for line in lines)
    kind = str(told.get("Description-Content-Type") or "").partition(";")[0].strip().lower()
    return f"README{ENDINGS.get(kind, '.rst')}", text


@lru_cache(maxsize=50_000)
def requirement_of(text: str) -> Requirement | None:
    """None if it is no requirement (PEP 508)."""
    if len(text) > MAX_REQUIREMENT:
        return None
    try:
        return Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError):
        return None


def unreadable(metadata: Metadata) -> str | None:
    """The first requirement for which pip passes the version over; None if all can be read."""
    return next((each for each in metadata.requires if requirement_of(each) is None), None)


def extras_of(requirement: Requirement) -> tuple[str, ...]:
    """Those it asks for, normalised and sorted."""
    return tuple(sorted({canonicalize_name(each) for each in requirement.extras}))


def declared(metadata: Metadata, target: Target, label: str) -> Sequence[DeclaredDependency]:
    """The edges of a version on this platform. An extra's, and those for other platforms, are none that an install
    follows; which extra it is stands in `source_field`. Raises TooLarge."""
    if len(metadata.requires) > MAX_DEPENDENCIES:
        raise TooLarge(f"{label} has more than {MAX_DEPENDENCIES:,} dependencies")
    found: list[DeclaredDependency] = []
    for text in metadata.requires:
        requirement = requirement_of(text)
        if requirement is None:
            if (broken := _unreadable_edge(text)) is not None:
                found.append(broken)
            continue
        if target.holds(requirement.marker):
            found.append(_edge(requirement, "requires"))
            continue
        extras = [
            extra
            for extra in _mentioned(str(requirement.marker), metadata)
            if target.holds(requirement.marker, extra)
        ]
        found += [_edge(requirement, EXTRA_OF + extra) for extra in extras]
        if not extras:
            found.append(_edge(requirement, "elsewhere"))
    return found


def facts_of(metadata: Metadata, file: File | None) -> Facts:
    """What a version says, with the size of the file that pip would take."""
    is_wheel = file is not None and file.is_wheel
    # A wheel is only unpacked; a source archive is built.
    scripts = () if is_wheel else None
    return replace(
        metadata.said, download_size=file.size if file else None, install_scripts=scripts
    )


def _mentioned(marker: str, metadata: Metadata) -> Iterable[str]:
    """The extras that a marker may hold for, of those that are provided."""
    names = {canonicalize_name(one or other) for one, other in EXTRA.findall(marker)}
    is_plain = len(ANY_EXTRA.findall(marker)) == len(EXTRA.findall(marker))
    return [each for each in metadata.provides if not is_plain or each in names]


def _edge(requirement: Requirement, source: str) -> DeclaredDependency:
    name = canonicalize_name(requirement.name)[:MAX_TEXT]
    extras = extras_of(requirement)
    wanted = f"@ {requirement.url}" if requirement.url else str(requirement.specifier)
    marker = "" if requirement.marker is None else str(requirement.marker)
    if source.startswith(EXTRA_OF) and EXTRA.fullmatch(marker.strip()):
        marker = ""  # it says no more than `source`
    is_followed = source == "requires"
    return DeclaredDependency(
        "pypi",
        loose.storable(name),
        with_extras(name, extras) if extras else None,
        loose.storable(f"{wanted}; {marker}" if marker else wanted)[: MAX_REQUIREMENT + 1],
        "runtime" if is_followed else "peer",
        source,
        is_optional=not is_followed,
    )


def _unreadable_edge(text: str) -> DeclaredDependency | None:
    """Of `pytz==2011k` or `foo>=1.0.*`, which pip refuses: with what can't be read as its range, so that it is unresolved.
    None if not even a name can be told, it is something else that can't be read, or an extra asks for it."""
    match = BROKEN.match(text[:MAX_REQUIREMENT])
    if match is None or ANY_EXTRA.search(text):
        return None
    try:
        specifier_of(match[2])
    except InvalidRange:
        pass
    else:
        return None
    name = canonicalize_name(match[1])[:MAX_TEXT]
    return DeclaredDependency(
        "pypi", name, None, loose.storable(match[2].strip()), "runtime", "requires"
    )


def _facts(one: Callable[[str], str], every: Callable[[str], list[str]]) -> Facts:
    """`one` gives the first header of a name, '' without one, and `every` all of them."""
    classifiers = every("Classifier")
    told = telling.licence(one("License-Expression"))
    if told is None:
        free = one("License")
        is_short = free and "\n" not in free and len(free) <= telling.MAX_WORD
        told = telling.licence(free) if is_short and _known(free) else None
    if told is None:
        kinds = [
            c.removeprefix(OSI).removeprefix(LICENCE) for c in classifiers if c.startswith(LICENCE)
        ]
        told = telling.licence([kind for kind in kinds if kind != "OSI Approved"])
    words = one("Keywords")
    python = one("Requires-Python")
    people = one("Maintainer") or one("Maintainer-email")
    return Facts(
        licence=told,
        keywords=telling.words(words if "," in words else words.split()),
        maintainers=telling.people(people.split(",")) if _known(people) else (),
        author=telling.person(_known(one("Author") or one("Author-email").partition(",")[0])),
        engines=(("python", line),) if (line := telling.line(python)) else (),
        has_types=TYPED in classifiers or None,
        spelling=name if (name := telling.line(one("Name"))) != _plain(name) else None,
    )


def _plain(name: str | None) -> str | None:
    return canonicalize_name(name) if name else None


def _known(text: str) -> str:
    return "" if text.lower() == UNKNOWN else text


def _address(text: str) -> tuple[str, str]:
    """`Source Code, https://…`, its label folded as the specification of well-known ones says."""
    label, _comma, address = text.partition(",")
    folded = re.sub(r"[^a-z ]", "", label.strip().lower())
    return folded, address.strip()


def is_of(metadata: Metadata, name: str, version: object) -> bool:
    """Whether it is the metadata of this version, for pip."""
    return canonicalize_name(metadata.name) == name and parsed(metadata.version) == version
