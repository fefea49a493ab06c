"""Whom a client trusts besides the authorities of the system, and how it proves itself."""

from __future__ import annotations

import logging
import os
import ssl
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from msgspec import Struct

PORTS = {"http": 80, "https": 443}
VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
"""That say which authorities there are, and where keys are logged."""

log = logging.getLogger(__name__)


class Trust(Struct, frozen=True):
    """What a user's own client is told of certificates."""

    cafile: Path | None = None
    """More authorities, in PEM: a file, or a folder as OpenSSL has them."""
    client_cert: Path | None = None
    """The certificate that it shows, with its private key, in PEM."""
    client_key: Path | None = None
    """The private key, where it is in a file of its own."""
    hosts: tuple[str, ...] = ()
    """`host` or `host:port`: asked whatever their certificates are, and over plain http too."""

    def is_blind(self, url: str) -> bool:
        """Whether it is the address of one of `hosts`."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        name = f"[{host}]" if ":" in host else host
        return any(
            each in (name, f"{name}:{port or PORTS.get(parts.scheme)}") for each in self.hosts
        )


def trusted_certificates(library: Any, trust: Trust) -> ssl.SSLContext:
    """The library's authorities, the system's, and those of a file; with the client's own certificate.

    One for all clients that trust alike: to read the authorities takes 100 ms.
    """
    told = tuple(os.environ.get(name) for name in VARIABLES)
    return _certificates(library, trust, told)


@lru_cache(maxsize=8)
def _certificates(library: Any, trust: Trust, told: tuple[str | None, ...]) -> ssl.SSLContext:
    """`told` is what the environment says of authorities, which the library reads."""
    context: ssl.SSLContext = library.create_ssl_context()
    context.load_default_certs()
    if (cafile := trust.cafile) is not None:
        try:
            if cafile.is_dir():
                context.load_verify_locations(capath=cafile)
            else:
                context.load_verify_locations(cafile)
        except (OSError, ssl.SSLError) as error:
            log.warning("the certificate file %s can't be used: %s", cafile, error)
    _show_own(context, trust)
    return context


def no_certificates() -> ssl.SSLContext:
    """That of a client which asks over plain http only: it trusts nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def unchecked_certificates(trust: Trust) -> ssl.SSLContext:
    """For hosts that are asked whatever their certificates are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _show_own(context, trust)
    return context


def proxy_for(host: str) -> str | None:
    """The environment's proxy for https to `host` or `host:port`, where the library does not look itself."""
    return None if proxy_bypass(host) else getproxies().get("https") or getproxies().get("all")


def _show_own(context: ssl.SSLContext, trust: Trust) -> None:
    if trust.client_cert is None:
        return
    try:
        # A password is never asked for: that would happen on the terminal.
        context.load_cert_chain(trust.client_cert, trust.client_key, password="")
    except (OSError, ssl.SSLError) as error:
        log.warning("the client's certificate %s can't be used: %s", trust.client_cert, error)
