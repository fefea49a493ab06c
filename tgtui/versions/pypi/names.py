"""Names of Python packages and extras (PEP 503, PEP 508): `Flask_SQLAlchemy` is `flask-sqlalchemy`."""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.utils import canonicalize_name

MAX_NAME_CHARS = 200
"""Characters of a name, with any extras."""
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
"""PEP 508, in ASCII."""
WITH_EXTRAS = re.compile(r"([^\[\]]*)\[([^\[\]]*)\]")


def plain_name(text: str) -> str:
    """The name by which packages are kept: normalised, without extras."""
    return split_extras(text)[0]


@lru_cache(maxsize=20_000)
def split_extras(text: str) -> tuple[str, tuple[str, ...]]:
    """`Requests[socks]` is (`requests`, (`socks`,)): normalised, the extras sorted, each once."""
    match = WITH_EXTRAS.fullmatch(text.strip())
    if match is None:
        return canonicalize_name(text.strip()), ()
    extras = {canonicalize_name(each.strip()) for each in match[2].split(",") if each.strip()}
    return canonicalize_name(match[1].strip()), tuple(sorted(extras))


def with_extras(name: str, extras: tuple[str, ...]) -> str:
    """As people write it: `requests[socks]`."""
    return f"{name}[{','.join(extras)}]" if extras else name


def pypi_name_problem(text: str) -> str | None:
    """Why no package can have this name, a sentence; None if one can. Extras may follow in brackets."""
    match = WITH_EXTRAS.fullmatch(text)
    name, extras = (match[1], match[2].split(",")) if match else (text, [])
    if len(text) > MAX_NAME_CHARS:
        return f"The name has more than {MAX_NAME_CHARS} characters."
    if not NAME.fullmatch(name):
        return "A name has letters, digits, dots, hyphens and underscores, and begins and ends with a letter or digit."
    for extra in extras:
        if not NAME.fullmatch(extra.strip()):
            return "Extras stand in brackets, with commas between: requests[socks]."
    return None
