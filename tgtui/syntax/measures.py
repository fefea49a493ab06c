"""Ages, sizes, severities and ids of a search, as they are typed."""

from __future__ import annotations

from tgtui.syntax.advisories.severity import SEVERITIES

UNIT_DAYS = {"d": 1, "w": 7, "mo": 30, "m": 30, "y": 365}
UNIT_BYTES = {"b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def written_age(days: int) -> str:
    """`30d`, `1y`: years only if they are exact."""
    if days and days % UNIT_DAYS["y"] == 0:
        return f"{days // UNIT_DAYS['y']}y"
    return f"{days}d"


def written_size(size: int) -> str:
    """`1mb`, `1.5mb`: exactly as many bytes."""
    for unit, count in reversed(UNIT_BYTES.items()):
        thousandths, rest = divmod(size * 1_000, count)
        if size >= count and not rest:
            whole, part = divmod(thousandths, 1_000)
            return f"{whole}{f'.{part:03}'.rstrip('0') if part else ''}{unit}"
    return f"{size}b"


def written_severities(mildest: int | None, worst: int | None) -> list[str]:
    """`severity:>=high`."""
    if mildest is not None and mildest == worst:
        return [f"severity:{SEVERITIES[mildest]}"]
    bounds = ((">=", mildest), ("<=", worst))
    return [f"severity:{sign}{SEVERITIES[rank]}" for sign, rank in bounds if rank is not None]


def advisory_id(text: str) -> str:
    """An id as it is published: `GHSA-` large and the rest small, all others large."""
    prefix, dash, rest = text.partition("-")
    is_ghsa = prefix.upper() == "GHSA"
    return f"{prefix.upper()}{dash}{rest.lower() if is_ghsa else rest.upper()}"
