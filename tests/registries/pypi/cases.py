"""What pip 26.3 installs on small indexes: each is the files of an index, and the answer for the package `root`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.support.python_index import PythonIndex, metadata_of

Fill = Callable[[PythonIndex], object]


def _final_yanked(index: PythonIndex) -> None:
    index.add("root", "1.0", "f")
    index.add("f", "1.0", yanked=True)
    index.add("f", "2.0rc1")


def _only_a_prerelease_fits(index: PythonIndex) -> None:
    index.add("root", "1.0", "f>=1.5")
    index.add("f", "1.0")
    index.add("f", "2.0rc1")


def _prerelease_as_upper_bound(index: PythonIndex) -> None:
    index.add("root", "1.0", "f>=0.5,<2a0")
    index.add("f", "1.0")
    index.add("f", "1.5rc1")


def _dependency_names_a_prerelease(index: PythonIndex) -> None:
    index.add("root", "1.0", "d")
    index.add("d", "1.0", "e>=1.0rc1")
    index.add("e", "1.0")
    index.add("e", "2.0rc1")


def _chosen_before_a_prerelease_is_named(index: PythonIndex) -> None:
    index.add("root", "1.0", "c", "d")
    index.add("d", "1.0", "c>=1.0rc1")
    index.add("c", "1.0")
    index.add("c", "2.0rc1")


def _pinned_yanked(index: PythonIndex) -> None:
    index.add("root", "1.0", "d")
    index.add("d", "1.0", "e==1.0")
    index.add("e", "1.0", yanked="broken")
    index.add("e", "0.9")


def _bare_range_before_a_yanked_pin(index: PythonIndex) -> None:
    index.add("root", "1.0", "c", "d")
    index.add("d", "1.0", "c==1.0")
    index.add("c", "1.0", yanked=True)
    index.add("c", "0.9")


def _unreadable_requirement(index: PythonIndex) -> None:
    index.add("root", "1.0", "f")
    index.add("f", "1.0")
    index.add("f", "2.0", "x>=1.0.*")


def _extra_not_provided(index: PythonIndex) -> None:
    index.add("root", "1.0", "f[fast]")
    index.add("f", "1.0", "x; extra == 'fast'")
    index.add("x", "1.0")


def _extras(index: PythonIndex) -> None:
    index.add("root", "1.0", "F_f[A_b]>=1")
    index.add("f-f", "1.0", "x; extra == 'a-b'", "y; extra == 'other'", extras=["a_b", "other"])
    index.add("x", "1.0", "f-f[other]")
    index.add("y", "1.0")


def _two_extras_at_once(index: PythonIndex) -> None:
    index.add("root", "1.0", "f[a,b]")
    index.add("f", "1.0", "x; extra == 'a' and extra == 'b'", extras=["a", "b"])
    index.add("x", "1.0")


def _circular_extras(index: PythonIndex) -> None:
    index.add("root", "1.0", "root[a]", "x; extra == 'a'", "root[b]; extra == 'a'", "root[a]; extra == 'b'", extras=["a", "b"])  # fmt: skip
    index.add("x", "1.0", "root")


def _metadata_of_another(index: PythonIndex) -> None:
    index.add("root", "1.0", "f")
    index.add("f", "1.0")
    index.add("f", "2.0", metadata=metadata_of("g", "2.0"))


def _local_version(index: PythonIndex) -> None:
    index.add("root", "1.0", "m==1.0")
    index.add("m", "1.0")
    index.add("m", "1.0.0+cu9")


def _arbitrary_equality(index: PythonIndex) -> None:
    index.add("root", "1.0", "m===1.0")
    index.add("m", "1.0")
    index.add("m", "1.0.0+cu9")


def _disagreement(index: PythonIndex, zz: str = "zz") -> None:
    index.add("root", "1.0", "aa", zz)
    index.add("aa", "1.0")
    index.add("aa", "2.0", "cc==2.0")
    index.add("zz", "1.0")
    index.add("zz", "2.0", "cc==1.0")
    index.add("cc", "1.0")
    index.add("cc", "2.0")


def _impossible(index: PythonIndex) -> None:
    index.add("root", "1.0", "a", "b")
    index.add("a", "1.0", "w>=2")
    index.add("b", "1.0", "w<2")
    index.add("w", "1.0")
    index.add("w", "2.0")


def _nothing_fits(index: PythonIndex) -> None:
    index.add("root", "1.0", "f>=9")
    index.add("f", "1.0")
    index.add("f", "2.0", yanked=True)
    index.add("f", "10.0", python=">=3.99")


def _python_in_metadata_alone(index: PythonIndex) -> None:
    index.add("root", "1.0", "f")
    index.add("f", "1.0")
    index.add("f", "2.0", metadata=metadata_of("f", "2.0", python=">=3.99"))


def _python_of_files(index: PythonIndex) -> None:
    index.add("root", "1.0", "f", "g")
    index.add("f", "1.0", python=">=2.7,!=3.0*")
    index.add("f", "2.0", python=">=3.99")
    index.add("g", "1.0", python=">= '2.7'")


def _builds_and_tags(index: PythonIndex) -> None:
    index.add("root", "1.0", "f", "g", "h")
    index.add("f", "1.0", "x", kind="9-py3-none-any.whl")
    index.add("f", "1.0", "y", kind="10-py3-none-any.whl")
    index.add("g", "1.0", "x", kind="py3-none-any.whl")
    index.add("g", "2.0", "x", kind="cp27-cp27m-win32.whl")
    index.add("h", "1.0", "x", kind="tar.gz")
    index.add("h", "1.0", "y")
    index.add("x", "1.0")
    index.add("y", "1.0")


def _same_version_twice(index: PythonIndex) -> None:
    index.add("root", "1.0", "f")
    index.add("f", "1.0", "x")
    index.add("f", "1.0.0", "y")
    index.add("x", "1.0")
    index.add("y", "1.0")


def _markers(index: PythonIndex) -> None:
    index.add("root", "1.0", "f; python_version > '3.9'", "g; python_version < '3'", "h; sys_platform == 'nowhere'")  # fmt: skip
    index.add("f", "1.0", "x; platform_release >= 'zz' or python_version >= '3.9.'")
    index.add("x", "1.0")


CASES: Mapping[str, tuple[Fill, str | None]] = {
    "a yanked final hides a prerelease": (_final_yanked, None),
    "only a prerelease fits": (_only_a_prerelease_fits, "f==2.0rc1 root==1.0"),
    "a bound names a prerelease": (_prerelease_as_upper_bound, "f==1.5rc1 root==1.0"),
    "a dependency names one": (_dependency_names_a_prerelease, "d==1.0 e==2.0rc1 root==1.0"),
    "chosen before one is named": (
        _chosen_before_a_prerelease_is_named,
        "c==1.0 d==1.0 root==1.0",
    ),
    "a yanked version is pinned": (_pinned_yanked, "d==1.0 e==1.0 root==1.0"),
    "a bare range before a yanked pin": (
        _bare_range_before_a_yanked_pin,
        "c==1.0 d==1.0 root==1.0",
    ),
    "a requirement that can't be read": (_unreadable_requirement, "f==1.0 root==1.0"),
    "an extra that is not provided": (_extra_not_provided, "f==1.0 root==1.0"),
    "extras": (_extras, "f-f==1.0 root==1.0 x==1.0 y==1.0"),
    "two extras are not asked together": (_two_extras_at_once, "f==1.0 root==1.0"),
    "extras in a circle": (_circular_extras, "root==1.0 x==1.0"),
    "the metadata of another": (_metadata_of_another, "f==1.0 root==1.0"),
    "a local version": (_local_version, "m==1.0.0+cu9 root==1.0"),
    "arbitrary equality": (_arbitrary_equality, "m==1.0 root==1.0"),
    "two disagree": (_disagreement, "aa==2.0 cc==2.0 root==1.0 zz==1.0"),
    "two disagree, one has an upper bound": (
        lambda index: _disagreement(index, "zz<9"),
        "aa==1.0 cc==1.0 root==1.0 zz==2.0",
    ),
    "two disagree, one has a lower bound": (
        lambda index: _disagreement(index, "zz>=1"),
        "aa==1.0 cc==1.0 root==1.0 zz==2.0",
    ),
    "nothing goes together": (_impossible, None),
    "nothing fits": (_nothing_fits, None),
    "another Python, by metadata alone": (_python_in_metadata_alone, "f==1.0 root==1.0"),
    "another Python, by files": (_python_of_files, "f==1.0 g==1.0 root==1.0"),
    "builds and tags": (_builds_and_tags, "f==1.0 g==1.0 h==1.0 root==1.0 x==1.0 y==1.0"),
    "a version in two spellings": (_same_version_twice, "f==1.0 root==1.0 y==1.0"),
    "markers": (_markers, "f==1.0 root==1.0"),
}
"""From words to the index and what is installed, without extras; None if pip says that it is impossible."""
