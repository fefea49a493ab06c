"""Tokens, wrapped so that no log, traceback or crash report shows them."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Text that prints as `Secret(…)`; `reveal` is only called to send or store it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, to be passed on at once and never kept in a variable."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self._text.encode(), other._text.encode()
        )

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")
