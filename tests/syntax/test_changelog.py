"""The part of a changelog between two versions."""

from __future__ import annotations

import pytest

from tgtui.syntax.changelog import between, sections

KEEP = """\
# Changelog

## [Unreleased]
- soon

## [2.0.0] - 2024-05-01
### Added
- x since 1.9.0
#### 1.2.3 is no version here

## [1.9.0](https://x.org/compare/v1.8.0...v1.9.0) (2024-01-01)
```
## 1.8.5
```
- y

## 1.8.0
- z
"""
OLD = """\
4.21.2 / 2024-11-06
==========

  * one

4.21.1 / 2024-10-08
==========

  * two
"""
BARE = "v0.3.0 - 2012-01-01\n  - a\n\n0.2.0\n  - b 0.1.5\n"


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        (KEEP, ["2.0.0", "1.9.0", "1.8.0"]),
        (OLD, ["4.21.2", "4.21.1"]),
        (BARE, ["0.3.0", "0.2.0"]),
        ("## v1.0.0-beta.2+5 (x)\ny", ["1.0.0-beta.2+5"]),
        (
            "## [9.0.0](x)\na\n### [8.3.2](y) (2020-12-08)\nb\n### Fixes\n## 8.3.0\n1.0.0rc",
            ["9.0.0", "8.3.2", "8.3.0"],
        ),
        ("## 1.2\nx\n## Node 18 and 20\ny", ["1.2"]),
        ("no headings 1.2.3 at all", []),
        ("", []),
        ("#" * 100_000 + " 1.0.0", []),
    ],
)
def test_finds_the_sections_of_versions(text: str, versions: list[str]) -> None:
    assert [section.version for section in sections(text)] == versions


def test_takes_what_is_asked_for_with_its_headings() -> None:
    found = between(KEEP, lambda version: version in ("2.0.0", "1.9.0"))
    assert found.startswith("## [2.0.0]")
    assert found.endswith("- y")
    assert "soon" not in found
    assert "- z" not in found
    assert between(OLD, lambda version: version == "4.21.1") == (
        "4.21.1 / 2024-10-08\n==========\n\n  * two"
    )
    assert between(OLD, lambda version: False) == ""


def test_a_changelog_of_megabytes_of_nonsense_takes_no_time() -> None:
    for text in ("1." * 200_000, "## 1.0.0\n" * 5_000, "0.1.2 - \n" * 5_000, "a-1.0" * 50_000):
        sections(text)
