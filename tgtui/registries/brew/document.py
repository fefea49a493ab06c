"""Formulae and casks in Homebrew's API, from 2018 to today: every key except the name may be missing.

Source: Homebrew/brew, `Formula#to_hash`, `Cask#to_h` and `dependencies_hash`. Recommended dependencies are installed by
default and do not stand among `dependencies`. What macOS brings is a dependency on Linux only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tgtui.registries.brew.names import CASK
from tgtui.registries.documents import telling
from tgtui.registries.documents.links import homepage_of, repository_of
from tgtui.registries.documents.loose_json import storable, text

MAX_DEPENDENCIES = 2_000
MAX_DESCRIPTION = 4_000
MAX_CAVEATS = 8_000
MAX_NAME = 214
MAX_VERSION = 256
OWN_TAPS = re.compile(
    r"(?:homebrew|linuxbrew)/(?:(?:home|linux)brew-)?(core|homebrew|cask)/([^/]+)", re.IGNORECASE
)
"""Full names of what is in the index: `homebrew/core/wget`, also as brew spells taps elsewhere."""
LINUX = "linux"
MACOS = [
    "el_capitan",
    "sierra",
    "high_sierra",
    "mojave",
    "catalina",
    "big_sur",
    "monterey",
    "ventura",
    "sonoma",
    "sequoia",
    "tahoe",
]
"""Oldest first; an unknown name is newer."""
FORGE = re.compile(
    r"https?://(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)/[\w.-]+/[\w.-]+"
)
REASONS = {
    "does_not_build": "it does not build",
    "no_license": "it has no license",
    "repo_archived": "its upstream repository is archived",
    "repo_removed": "its upstream repository was removed",
    "unmaintained": "it is not maintained upstream",
    "unsupported": "it is not supported upstream",
    "deprecated_upstream": "it is deprecated upstream",
    "versioned_formula": "it is a versioned formula",
    "checksum_mismatch": "its checksum changed",
    "discontinued": "it is discontinued upstream",
    "moved_to_mas": "it is in the Mac App Store now",
    "unsigned": "it is unsigned or not notarised",
    "fails_gatekeeper_check": "it does not pass macOS's Gatekeeper",
    "unreachable": "it can no longer be downloaded",
}
"""Homebrew's own words for its symbols."""


class Dependency(msgspec.Struct, frozen=True, array_like=True):
    """One edge of a formula or cask."""

    name: str
    type: str
    field: str
    """Homebrew's word: `build_dependencies`."""
    is_optional: bool = False


class OtherNames(msgspec.Struct, frozen=True):
    """What an entry is called elsewhere. An alias counts before an old name of another entry."""

    aliases: list[str]
    """With its full name in a tap; a cask's bare token."""
    old: list[str]


class BrewEntry(msgspec.Struct, frozen=True, array_like=True):
    """A formula or cask, only what tgtui uses."""

    name: str
    """A cask's token has the prefix `cask/`."""
    version: str
    """With the revision, `1.2_3`."""
    scheme: int
    description: str | None
    homepage: str | None
    repository: str | None
    withdrawn: str | None
    """Why it is deprecated or disabled."""
    dependencies: list[Dependency]
    licence: str | None = None
    caveats: str | None = None
    requirements: tuple[str, ...] = ()


def plain_name(name: str) -> str:
    """`homebrew/core/wget` is `wget`, `homebrew/cask/firefox` is `cask/firefox`; others stay."""
    match = OWN_TAPS.fullmatch(name)
    if match is None:
        return name
    return (CASK if match[1].lower() == "cask" else "") + match[2]


def read_formula(found: object, system: str, *, recommended: bool) -> tuple[BrewEntry, OtherNames]:
    """The formula and its other names. ValueError, with a reason, if it can't be read."""
    if not isinstance(found, dict):
        raise ValueError("an entry that is no formula")
    formula = merged(found, system)
    name = _name(formula.get("name"), "a formula without a name")
    versions = formula.get("versions")
    stable = versions.get("stable") if isinstance(versions, dict) else None
    head = versions.get("head") if isinstance(versions, dict) else None
    version = stable or head
    if not isinstance(version, str) or not version.strip() or len(version) > MAX_VERSION - 12:
        raise ValueError(f"{name[:80]} without a version")
    revision = _number(formula.get("revision"))
    entry = BrewEntry(
        name=name,
        version=f"{version}_{revision}" if revision and stable else version,
        scheme=_number(formula.get("version_scheme")),
        description=text(formula.get("desc"), MAX_DESCRIPTION),
        homepage=homepage_of(formula.get("homepage")),
        repository=_repository(formula),
        withdrawn=withdrawn(formula),
        dependencies=list(_dependencies(formula, system, recommended)),
        licence=telling.licence(formula.get("license")),
        caveats=_caveats(formula),
        requirements=_requirements(formula.get("requirements")),
    )
    return entry, OtherNames(
        _other_names(formula, ("aliases", "full_name"), name),
        _other_names(formula, ("oldnames", "oldname"), name),
    )


def read_cask(found: object, system: str) -> tuple[BrewEntry, OtherNames]:
    """The cask and its other names. ValueError, with a reason, if it can't be read."""
    if not isinstance(found, dict):
        raise ValueError("an entry that is no cask")
    cask = merged(found, system)
    token = _name(cask.get("token"), "a cask without a token")
    version = cask.get("version")
    if not isinstance(version, str) or not version.strip() or len(version) > MAX_VERSION:
        raise ValueError(f"{CASK}{token[:80]} without a version")
    needs = cask.get("depends_on")
    needs = needs if isinstance(needs, dict) else {}
    entry = BrewEntry(
        name=CASK + token,
        version=storable(version),
        scheme=0,
        description=text(cask.get("desc"), MAX_DESCRIPTION) or _first(cask.get("name")),
        homepage=homepage_of(cask.get("homepage")),
        repository=_repository(cask),
        withdrawn=withdrawn(cask),
        dependencies=[
            Dependency(named(name), "runtime", f"depends_on {kind}")
            for kind, named in (("formula", plain_name), ("cask", _cask_name))
            for name in _names(needs.get(kind))
        ],
        caveats=_caveats(cask),
        requirements=_of_cask(needs),
    )
    # A token is also found without the prefix if no formula has the name.
    aliases = [token, *_other_names(cask, ("full_token",), token)]
    return entry, OtherNames(aliases, _other_names(cask, ("old_tokens",), token))


def _caveats(found: Mapping[str, Any]) -> str | None:
    shown = text(found.get("caveats"), MAX_CAVEATS)
    return shown.strip() or None if shown else None


def _requirements(found: object) -> tuple[str, ...]:
    """`macos 13`, `xcode 15.3 (build)`: what a formula needs of the system."""
    told = []
    for each in found[: telling.MAX_WORDS] if isinstance(found, list) else ():
        if isinstance(each, dict) and (name := telling.line(each.get("name"))):
            contexts = telling.words(each.get("contexts"))
            version = telling.line(each.get("version"))
            parts = (name, version, f"({', '.join(contexts)})" if contexts else None)
            told.append(" ".join(part for part in parts if part))
    return tuple(told)


def _of_cask(needs: Mapping[str, Any]) -> tuple[str, ...]:
    """`macos >= 13`, `arch arm64`: what a cask needs of the system."""
    told = []
    macos = needs.get("macos")
    if isinstance(macos, dict):
        for sign, versions in list(macos.items())[: telling.MAX_WORDS]:
            named = ", ".join(telling.words(versions))
            told.append(f"macos {telling.line(sign) or ''} {named}".rstrip())
    arch = needs.get("arch")
    for each in arch[: telling.MAX_WORDS] if isinstance(arch, list) else ():
        kind = telling.line(each.get("type")) if isinstance(each, dict) else telling.line(each)
        if kind:
            told.append(f"arch {kind}")
    return tuple(told)


def _cask_name(name: str) -> str:
    """Of a cask that another one names, with or without its tap."""
    plain = plain_name(name)
    return plain if "/" in plain else CASK + plain


def merged(found: Mapping[str, Any], system: str) -> dict[str, Any]:
    """The entry with the variations for this system applied."""
    variations = found.get("variations")
    own = variations.get(system) if isinstance(variations, dict) else None
    return {**found, **own} if isinstance(own, dict) else dict(found)


def is_linux(system: str) -> bool:
    """`x86_64_linux`, and not `arm64_tahoe`."""
    return system.endswith(LINUX)


def withdrawn(found: Mapping[str, Any]) -> str | None:
    """When and why it was disabled or deprecated, to follow that word; None if it is neither."""
    for key, word in (("disabled", "disabled"), ("deprecated", "")):
        if found.get(key) is not True:
            continue
        stem = "disable" if key == "disabled" else "deprecation"
        reason = text(found.get(f"{stem}_reason"), 300)
        date = text(found.get(f"{stem}_date"), 30)
        told = " ".join(part for part in (word, f"since {date}" if date else "") if part)
        why = REASONS.get(reason, reason) if reason else "" if told else "Homebrew gives no reason"
        told = ": ".join(part for part in (told, why) if part)
        other = found.get(f"{stem}_replacement_formula") or found.get(f"{stem}_replacement_cask")
        instead = text(other, MAX_NAME)
        return f"{told}; use {instead}" if instead else told
    return None


def _dependencies(
    formula: Mapping[str, Any], system: str, recommended: bool
) -> Iterator[Dependency]:
    told: set[tuple[str, str]] = set()
    fields: tuple[tuple[str, str, bool], ...] = (
        ("dependencies", "runtime", False),
        ("recommended_dependencies", "optional" if recommended else "peer", True),
        ("optional_dependencies", "peer", True),
        ("build_dependencies", "dev", False),
        ("test_dependencies", "dev", False),
    )
    for field, kind, is_optional in fields:
        for name in map(plain_name, _names(formula.get(field))):
            told.add((name, kind))
            yield Dependency(name, kind, field, is_optional)
    for name, tags, since in _from_macos(formula):
        # A variation for Linux lists it already.
        if (name, "runtime") in told or (tags and (name, "dev") in told):
            continue
        if tags:
            yield Dependency(name, "dev", "uses_from_macos")
        elif is_linux(system) or _is_older(system, since):
            yield Dependency(name, "runtime", "uses_from_macos")
        else:
            yield Dependency(name, "peer", "uses_from_macos", True)


def _from_macos(formula: Mapping[str, Any]) -> Iterator[tuple[str, list[str], str | None]]:
    """(name, tags such as `build`, first release of macOS that has it)."""
    items, bounds = formula.get("uses_from_macos"), formula.get("uses_from_macos_bounds")
    bounds = bounds if isinstance(bounds, list) else []
    for place, item in enumerate(_bounded(items) if isinstance(items, list) else []):
        bound = bounds[place] if place < len(bounds) else None
        since = bound.get("since") if isinstance(bound, dict) else None
        since = since if isinstance(since, str) else None
        if isinstance(item, str):
            yield plain_name(_clean(item)), [], since
        elif isinstance(item, dict):
            for name, tags in item.items():
                found = [tags] if isinstance(tags, str) else tags if isinstance(tags, list) else []
                yield plain_name(_clean(str(name))), [str(tag) for tag in found], since


def _is_older(system: str, since: str | None) -> bool:
    """Whether this macOS is older than the first release that includes it."""
    release = system.removeprefix("arm64_")
    if since not in MACOS or release not in MACOS:
        return False
    return MACOS.index(release) < MACOS.index(since)


def _names(found: object) -> list[str]:
    """The different strings of a list, or a single string."""
    items = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    names = (_clean(item) for item in _bounded(items) if isinstance(item, str))
    return list(dict.fromkeys(name for name in names if name))


def _bounded(items: list[Any]) -> list[Any]:
    if len(items) > MAX_DEPENDENCIES:
        raise ValueError(f"a list of more than {MAX_DEPENDENCIES:,} names")
    return items


def _other_names(found: Mapping[str, Any], keys: tuple[str, ...], name: str) -> list[str]:
    names = [other for key in keys for other in _names(found.get(key))]
    return [other for other in dict.fromkeys(names) if other != name]


def _name(found: object, complaint: str) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= MAX_NAME or found != _clean(found):
        raise ValueError(complaint)
    return found


def _clean(name: str) -> str:
    """A longer name is kept too long, so that it is no other package's."""
    return storable(name).strip()[: MAX_NAME + 1]


def _number(found: object) -> int:
    return (
        found
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 1 << 16
        else 0
    )


def _first(found: object) -> str | None:
    return text(found[0], MAX_DESCRIPTION) if isinstance(found, list) and found else None


def _repository(found: Mapping[str, Any]) -> str | None:
    """Where its head is cloned from, else the forge of its homepage or archive."""
    urls = found.get("urls")
    urls = urls if isinstance(urls, dict) else {}
    links = [urls[key].get("url") for key in ("head", "stable") if isinstance(urls.get(key), dict)]
    for link in (*links, found.get("homepage"), found.get("url")):
        match = FORGE.match(link) if isinstance(link, str) else None
        if match:
            return repository_of(match[0])
    return None
