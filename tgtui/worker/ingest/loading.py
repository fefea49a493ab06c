"""A fetched package on its way into the catalogue, and what may keep it from being written."""

from __future__ import annotations

from msgspec import Struct, field

from tgtui.data.views.requests import Target
from tgtui.registries.base import Environment, FetchedDocument, PackageDocument
from tgtui.registries.registration import registration
from tgtui.versions.rules import VersionIndex
from tgtui.worker.ingest.resolution import ResolvedEdge
from tgtui.worker.queue.claim import Claim


class RemovedByAdmin(Exception):
    """The package was deleted by an admin, and a request does not restore it."""


class MoreNeeded(Exception):
    """Others came to need these versions while the package was worked on: nothing was written."""

    def __init__(self, versions: set[str]) -> None:
        super().__init__(*sorted(versions))
        self.versions = versions


class ForcedMeanwhile(Exception):
    """An admin wants it fetched anew, while it was worked on from what is kept: nothing was written."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"{claim.registry}:{claim.name}")
        self.claim = claim


class Loading(Struct, eq=False):
    """A fetched package, before it is written."""

    claim: Claim
    fetched: FetchedDocument
    index: VersionIndex
    edges: dict[str, list[ResolvedEdge]] = field(default_factory=dict)
    """Edges by version, to be written by the transaction."""
    environments: dict[str, dict[str, Environment]] = field(default_factory=dict)
    """By version and extras what would be installed; of registries whose client chooses it for all that a root brings."""

    @property
    def document(self) -> PackageDocument:
        """What the registry says of it."""
        return self.fetched.document

    @property
    def package(self) -> Target:
        """Its own name, which is not the claim's if it was requested by an alias."""
        return self.document.registry, self.document.name

    @property
    def extras(self) -> str:
        """What was asked for besides the package itself, `a,b`."""
        return registration(self.claim.registry).extras(self.claim.name)

    @property
    def targets(self) -> set[Target]:
        """What its edges lead to."""
        return {edge.target for found in self.edges.values() for edge in found}
