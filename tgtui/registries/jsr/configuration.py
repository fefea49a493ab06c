"""Where jsr is, and with which credentials: our settings, Deno's variables, npm's configuration of `@jsr`."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from urllib.parse import urlsplit

from tgtui.basics.errors import SettingsError
from tgtui.registries.base import Default, Lane
from tgtui.registries.http.rules import is_allowed, origin_of, shown_host
from tgtui.registries.npm.npmrc import NpmConfig, place_of, read_npm_config
from tgtui.registries.registration import RegistryOptions

REGISTRY = "https://jsr.io/"
NPM_REGISTRY = "https://npm.jsr.io/"
VARIABLE = "JSR_URL"
"""Deno's, with the address of the registry."""
COMPAT = "@jsr"
"""The scope of its npm documents."""


def lanes(options: RegistryOptions) -> tuple[Lane, ...]:
    """jsr's own host; the host of its npm documents has no lane. SettingsError."""
    address, _authorization = registry_and_tokens(options)
    return (Lane("jsr", origin_of(address)),)


def read_tokens(text: str) -> dict[str, str]:
    """From hosts, with a port if given, to Authorization headers, read from DENO_AUTH_TOKENS (`token@host;user:word@host`)."""
    found: dict[str, str] = {}
    for entry in text.split(";"):
        secret, at, host = entry.strip().rpartition("@")
        if not at or not secret or not host:
            continue
        is_pair = ":" in secret
        encoded = base64.b64encode(secret.encode()).decode() if is_pair else secret
        found[host.lower()] = f"{'Basic' if is_pair else 'Bearer'} {encoded}"
    return found


def registry_and_tokens(options: RegistryOptions) -> tuple[str, Callable[[str], str | None]]:
    """The registry's address with a slash at its end, and the Authorization header for a URL. SettingsError."""
    config: NpmConfig = read_npm_config(options.npm.registry)
    tokens = read_tokens(os.environ.get("DENO_AUTH_TOKENS", ""))

    def authorization(url: str) -> str | None:
        return config.authorization_for(url) or tokens.get(urlsplit(url).netloc.lower())

    address = options.jsr.registry or os.environ.get(VARIABLE) or REGISTRY
    return _address(address, "jsr.registry"), authorization


def npm_registry(options: RegistryOptions) -> str:
    """The address of its npm documents, with a slash at its end. SettingsError."""
    own = read_npm_config(options.npm.registry).scopes.get(COMPAT)
    return _address(options.jsr.npm_registry or own or NPM_REGISTRY, "jsr.npm_registry")


def defaults() -> dict[str, Default]:
    own = read_npm_config().scopes.get(COMPAT)
    given = os.environ.get(VARIABLE)
    return {
        "registry": Default(given or REGISTRY, VARIABLE if given else None),
        "npm_registry": Default(own or NPM_REGISTRY, place_of(f"{COMPAT}:registry")),
    }


def _address(text: str, setting: str) -> str:
    """With a slash at the end. SettingsError."""
    if not is_allowed(text):
        raise SettingsError(
            f"jsr's address ({shown_host(text)}) is not an https:// URL; set {setting}."
        )
    return text if text.endswith("/") else f"{text}/"
