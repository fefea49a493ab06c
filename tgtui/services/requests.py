"""What people do with the queue: request, retry and cancel, and what they see of it. Roles are checked here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

from tgtui.basics import clock
from tgtui.basics.settings import LimitSettings
from tgtui.data.access.limits import RequestRefused, shown_time
from tgtui.data.packages.by_name import last_attempt
from tgtui.data.requests import asking, cancelling, retrying
from tgtui.data.requests.asking import Asked, Limits
from tgtui.data.requests.lists import queue_view, requests_of
from tgtui.data.storage.database import Database
from tgtui.data.views.logins import Role
from tgtui.data.views.requests import Cancelled, QueueView, Refused, RequestRow, Retried, Whose
from tgtui.identity.people import Principal
from tgtui.syntax.reference import PackageReference, parse_reference


class AskedFor(Asked, frozen=True):
    """The outcome of asking for a package."""

    package: PackageReference
    """By its own name, and with the version it was asked for with."""


class RefusedFor(Refused, frozen=True):
    """A package that was not queued."""

    package: PackageReference


class Requesting:
    """Methods raise NotAllowed without the role they need, and RequestRefused if the queue refuses."""

    def __init__(
        self,
        database: Database,
        limits: LimitSettings,
        principal: Callable[[], Principal],
        *,
        require: Callable[[Role], None],
        called: Callable[[PackageReference], Awaitable[PackageReference]],
        note_request: Callable[[str, str], None],
    ) -> None:
        """`principal` returns the current person, `require` raises NotAllowed without a role, `called` returns a
        package by its own name, and `note_request` is told what was requested."""
        self._database = database
        self._kept_to = limits
        self._principal = principal
        self._require = require
        self._called = called
        self._note_request = note_request

    async def ask(self, package: str | PackageReference, *, force: bool = False) -> AskedFor:
        """Queue a package or join its active request. UsageError for a bad name, RequestRefused.

        An admin may `force` it, which ignores the cooldown.
        """
        (outcome,) = await self.ask_all([package], force=force)
        if isinstance(outcome, RefusedFor):
            raise RequestRefused(outcome.reason)
        return outcome

    async def ask_all(
        self, packages: Sequence[str | PackageReference], *, force: bool = False
    ) -> list[AskedFor | RefusedFor]:
        """Queue packages as one chain, which counts once; the outcome of each. UsageError for a bad name."""
        self._require("admin" if force else "authenticated")
        references = []
        for package in packages:
            reference = parse_reference(package) if isinstance(package, str) else package
            references.append(await self._called(reference))
        for reference in references:
            self._note_request(reference.registry, reference.name)
        outcomes = await self._database.write(
            asking.ask_all,
            [(reference.registry, reference.asked) for reference in references],
            account_id=self._principal().account_id,
            force=force,
            limits=self._limits,
        )
        return [
            RefusedFor(outcome.registry, outcome.name, outcome.reason, reference)
            if isinstance(outcome, Refused)
            else AskedFor(outcome.request_id, outcome.is_new, outcome.chain_id, reference)
            for outcome, reference in zip(outcomes, references, strict=True)
        ]

    async def refresh(self, registry: str, name: str, *, force: bool = False) -> Asked:
        """Fetch the package again. RequestRefused within the cooldown, unless an admin forces it."""
        self._require("admin" if force else "authenticated")
        attempt = await self._database.read(last_attempt, registry, name)
        cooldown = timedelta(minutes=self._kept_to.cooldown_minutes)
        if not force and attempt is not None and clock.is_within(attempt, cooldown):
            raise RequestRefused(
                f"{registry}:{name} was fetched at {shown_time(attempt)};"
                f" it can be fetched again after {shown_time(attempt + cooldown)}."
            )
        return await self.ask(PackageReference(registry, name), force=force)

    async def retry(self, id: UUID) -> Retried:
        """Try again now what failed or was cancelled of a chain, by its id or a root's, or one request.

        One's own, or as an admin anyone's. RequestRefused.
        """
        self._require("authenticated")
        return await self._database.write(
            retrying.retry,
            id,
            account_id=self._principal().account_id,
            only_own=not self._principal().can("admin"),
            force=self._principal().can("admin"),
            limits=self._limits,
        )

    async def cancel(self, request_id: UUID) -> bool:
        """Cancel a pending request; False if it stays because others need it too. RequestRefused if not pending."""
        self._require("authenticated")
        return await self._database.write(
            cancelling.cancel_request,
            request_id,
            account_id=self._principal().account_id,
            only_own=not self._principal().can("admin"),
        )

    async def cancel_chain(self, id: UUID) -> Cancelled:
        """Cancel what is pending of a chain, by its id or a root's, and left to no other. NotYourChain."""
        self._require("authenticated")
        return await self._database.write(
            cancelling.cancel_chain,
            id,
            account_id=self._principal().account_id,
            only_own=not self._principal().can("admin"),
        )

    async def queue(self) -> QueueView:
        """The queue in one line: everyone's requests, or one's own."""
        if self._principal().sees_all_requests:
            return await self._database.read(queue_view)
        account_id = self._principal().account_id
        whose: Whose = "own" if account_id is not None else "nobody"
        return await self._database.read(queue_view, whose, account_id)

    async def history(self, registry: str, name: str, *, limit: int) -> list[RequestRow]:
        """The latest requests for a package that the person may see, newest first."""
        account_id = self._principal().account_id
        if self._principal().sees_all_requests:
            account_id = None
        elif account_id is None:
            return []
        return await self._database.read(
            requests_of, registry, name, account_id=account_id, limit=limit
        )

    async def want_version(self, version_id: UUID) -> None:
        """Load a version's dependencies before anything else that is queued."""
        self._require("authenticated")
        await self._database.write(
            asking.want_dependencies, version_id, account_id=self._principal().account_id
        )

    async def open_package(self, registry: str, name: str) -> None:
        """The package is being looked at: if it is queued, it becomes the next."""
        if self._principal().can("authenticated"):
            await self._database.write(asking.bring_to_front, registry, name)

    @property
    def _limits(self) -> Limits:
        limits = self._kept_to
        return Limits(limits.requests_per_hour, timedelta(minutes=limits.cooldown_minutes))
