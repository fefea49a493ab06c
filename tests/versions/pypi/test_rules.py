"""Which version pip would take of one package, by its specifier."""

from __future__ import annotations

import pytest

from tgtui.versions.pypi.names import plain_name, pypi_name_problem, split_extras
from tgtui.versions.pypi.ranges import admits
from tgtui.versions.pypi.rules import PypiRules
from tgtui.versions.rules import NotPicked, Picked

RULES = PypiRules()


def pick(versions: str, wanted: str) -> str | None:
    """Of versions with blanks between; `!` marks a yanked one."""
    told = [text.strip("!") for text in versions.split()]
    yanked = {text.strip("!") for text in versions.split() if text.endswith("!")}
    found = RULES.index(told, {}, yanked, {}).pick(wanted, None)
    return found.version if isinstance(found, Picked) else None


@pytest.mark.parametrize(
    ("versions", "wanted", "expected"),
    [
        ("1.0 2.0rc1", "", "1.0"),
        ("1.0 2.0rc1", ">=1.5", "2.0rc1"),
        ("1.0 1.5rc1", ">=0.5,<2a0", "1.5rc1"),
        ("1.0 2.0rc1", ">=1.0rc1", "2.0rc1"),
        ("1.0 2.0rc1", "!=2.0rc2", "1.0"),
        ("1.0! 2.0rc1", "", None),
        ("1.0! 0.9", "==1.0", "1.0"),
        ("1.0! 0.9", "==1.*", None),
        ("1.0! 0.9", "", "0.9"),
        ("1.0 1.0.0+cu9", "==1.0", "1.0.0+cu9"),
        ("1.0 1.0.0+cu9", "===1.0", "1.0"),
        ("1.0 1.4.2 2.0", "~=1.2", "1.4.2"),
        ("2004d 2004a", "", "2004a"),
        ("1.0", ">=1.0; python_version < '3'", "1.0"),
        ("1.0", "(>=1.0)", "1.0"),
        ("1.0", ">=1.0.*", None),
    ],
)
def test_picks(versions: str, wanted: str, expected: str | None) -> None:
    assert pick(versions, wanted) == expected


def test_why_nothing_is_picked_is_a_sentence() -> None:
    index = RULES.index(["1.0"], {}, (), {})
    found = [index.pick(wanted, None) for wanted in (">=1.0.*", ">=9", f"=={'9' * 5_000}")]
    reasons = [each.reason for each in found if isinstance(each, NotPicked)]
    assert len(reasons) == 3
    assert all(reason.endswith(".") for reason in reasons)


def test_the_latest_is_what_the_document_says_else_the_highest_release() -> None:
    assert RULES.index(["1.0", "2.0", "3.0rc1"], {}, {"2.0"}, {}).latest() == "1.0"
    assert RULES.index(["1.0", "2.0"], {"latest": "1.0"}, (), {}).latest() == "1.0"
    assert RULES.index(["1.0rc1", "2004d"], {}, (), {}).latest() == "1.0rc1"


def test_an_address_stands_for_a_version_without_its_credentials() -> None:
    found = RULES.elsewhere("x", "@ https://user:secret@files.example/x-1.0-py3-none-any.whl")
    assert found == "https://files.example/x-1.0-py3-none-any.whl"
    assert RULES.elsewhere("x", ">=1.0") is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(">=3.8", True), (">=3.12", False), (">=2.7,!=3.0*", True), (">= '2.7'", True), (None, True)],
)
def test_what_does_not_parse_admits_every_python(wanted: str | None, expected: bool) -> None:
    assert admits(wanted, "3.11.7") is expected


def test_names_are_normalised_and_extras_told_apart() -> None:
    assert plain_name("Flask_SQLAlchemy") == plain_name("flask.sqlalchemy") == "flask-sqlalchemy"
    assert split_extras("Requests[Socks, use_chardet]") == ("requests", ("socks", "use-chardet"))
    for good in ("flask", "zope.interface", "requests[socks]", "a"):
        assert pypi_name_problem(good) is None
    for bad in ("", "-a", "a b", "a/b", "../a", "a[", "a[]", "é", "a[b]c", "x" * 300):
        assert pypi_name_problem(bad), bad
