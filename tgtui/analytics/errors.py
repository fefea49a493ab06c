"""What can go wrong with the tables for analytics. Nothing heavy is imported here."""

from __future__ import annotations

from importlib.util import find_spec

from tgtui.basics.errors import TgtuiError, UsageError

LIBRARIES = ("duckdb", "pyarrow", "pyiceberg", "numpy", "rustworkx", "fasteners")
NOT_INSTALLED = "Analytics need tgtui's extra `analytics`, which is not installed: pip install 'tgtui[analytics]'."


class NotInstalled(UsageError):
    """The extra `analytics` is not installed."""


class AnalyticsError(TgtuiError):
    """The tables can't be read or written; the sentence says why, and what to do."""


class CatalogRefused(AnalyticsError):
    """The catalog is away, or does not let this program do what it asked for."""


class LostRace(AnalyticsError):
    """Another writer changed the same table each time; nothing of ours was written to it."""


class OutcomeUnknown(AnalyticsError):
    """The catalog went away while it was asked to commit: whether it did can't be seen now."""


class Stopped(Exception):
    """The caller asked to stop; what is committed stays, what is not leaves nothing behind."""


def require_extra() -> None:
    """NotInstalled if one of its libraries is missing."""
    if not is_installed():
        raise NotInstalled(NOT_INSTALLED)


def is_installed() -> bool:
    """Whether all of its libraries are here; looking for them imports none."""
    return all(find_spec(name) is not None for name in LIBRARIES)
