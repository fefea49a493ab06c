"""From a token's claims to roles, with the reason for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tgtui.basics.text import clean
from tgtui.identity.oidc.config import ROLE_NAMES, OidcConfig


def claim_at(claims: Mapping[str, Any], path: str) -> Any:
    """The value of `groups`, `realm_access.roles`, `https://login.example/roles`; None if there is none.

    A name may contain dots: at each level the longest existing name is taken.
    """
    if path in claims:
        return claims[path]
    end = path.rfind(".")
    while end > 0:
        inner = claims.get(path[:end])
        if isinstance(inner, Mapping):
            found = claim_at(inner, path[end + 1 :])
            if found is not None:
                return found
        end = path.rfind(".", 0, end)
    return None


def values_of(claim: Any) -> tuple[str, ...]:
    """A claim's values: a list of texts, or one text, which is a single value. The answer's size bounds them."""
    if isinstance(claim, str):
        return (claim,)
    if not isinstance(claim, list):
        return ()
    return tuple(dict.fromkeys(v for v in claim if isinstance(v, str)))


def granted(config: OidcConfig, values: Iterable[str]) -> dict[str, str]:
    """From claim values to the roles they give, without values that give none."""
    return {value: config.roles[value] for value in values if value in config.roles}


def roles_of(config: OidcConfig, values: Iterable[str]) -> frozenset[str]:
    """All roles of a person who is logged in."""
    names = [config.everyone, *granted(config, values).values()]
    return frozenset(role for name in names for role in ROLE_NAMES[name])


def reasons(config: OidcConfig, values: Iterable[str]) -> list[str]:
    """Why a person has these roles: `garden-admins in groups gives admin`."""
    given = [
        f"{clean(value, 80)} in {clean(config.roles_claim, 80)} gives {role}"
        for value, role in granted(config, values).items()
    ]
    return [*given, f"everyone who logs in is {config.everyone}"]
