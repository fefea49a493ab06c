from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tgtui.syntax import licences
from tgtui.syntax.licences import (
    KINDS,
    by_kind,
    file_of,
    licence_of,
    names_of,
    read_licence,
    strictest,
)


@pytest.mark.parametrize(
    ("words", "expression", "kind"),
    [
        ("MIT", "MIT", "permissive"),
        ("  mit ", "MIT", "permissive"),
        ("(MIT OR CC0-1.0)", "(MIT OR CC0-1.0)", "permissive"),
        ("MIT or GPL-3.0-only", "MIT OR GPL-3.0-only", "permissive"),
        ("MIT AND GPL-3.0-only", "MIT AND GPL-3.0-only", "strong"),
        ("GPL-2.0", "GPL-2.0", "strong"),
        ("GPL-2.0+", "GPL-2.0+", "strong"),
        ("AGPL-3.0-or-later", "AGPL-3.0-or-later", "strong"),
        ("MPL-2.0", "MPL-2.0", "weak"),
        ("LGPL-3.0-or-later", "LGPL-3.0-or-later", "weak"),
        ("EPL-2.0", "EPL-2.0", "weak"),
        ("OFL-1.1", "OFL-1.1", "weak"),
        ("BUSL-1.1", "BUSL-1.1", "restricted"),
        ("SSPL-1.0", "SSPL-1.0", "restricted"),
        ("Elastic-2.0", "Elastic-2.0", "restricted"),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0", "restricted"),
        ("Unlicense", "Unlicense", "permissive"),
        ("MIT+", "MIT+", "permissive"),
        ("LicenseRef-Foo", "LicenseRef-Foo", "unknown"),
        ("MIT AND LicenseRef-Foo", "MIT AND LicenseRef-Foo", "unknown"),
        ("MIT OR LicenseRef-Foo", "MIT OR LicenseRef-Foo", "permissive"),
        ("LicenseRef-Homebrew-public-domain", "LicenseRef-Homebrew-public-domain", "permissive"),
        (
            "gpl-2.0-only with classpath-exception-2.0",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "strong",
        ),
    ],
)
def test_spdx_is_spelled_as_spdx_does(words: str, expression: str, kind: str) -> None:
    found = read_licence(words)
    assert (found.expression, found.kind) == (expression, kind)
    assert not found.is_understood


@pytest.mark.parametrize(
    ("words", "expression"),
    [("Apache 2.0", "Apache-2.0"), ("MIT/X11", "MIT"), ("GPLv2", "GPL-2.0"), ("Expat", "MIT")],
)
def test_what_people_write_for_one_licence_is_understood_and_marked(
    words: str, expression: str
) -> None:
    found = read_licence(words)
    assert (found.words, found.expression, found.is_understood) == (words, expression, True)
    assert found.kind != "unknown"


@pytest.mark.parametrize("words", ["BSD", "Public Domain", "GPL", "custom", "see website", "(MIT"])
def test_what_may_mean_several_stays_as_it_was_said(words: str) -> None:
    found = read_licence(words)
    assert (found.shown, found.expression, found.kind) == (words, "", "unknown")


def test_unlicensed_grants_nothing_and_is_not_the_unlicense() -> None:
    assert read_licence("UNLICENSED").kind == "restricted"
    assert read_licence("UNLICENSED").expression == ""
    assert read_licence("Unlicense").expression == "Unlicense"


def test_a_file_of_the_package_may_have_the_licence() -> None:
    assert file_of("SEE LICENSE IN LICENSE.txt") == "LICENSE.txt"
    assert file_of("see licence in  docs/my licence.md") == "docs/my licence.md"
    assert file_of("MIT") is None
    assert read_licence("SEE LICENSE IN LICENSE.txt").kind == "unknown"


def test_nothing_said_is_unknown() -> None:
    assert (read_licence("").shown, read_licence(" \n").kind) == ("", "unknown")


@pytest.mark.parametrize(
    "words", ["(" * 600 + "MIT" + ")" * 600, "(" * 400 + "MIT" + ")" * 400, "MIT " * 300]
)
def test_what_is_too_long_or_too_deep_is_words(words: str) -> None:
    assert read_licence(words).kind == "unknown"


@given(st.text(max_size=80))
def test_no_words_end_the_program(words: str) -> None:
    assert read_licence(words).kind in KINDS


def test_counts_and_the_strictest() -> None:
    found = [read_licence(words) for words in ("MIT", "ISC", "GPL-3.0-only", "")]
    assert by_kind(found) == {
        "permissive": 2,
        "weak": 0,
        "strong": 1,
        "restricted": 0,
        "unknown": 1,
    }
    assert strictest(["permissive", "weak"]) == "weak"
    assert strictest([]) == "unknown"


def test_what_is_known_without_spdxs_list_is_as_it_says() -> None:
    for words, kind in licences._COMMON.items():
        assert licences._canonical(words) == words
        assert licences._kind_of(words) == kind


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("MIT", ("permissive", "mit")),
        ("(MIT OR GPL-3.0-only)", ("permissive", "mit", "gpl-3.0-only")),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            ("strong", "copyleft", "gpl-2.0-only", "classpath-exception-2.0"),
        ),
        ("MPL-2.0", ("weak", "copyleft", "mpl-2.0")),
        ("SEE LICENSE IN my file", ("unknown", "see-license-in-my-file")),
        ("UNLICENSED", ("restricted", "unlicensed")),
        ("", ("unknown",)),
    ],
)
def test_names_that_a_search_finds_it_by(words: str, names: tuple[str, ...]) -> None:
    assert names_of(read_licence(words)) == names


@example("\x00")
@given(st.text(max_size=80))
def test_no_name_has_a_space(words: str) -> None:
    assert all(name and len(name.split()) == 1 for name in names_of(read_licence(words)))


@pytest.mark.parametrize("words", ["MIT", "Apache 2.0", "UNLICENSED", "mit or isc", "BSD", "x"])
def test_what_was_stored_of_one_is_read_back(words: str) -> None:
    found = read_licence(words)
    assert licence_of(found.words, found.expression, found.kind) == found
