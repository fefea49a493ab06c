"""The search box's language: words and operators, read from text and written back as text."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tgtui.registries.base import REGISTRIES

MAX_QUERY = 500
"""Characters of a search that are read; nobody types more, but people paste."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to look for. Empty means everything."""

    words: tuple[str, ...] = ()
    """All of them are in the name; case does not matter."""
    registries: frozenset[str] = frozenset()
    """Any of these; empty means all."""
    tags: frozenset[str] = frozenset()
    """Slugs; a package has all of them."""
    without_tags: frozenset[str] = frozenset()
    """Slugs; a package has none of them."""

    @property
    def text(self) -> str:
        """The words as typed, without operators."""
        return " ".join(self.words)

    def toggled_registry(self, registry: str) -> SearchQuery:
        """Narrowed to `registry` too, or no longer."""
        return replace(self, registries=self.registries ^ {registry})

    def toggled_tag(self, slug: str) -> SearchQuery:
        """Narrowed to the tag, or no longer."""
        return replace(self, tags=self.tags ^ {slug}, without_tags=self.without_tags - {slug})

    def __str__(self) -> str:
        """As operators, so that it can be typed again."""
        return " ".join(
            [
                *self.words,
                *(f"tag:{slug}" for slug in sorted(self.tags)),
                *(f"-tag:{slug}" for slug in sorted(self.without_tags)),
                *(f"{registry}:" for registry in sorted(self.registries)),
            ]
        )


def parse_search(text: str) -> SearchQuery:
    """Never fails: what is no operator is a word. `npm:react` is the registry and the word."""
    words: list[str] = []
    registries: set[str] = set()
    tags: set[str] = set()
    without: set[str] = set()
    for part in "".join(c if c.isprintable() else " " for c in text[:MAX_QUERY]).split():
        operator, colon, value = part.partition(":")
        if colon and operator in REGISTRIES:
            registries.add(operator)
            words.extend([value] if value else [])
        elif colon and value and operator == "tag":
            tags.add(value.casefold())
        elif colon and value and operator == "-tag":
            without.add(value.casefold())
        else:
            words.append(part)
    return SearchQuery(tuple(words), frozenset(registries), frozenset(tags), frozenset(without))
