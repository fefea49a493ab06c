"""Findings that people accept for now: a TOML file with a reason and an end for each.

[[accepted]]
advisory = "GHSA-cxjh-pqwp-8mfp"
package = "npm:follow-redirects"
reason = "Only our own hosts are asked."
until = 2027-03-31
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from datetime import date

import msgspec
from msgspec import Struct

from tgtui.basics.errors import UsageError

FILE = "tgtui-accepted.toml"
MAX_FILE_CHARS = 4 << 20


class Accepted(Struct, frozen=True, forbid_unknown_fields=True):
    advisory: str
    """Its id, or another name of the same flaw."""
    reason: str
    until: date
    """The last day on which it is accepted."""
    package: str | None = None
    """`npm:lodash`; without one wherever it is found."""

    def covers(self, names: Collection[str], package: str, today: date) -> bool:
        """Whether a flaw with these names in that package is accepted today."""
        wanted = self.advisory.lower()
        return (
            today <= self.until
            and self.package in (None, package)
            and any(name.lower() == wanted for name in names)
        )


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    accepted: tuple[Accepted, ...] = ()


def read_accepted(text: str, where: str) -> tuple[Accepted, ...]:
    """UsageError with a sentence if it can't be read, names no reason, or has no end."""
    if len(text) > MAX_FILE_CHARS:
        raise UsageError(f"{where} is too long for a list of accepted findings.")
    try:
        found = msgspec.convert(tomllib.loads(text), _File).accepted
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise UsageError(
            f"{where} can't be read: {str(error)[:200]}. Each [[accepted]] has an advisory, a reason and an until"
            " (2027-03-31), and may have a package (npm:lodash)."
        ) from None
    for each in found:
        if not each.reason.strip():
            raise UsageError(f"{where}: {each.advisory[:80]} is accepted without a reason.")
    return found
