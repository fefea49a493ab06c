"""Ages, sizes, severities and ids of a search, as they are typed."""

from __future__ import annotations

import re
from typing import Literal

from tgtui.syntax.advisories.ranks import SEVERITIES, rank_of_word

Sign = Literal["<", ">"]
AGE = re.compile(r"([<>]?)(\d{1,5})(d|w|mo|m|y)")
SIZE = re.compile(r"([<>])(\d{1,6})(?:\.(\d{1,3}))?(b|kb|mb|gb)")
ADVISORY = re.compile(r"[a-z0-9]+[a-z0-9:._-]*", re.IGNORECASE)
SEVERITY = re.compile(r"(>=|<=|>|<)?([a-z]+)")

UNIT_DAYS = {"d": 1, "w": 7, "mo": 30, "m": 30, "y": 365}
UNIT_BYTES = {"b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def turned(sign: Sign, is_wanted: bool) -> Sign:
    """The other one if it is excluded."""
    return sign if is_wanted else "<" if sign == ">" else ">"


def read_age(text: str) -> tuple[Sign, int] | None:
    """Days: `<30d`, `>1y`, `2w`, which means younger; None for anything else."""
    found = AGE.fullmatch(text.casefold())
    if found is None:
        return None
    return ">" if found[1] == ">" else "<", int(found[2]) * UNIT_DAYS[found[3]]


def read_size(text: str) -> tuple[Sign, int] | None:
    """Bytes: `>1.5mb`, `<100kb`; None for anything else."""
    found = SIZE.fullmatch(text.casefold())
    if found is None:
        return None
    sign, whole, part, unit = found.groups()
    thousandths = int(whole) * 1_000 + int((part or "").ljust(3, "0"))
    return ">" if sign == ">" else "<", thousandths * UNIT_BYTES[unit] // 1_000


def read_severities(text: str) -> tuple[int | None, int | None] | None:
    """The mildest and the worst, as places in SEVERITIES: `>=high`, `critical`; None for anything else."""
    found = SEVERITY.fullmatch(text.casefold())
    rank = rank_of_word(found[2]) if found else None
    if found is None or rank is None:
        return None
    sign = found[1] or "="
    if sign in (">", "<"):
        rank += 1 if sign == ">" else -1
    if not 0 <= rank < len(SEVERITIES):
        return None
    return None if sign in ("<", "<=") else rank, None if sign in (">", ">=") else rank


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


def read_advisory(text: str) -> str:
    """An id as it is published: `GHSA-` large and the rest small, all others large; empty for anything else."""
    if not ADVISORY.fullmatch(text):
        return ""
    prefix, dash, rest = text.partition("-")
    is_ghsa = prefix.upper() == "GHSA"
    return f"{prefix.upper()}{dash}{rest.lower() if is_ghsa else rest.upper()}"
