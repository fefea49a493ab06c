"""What `tgtui show` prints of a version's files: its README, its changelog, their list, one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from msgspec.structs import asdict

from tgtui.basics.text import clean, harmless
from tgtui.cli.opening import NotInCatalogue, Options, complain, reading, run
from tgtui.cli.output import emit, emit_json, emit_table
from tgtui.cli.reading.finding import find_version

if TYPE_CHECKING:
    from tgtui.data.views.packages import PackageDetail
    from tgtui.registries.archives.files import Listing, PackageText
    from tgtui.services.files import Files
    from tgtui.syntax.reference import PackageReference

What = Literal["readme", "changelog", "files", "file"]


def show_text(
    options: Options, reference: PackageReference, what: What, path: str, *, as_json: bool
) -> None:
    """Print it. `path` is that of a file."""
    from tgtui.registries.adapters import Registries
    from tgtui.registries.archives.files import Listing
    from tgtui.registries.registration import RegistryOptions
    from tgtui.services.files import Files, NotThere

    with reading(options) as database:
        detail, row = find_version(database, reference, options)
    package = f"{detail.registry}:{detail.name}@{row.version}"

    async def fetch() -> Listing | PackageText:
        registries = Registries(RegistryOptions.of(options.settings()))
        try:
            return await _fetch(Files(registries), detail, row.version, what, path)
        finally:
            await registries.aclose()

    try:
        found = run(fetch())
    except NotThere as error:
        raise NotInCatalogue(f"{error} {_elsewhere(detail)}".strip()) from error
    if as_json:
        emit_json({"package": package, **asdict(found)})
    elif isinstance(found, Listing):
        _print_files(found)
    else:
        _print_text(found)


async def _fetch(
    files: Files, detail: PackageDetail, version: str, what: What, path: str
) -> Listing | PackageText:
    package = (detail.registry, detail.name, version)
    if what == "files":
        return await files.listing(*package)
    if what == "file":
        return await files.text(*package, path)
    return await (files.readme(*package) if what == "readme" else files.changelog(*package))


def _print_files(listing: Listing) -> None:
    from tgtui.basics.formatting import counted, size

    emit_table(
        ("SIZE", "PATH", "NOTE"), ((file.size, file.path, file.note) for file in listing.files)
    )
    if listing.is_list:
        complain(f"{counted(len(listing.files), 'archive')}, as the index lists them.")
        return
    packed = f", {size(listing.packed_bytes)} packed" if listing.packed_bytes is not None else ""
    complain(
        f"{counted(len(listing.installed), 'file')}, {size(listing.unpacked_bytes)} unpacked{packed};"
        f" {listing.proof} is as stated."
    )


def _print_text(text: PackageText) -> None:
    emit(_lines(text))
    for note in text.notes:
        complain(note)


def _lines(text: PackageText) -> Iterator[str]:
    """As it was written, but nothing that a terminal would obey."""
    for line in text.text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n"):
        yield harmless(line.expandtabs(4)) if "\t" in line else harmless(line)


def _elsewhere(detail: PackageDetail) -> str:
    page = detail.homepage or detail.repository
    return f"Its homepage: {clean(page)}" if page else ""
