"""Which versions a specifier leaves, by pip's rules. Source: PEP 440, PEP 592, and pip 26.3 (`PackageFinder`, `Factory`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

MAX_CHARS = 4_096
"""Characters of a specifier that is read."""
MAX_DIGITS = 1_000
"""Digits in a row: Python refuses to read longer numbers."""

C = TypeVar("C")


class InvalidRange(ValueError):
    """The text is no specifier of PEP 440. Its own text is a sentence."""


@lru_cache(maxsize=20_000)
def specifier_of(text: str) -> SpecifierSet:
    """The parts of `>=1.0,<2; python_version < "3.9"` before the marker. InvalidRange."""
    wanted = text.partition(";")[0].strip().removeprefix("(").removesuffix(")")
    if len(text) > MAX_CHARS:
        raise InvalidRange(f"It is too long to be read: more than {MAX_CHARS:,} characters.")
    try:
        found = SpecifierSet(wanted)
        list(found.filter(["1.0"]))  # numbers of thousands of digits fail only when used
    except (InvalidSpecifier, ValueError):
        raise InvalidRange(f"{wanted[:80]!r} is no version specifier (PEP 440).") from None
    return found


def applicable(
    wanted: SpecifierSet,
    candidates: Iterable[C],
    version_of: Callable[[C], Version],
    is_yanked: Callable[[C], bool],
) -> list[C]:
    """Those pip would try. Prereleases count if one is named or nothing else is left, yanked ones if it is pinned."""
    left = list(wanted.filter(candidates, key=version_of))
    if is_pinned(wanted) and all(map(is_yanked, left)):
        return left
    return [each for each in left if not is_yanked(each)]


def is_pinned(wanted: SpecifierSet) -> bool:
    """Whether it names one version: `==1.0`, `===1.0`."""
    return any(
        each.operator == "===" or (each.operator == "==" and not each.version.endswith(".*"))
        for each in wanted
    )


def admits(wanted: str | None, version: str) -> bool:
    """Whether `requires-python` admits a full version of Python. What does not parse admits, as with pip."""
    if not wanted:
        return True
    try:
        return specifier_of(wanted).contains(version, prereleases=True)
    except InvalidRange:
        return True
