"""`tgtui show` with READMEs, changelogs and files: from the registry once, then without a network."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tests.cli.conftest import Cli
from tests.support import rows
from tests.support.fake_registry import FakeRegistry, raw
from tests.support.npm_archive import archive, dist
from tgtui.cli.opening import NOT_IN_CATALOGUE
from tgtui.data.storage.database import Database

# Nothing of it is read from the database but the version.
pytestmark = pytest.mark.full_on("postgresql")

PATH = "a/-/a-1.0.0.tgz"
BODY = archive({"README.md": b"# A\n\x1b]2;evil\x07\ttext\n", "lib/a.js": b"1\n", "img.png": b"\0"})


@pytest.fixture
def published(fake_registry: FakeRegistry, database: Database) -> FakeRegistry:
    """a@1.0.0, whose archive is served, and brew's wget."""
    told = {"dist": dist(fake_registry.url + PATH, BODY)}
    fake_registry.add_package("a", {"1.0.0": told})
    fake_registry.fault(PATH, raw(BODY), always=True)

    def fill(connection: Connection) -> None:
        rows.add_release(connection, "a")
        rows.add_release(connection, "wget", registry="brew")

    database.write_now(fill)
    return fake_registry


def test_prints_readme_files_and_one_file_and_later_without_a_network(
    cli: Cli, published: FakeRegistry
) -> None:
    readme = cli("show", "npm:a", "--readme")
    assert readme.exit_code == 0, readme.output
    assert (
        readme.stdout == "# A\n\N{REPLACEMENT CHARACTER}]2;evil\N{REPLACEMENT CHARACTER}   text\n"
    )
    published.stop()
    files = cli("show", "npm:a", "--files")
    assert files.stdout.splitlines() == ["19\tREADME.md\t", "1\timg.png\t", "2\tlib/a.js\t"]
    assert "3 files, 22 B unpacked" in files.stderr
    assert cli("show", "npm:a@1.0.0", "--file", "lib/a.js").stdout == "1\n"
    told = cli.json("show", "npm:a", "--files")
    assert (told["package"], told["entries"], told["proof"]) == ("npm:a@1.0.0", 3, "sha512")
    assert cli.json("show", "npm:a", "--readme")["origin"] == "archive"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("npm:a", "--changelog"), NOT_IN_CATALOGUE, "has no changelog"),
        (("npm:a", "--file", "lib/b.js"), NOT_IN_CATALOGUE, "no file lib/b.js"),
        (("npm:a", "--file", "img.png"), 1, "is not text"),
        (("npm:a@2.0.0", "--readme"), NOT_IN_CATALOGUE, "no version or tag 2.0.0"),
        (("brew:wget", "--readme"), NOT_IN_CATALOGUE, "Homebrew's index has no README"),
        (("npm:a", "--readme", "--files"), 2, "only one of"),
        (("npm:a", "--file", ""), NOT_IN_CATALOGUE, "no file"),
    ],
)
def test_says_what_there_is_not(
    cli: Cli, published: FakeRegistry, words: tuple[str, ...], code: int, told: str
) -> None:
    result = cli("show", *words)
    assert result.exit_code == code, result.output
    assert told in result.stderr
