"""apt's index: what is read of Packages files, and how groups are resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.apt_archive import MADE, packages, stanza
from tgtui.registries.apt.index.build import build
from tgtui.registries.apt.index.view import AptIndex

MakeIndex = Callable[..., AptIndex]


@pytest.fixture
def index_of(tmp_path: Path) -> Iterator[MakeIndex]:
    """The index of some stanzas, made as the program makes it."""
    made: list[AptIndex] = []

    def make(*stanzas: str) -> AptIndex:
        source, target = tmp_path / "Packages", tmp_path / f"{len(made)}.index"
        source.write_bytes(packages(*stanzas))
        part = {"path": str(source), "compression": "", "label": "garden", "sha256": "", "size": 0}
        facts = {
            "architecture": "amd64",
            "digest": "d",
            "suites": '[{"name": "garden", "pin": 500}]',
        }
        build(
            {
                "path": str(target),
                "architecture": "amd64",
                "problems": [],
                "parts": [{**part, "source": 0, "pin": 500}],
                "facts": facts,
            }
        )
        made.append(AptIndex(target, MADE, recommends=True))
        return made[-1]

    yield make
    for index in made:
        index.close()


def edges(index: AptIndex, name: str) -> dict[str, tuple[str, str, str | None]]:
    """By the declared text or name: target, range, version."""
    document = index.document(name)
    assert document is not None
    found = index.resolve(document.dependencies_of(document.versions[0].version))
    return {
        e.declared.declared_name or e.declared.name: (e.declared.name, e.declared.range, e.version)
        for e in found
    }


class TestBadEntries:
    def test_entries_that_cant_be_read_are_told_and_the_rest_is_read(
        self, index_of: MakeIndex
    ) -> None:
        index = index_of(
            "Package: rootless\nArchitecture: amd64\n",
            "Version: 1\n",
            stanza("rake", Depends="handle (>= 1, broken ((", Provides="(what"),
        )
        assert index.document("rake") is not None
        assert index.document("rootless") is None
        told = " / ".join(index.problems)
        assert "rootless without a version" in told
        assert "an entry without a package name" in told
        assert "what it provides can't be read" in told

    def test_a_dependency_that_cant_be_read_is_kept_unresolved(self, index_of: MakeIndex) -> None:
        index = index_of(stanza("rake", Depends="handle (>= 1, hoe"))
        document = index.document("rake")
        assert document is not None
        found = index.resolve(document.dependencies_of("1.0"))
        assert [edge.declared.name for edge in found] == ["handle", "hoe"]
        assert found[0].version is None
        assert "can't read" in (found[0].error or "")


class TestResolution:
    def test_groups_as_apt_chooses(self, index_of: MakeIndex) -> None:
        index = index_of(
            stanza(
                "shed",
                Depends="rake (>= 1.0), missing | hoe, mail-agent, old (<< 1), py:any, other:any,"
                " foreign [i386], virtual (>= 2), virtual (>= 9)",
                Pre_Depends="dpkg | rake",
                Recommends="cat",
                Suggests="dog",
            ),
            stanza("rake", "1.5"),
            stanza("hoe", "0.1"),
            stanza("exim", Provides="mail-agent", Priority="optional"),
            stanza("postfix", Provides="mail-agent", Priority="standard"),
            stanza("old", "1.0"),
            stanza("py", "3.11", Multi_Arch="allowed"),
            stanza("other", "1.0"),
            stanza("provider", "7", Provides="virtual (= 3)"),
        )
        assert edges(index, "shed") == {
            "dpkg | rake": ("rake", "", "1.5"),
            "rake": ("rake", ">= 1.0", "1.5"),
            "missing | hoe": ("hoe", "", "0.1"),
            "mail-agent": ("postfix", "", "1.0"),
            "old": ("old", "<< 1", None),
            "py:any": ("py", "", "3.11"),
            "other:any": ("other", "", None),
            "foreign [i386]": ("foreign", "", None),
            "virtual (>= 2)": ("provider", "", "7"),
            "virtual": ("virtual", ">= 9", None),
            "cat": ("cat", "", None),
            "dog": ("dog", "", None),
        }

    def test_the_words_of_the_registry(self, index_of: MakeIndex) -> None:
        index = index_of(stanza("shed", Depends="a", Recommends="b", Suggests="c"))
        document = index.document("shed")
        assert document is not None
        kinds = {
            e.name: (e.type, e.source_field, e.is_optional) for e in document.dependencies_of("1.0")
        }
        assert kinds == {
            "a": ("runtime", "Depends", False),
            "b": ("optional", "Recommends", True),
            "c": ("peer", "Suggests", True),
        }

    def test_an_unversioned_provides_never_satisfies_a_version(self, index_of: MakeIndex) -> None:
        index = index_of(stanza("shed", Depends="v (>= 1)"), stanza("p", Provides="v"))
        assert edges(index, "shed") == {"v": ("v", ">= 1", None)}

    def test_the_real_package_before_one_that_provides_its_name(self, index_of: MakeIndex) -> None:
        index = index_of(
            stanza("shed", Depends="awk"),
            stanza("gawk", Provides="awk", Priority="required"),
            stanza("awk", "1"),
        )
        assert edges(index, "shed") == {"awk": ("awk", "", "1")}

    def test_loaded_whole_the_answers_are_the_same(self, index_of: MakeIndex) -> None:
        stanzas = (
            stanza("shed", Depends="rake (>= 1) | hoe, mail, none"),
            stanza("rake", "0.5"),
            stanza("hoe", "3"),
            stanza("exim", Provides="mail"),
        )
        index = index_of(*stanzas)
        before = edges(index, "shed")
        fresh = AptIndex(index.file.path, index.confirmed_at, recommends=True)
        fresh.load()
        assert edges(fresh, "shed") == before
        fresh.close()
