"""What is known of a version beside its dependencies, and what its install weighs, in words. Text in it is still hostile."""

from __future__ import annotations

from collections.abc import Iterator

from tgtui.basics.formatting import counted, number, size
from tgtui.data.views.facts import InstallWeight, Less, VersionFacts
from tgtui.registries.base import Facts, Modules
from tgtui.syntax.licences import Licence, LicenceKind, file_of

UNKNOWN = "unknown"
MODULES: dict[Modules, str] = {
    "commonjs": "CommonJS",
    "esm": "ES modules",
    "dual": "ES modules and CommonJS",
    "bundler": "CommonJS, ES modules for bundlers",
}
KINDS: dict[LicenceKind, str] = {
    "permissive": "permissive",
    "weak": "weak copyleft",
    "strong": "strong copyleft",
    "restricted": "restricted",
    "unknown": "of unknown licence",
}
MEASURED = "measured in its archive"
SHOWN_NAMES = 12
"""Keywords or people of a package that are named."""


def facts_in_words(facts: VersionFacts) -> Iterator[tuple[str, str]]:
    """(name, words) of each fact; what does not exist for the registry, or is not said, is left out, but licence and
    size, which people ask for, say that they are unknown."""
    said = facts.said
    if said.warnings:
        yield "warning", " ".join(said.warnings)
    yield "licence", licence_in_words(facts.licence)
    yield "size", size_in_words(facts)
    for name, words in (
        ("author", said.author),
        ("maintainers", _named(said.maintainers)),
        ("keywords", _named(said.keywords)),
        ("engines", ", ".join(f"{engine} {wanted}" for engine, wanted in said.engines)),
        ("only on", platforms_in_words(said)),
        ("modules", MODULES[said.modules] if said.modules else None),
        ("types", "included" if said.has_types else None),
        ("install scripts", scripts_in_words(said)),
        ("provenance", provenance_in_words(said)),
        ("section", said.section),
        ("priority", said.priority),
        ("source", " ".join(each for each in (said.source, said.source_version) if each)),
        ("requires", ", ".join(said.requirements)),
        ("caveats", said.caveats),
    ):
        if words:
            yield name, words


def spelled(name: str, facts: VersionFacts | None) -> str:
    """A package's name as its registry shows it: `Flask-SQLAlchemy`."""
    return (facts.said.spelling if facts is not None else None) or name


def licence_in_words(licence: Licence) -> str:
    """`MIT`; words that are no expression say of which kind they are, or where the licence is."""
    if not licence.shown:
        return UNKNOWN
    if licence.is_understood:
        return f"{licence.expression} (written {licence.words})"
    if licence.expression:
        is_mild = licence.kind == "permissive"
        return licence.shown if is_mild else f"{licence.shown} ({KINDS[licence.kind]})"
    if file_of(licence.words) is not None:
        return f"{licence.words} (a file of the package)"
    if licence.kind == "restricted":
        return f"{licence.words} (no rights are granted)"
    return f"{licence.words} (not an SPDX expression)"


def size_in_words(facts: VersionFacts) -> str:
    """`219.0 kB in 16 files, 62.1 kB to download`"""
    files = counted(facts.file_count, "file") if facts.file_count is not None else ""
    parts = []
    if facts.unpacked_size is not None:
        parts.append(f"{size(facts.unpacked_size)} unpacked" + (f" in {files}" if files else ""))
    elif files:
        parts.append(files)
    if facts.is_measured:
        parts.append(MEASURED)
    if facts.download_size is not None:
        parts.append(f"{size(facts.download_size)} to download")
    return ", ".join(parts) or UNKNOWN


def platforms_in_words(said: Facts) -> str:
    """`linux, x64, glibc`; of several of one kind, `darwin or linux`."""
    return ", ".join(" or ".join(each) for each in (said.os, said.cpu, said.libc) if each)


def scripts_in_words(said: Facts) -> str | None:
    """None if nothing is said of any."""
    if said.install_scripts is None:
        return None
    return ", ".join(said.install_scripts) or "none"


def provenance_in_words(said: Facts) -> str | None:
    """None if nothing is said of it."""
    if said.provenance is None:
        return None
    return "attested" if said.provenance == "attested" else "signed by the registry"


def weight_in_words(weight: InstallWeight) -> list[str]:
    """`installs 65 packages, 4.2 MB of 60 known`, then licences that are not permissive, scripts, other platforms."""
    told = [_size_of_install(weight)]
    told += licences_in_words(weight)
    if weight.with_scripts:
        run = "runs" if weight.with_scripts == 1 else "run"
        told.append(f"{number(weight.with_scripts)} {run} install scripts")
    if weight.for_others:
        told.append(f"{number(weight.for_others)} left out on {weight.platform}")
    return told


def licences_in_words(weight: InstallWeight) -> list[str]:
    """`60 permissive`, `2 strong copyleft`, `3 of unknown licence`; nothing if nothing at all is known."""
    if weight.kinds["unknown"] == weight.packages:
        return ["licences unknown"]
    return [f"{number(count)} {KINDS[kind]}" for kind, count in weight.kinds.items() if count]


def less_in_words(less: Less) -> str | None:
    """`without it 3.1 MB less`; None if no size is known."""
    if not less.sizes_known:
        return None
    at_least = "at least " if less.sizes_known < less.packages else ""
    return f"without it {at_least}{size(less.size)} less"


def _size_of_install(weight: InstallWeight) -> str:
    if not weight.sizes_known:
        return "size unknown"
    total = f"{size(weight.size)} unpacked"
    if weight.sizes_known == weight.packages:
        return total
    return f"{total} (known of {number(weight.sizes_known)} of {number(weight.packages)})"


def _named(names: tuple[str, ...]) -> str:
    more = len(names) - SHOWN_NAMES
    told = ", ".join(names[:SHOWN_NAMES])
    return f"{told} and {number(more)} more" if more > 0 else told
