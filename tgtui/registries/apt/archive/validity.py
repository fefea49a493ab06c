"""Whether a Release file counts now: its dates, and what apt-secure(8) forbids a suite to change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tgtui.registries.apt.archive.release import Release
from tgtui.registries.apt.configuration.options import MAX_FUTURE_S, AptConfig
from tgtui.registries.apt.configuration.sources import AptSource
from tgtui.registries.base import BadSignature

LAST = datetime.max.replace(tzinfo=UTC)


def check_dates(source: AptSource, release: Release, config: AptConfig, now: datetime) -> None:
    """BadSignature if it has expired or is of the future."""
    checks_date = config.checks_date if source.checks_date is None else source.checks_date
    if not checks_date:  # that means all dates, for apt
        return
    ahead = source.max_future_s or config.seconds("max-futuretime", release.label, MAX_FUTURE_S)
    if release.date is not None and (release.date - now).total_seconds() > (ahead or 0):
        raise BadSignature(
            f"apt: {source.label}: its Release file is dated {release.date:%Y-%m-%d %H:%M} UTC, which is in the"
            " future; check this machine's clock"
        )
    checks = config.checks_expiry if source.checks_expiry is None else source.checks_expiry
    end = _end(source, release, config)
    if checks and end is not None and end < now:
        raise BadSignature(
            f"apt: {source.label}: its Release file has expired on {end:%Y-%m-%d %H:%M} UTC; the mirror is out of"
            " date, or someone holds back updates"
        )


def check_changes(source: AptSource, release: Release, before: Release, remedy: str) -> None:
    """BadSignature if it is older than the one before, or of another origin. `remedy` is for the latter."""
    if release.date is not None and before.date is not None and release.date < before.date:
        raise BadSignature(
            f"apt: {source.label}: its Release file of {release.date:%Y-%m-%d %H:%M} UTC is older than the one"
            f" of {before.date:%Y-%m-%d %H:%M} UTC that was fetched before"
        )
    for word, old, new in (
        ("Origin", before.origin, release.origin),
        ("Codename", before.codename, release.codename),
    ):
        if old and new != old:
            raise BadSignature(
                f"apt: {source.label}: its {word} has changed from {old[:60]!r} to {new[:60]!r}. If that is"
                f" intended, {remedy}"
            )


def _end(source: AptSource, release: Release, config: AptConfig) -> datetime | None:
    """`Valid-Until`, at least and at most so long after the date as the source or apt's configuration says."""
    end = release.valid_until
    least = source.min_valid_s or config.seconds("min-validtime", release.label)
    most = source.max_valid_s or config.seconds("max-validtime", release.label)
    if release.date is None:
        return end
    if least and end is not None:
        end = max(end, _after(release.date, least))
    if most:
        end = min(end or LAST, _after(release.date, most))
    return end


def _after(moment: datetime, seconds: int) -> datetime:
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return LAST
