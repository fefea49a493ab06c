"""Where links lead, and what is said before they open."""

from __future__ import annotations

import pytest

from tgtui.registries.archives.files import PackageText
from tgtui.screens.package.reading.links import Target, target_of

REPOSITORY = "https://github.com/a/b"
FILES = frozenset({"README.md", "docs/x.md"})


def target(
    text: str, link: str, repository: str | None = REPOSITORY, path: str = "README.md", **place: str
) -> Target:
    within = PackageText(path, "", 0, "archive", **place)
    return target_of(text, link, within=within, files=FILES, repository=repository)


@pytest.mark.parametrize(
    ("link", "kind", "address"),
    [
        ("https://x.org/y?z=1#a", "page", "https://x.org/y?z=1#a"),
        ("//x.org/y", "page", "https://x.org/y"),
        ("#Some%20place", "heading", "Some place"),
        ("docs/x.md#a", "file", "docs/x.md"),
        ("./docs/../README.md", "file", "README.md"),
        ("/docs/x.md", "file", "docs/x.md"),
        ("CONTRIBUTING.md", "page", "https://github.com/a/b/blob/HEAD/CONTRIBUTING.md"),
        ("/CONTRIBUTING.md", "page", "https://github.com/a/b/blob/HEAD/CONTRIBUTING.md"),
        ("../../etc/passwd", "none", "../../etc/passwd"),
        ("javascript:alert(1)", "none", "javascript:alert(1)"),
        ("data:text/html,x", "none", "data:text/html,x"),
        ("file:///etc/passwd", "none", None),
        ("vscode://x", "none", None),
        ("mailto:a@b.org", "none", None),
        ("http://[", "none", "http://["),
        ("https://x.org/\x1b[2J", "none", None),
    ],
)
def test_only_pages_files_and_headings_open(link: str, kind: str, address: str | None) -> None:
    found = target("here", link)
    assert found.kind == kind
    assert address is None or found.address == address
    assert "\x1b" not in found.address
    assert bool(found.warning) == (kind == "none")


def test_a_relative_link_without_a_known_repository_leads_nowhere() -> None:
    for repository in (None, "https://example.org/a", "nonsense"):
        assert target("here", "CONTRIBUTING.md", repository).kind == "none"
    assert target("x", "x.md", path="docs/y.md").address == "docs/x.md"


def test_what_is_not_published_is_looked_for_in_the_repository_as_it_was_then() -> None:
    place = {"folder": "packages/core", "commit": "0a1b2c3d"}
    at = "https://github.com/a/b/blob/0a1b2c3d"
    assert target("x", "docs/y z.md", **place).address == f"{at}/packages/core/docs/y%20z.md"
    assert target("x", "../../LICENSE", **place).address == f"{at}/LICENSE"
    assert target("x", "/LICENSE", **place).address == f"{at}/LICENSE"
    assert target("x", "../../../LICENSE", **place).kind == "none"


@pytest.mark.parametrize(
    ("text", "link", "warning"),
    [
        ("https://github.com/a", "https://evil.example/a", "another address"),
        ("www.x.org", "https://x.org", ""),
        ("https://x.org/a", "https://www.x.org/b", ""),
        ("click", "https://аpple.com", "not ASCII"),
        ("click", "https://github.com@evil.example/", ""),
    ],
)
def test_warns_of_a_link_that_pretends(text: str, link: str, warning: str) -> None:
    found = target(text, link)
    assert warning in found.warning
    assert bool(found.warning) == bool(warning)
    assert "github.com@" not in found.address
