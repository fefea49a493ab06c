"""Finds the package and version that a command names, or tells how to get them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tgtui.cli.opening import NotInCatalogue, Options, complain

if TYPE_CHECKING:
    from tgtui.data.storage.database import Database
    from tgtui.data.views.packages import DeletedPackage, PackageDetail
    from tgtui.data.views.versions import VersionRow
    from tgtui.syntax.reference import PackageReference


def find(
    database: Database, reference: PackageReference, options: Options
) -> tuple[PackageDetail, VersionRow | None]:
    """The package, and the version named or the latest; None if the package was not fetched yet.

    An alias or old name is followed, with a note on stderr. NotInCatalogue, with the command that requests it, if
    there is no such package or version.
    """
    from tgtui.data.packages.by_name import find_package
    from tgtui.data.packages.detail import package_detail
    from tgtui.data.versions import listing

    reference = called(reference, options)
    package_id = database.read_now(find_package, reference.registry, reference.name)
    detail = database.read_now(package_detail, package_id) if package_id is not None else None
    if detail is None:
        from tgtui.data.packages.removal import find_deleted

        deleted = database.read_now(find_deleted, reference.registry, reference.name)
        raise not_here(reference, deleted)
    if reference.version is None or detail.state != "ready":
        return detail, detail.latest
    version = database.read_now(listing.find_version, detail.id, reference.version)
    if version is None:
        raise NotInCatalogue(
            f"{reference.package} has no version or tag {reference.version} in the catalogue."
            f" `tgtui show {reference.package} --versions` lists them;"
            f" `tgtui ask {reference.package} --force --wait` fetches it again."
        )
    return detail, version


def not_here(reference: PackageReference, deleted: DeletedPackage | None) -> NotInCatalogue:
    """Why a package is not in the catalogue, and how to get it; `deleted` is what `find_deleted` returned."""
    if deleted is None:
        return NotInCatalogue(
            f"{reference.package} is not in the catalogue. Ask for it: tgtui ask {reference} --wait"
        )
    by = f" by {deleted.deleted_by}" if deleted.deleted_by else ""
    return NotInCatalogue(
        f"{reference.package} was deleted from the catalogue{by} on {deleted.deleted_at.date()};"
        f" an admin can restore it: tgtui packages restore {reference.package}"
    )


def find_version(
    database: Database, reference: PackageReference, options: Options
) -> tuple[PackageDetail, VersionRow]:
    """As `find`, but NotInCatalogue also for a package that was not fetched yet."""
    detail, version = find(database, reference, options)
    if version is None:
        raise NotInCatalogue(unread(detail))
    return detail, version


def called(reference: PackageReference, options: Options) -> PackageReference:
    """The package by its own name, if an index on this machine knows this one as an alias or old name."""
    from tgtui.registries.registration import registration

    if not registration(reference.registry).is_indexed:
        return reference
    import asyncio

    from msgspec.structs import replace

    from tgtui.registries.adapters import Registries
    from tgtui.registries.registration import RegistryOptions

    registries = Registries(RegistryOptions.of(options.settings()))
    try:
        own = replace(reference, name=registries.called(reference.registry, reference.name))
    finally:
        asyncio.run(registries.aclose())
    say_called(reference, own)
    return own


def say_called(asked: PackageReference, own: PackageReference) -> None:
    """Note on stderr that a package is now called differently."""
    if asked.name != own.name:
        complain(f"{asked.package} is now {own.package}.")


def unread(detail: PackageDetail) -> str:
    """Why there is nothing to show of a package, and a remedy."""
    from tgtui.output.requests import PACKAGE_STATES

    package = f"{detail.registry}:{detail.name}"
    if detail.request is not None and detail.request.error_message is not None:
        return f"{package} has not been fetched yet: {detail.request.error_message}"
    return f"{package} {PACKAGE_STATES[detail.state]}. Fetch it now: tgtui ask {package} --wait"
