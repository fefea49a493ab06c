"""Rules for answers: statuses and waits as errors, and which addresses may be requested."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

from tgtui.basics import clock
from tgtui.basics.links import readable_host
from tgtui.registries.base import Forbidden, Malformed, NotFound, RateLimited, ServerError

MAX_RETRY_AFTER = 3_600.0
"""Seconds; the longest wait that a server can ask for."""
MAX_SHOWN_HOST = 80
MAX_VALIDATOR = 1_000
"""Characters of an ETag or Last-Modified worth keeping."""
RETRIED = frozenset({408, 420, 425})
"""Statuses below 500 that npm's own client retries, besides 429."""
NOT_IMPLEMENTED = 501
"""The only status above 500 that no later try changes: the server can't do what was asked for, such as parts of files."""


def raise_for_status(status: int, retry_after: str | None, label: str) -> NoReturn:
    """Raise the error for an answer other than 200. Its body is hostile text and is never quoted."""
    wait = parse_retry_after(retry_after, clock.now())
    if status in (404, 410):
        raise NotFound(f"{label} is not in the registry")
    if status == 429:
        raise RateLimited(
            f"the registry asks for fewer requests (429) for {label}",
            retry_after=wait,
        )
    if status in RETRIED or (status >= 500 and status != NOT_IMPLEMENTED):
        message = f"the registry answered {status} for {label}"
        raise ServerError(message, retry_after=wait)
    if status in (401, 403):
        raise Forbidden(
            f"the registry answered {status} for {label}: it needs a login, or refuses this one"
        )
    if status >= 400:
        raise Forbidden(f"the registry answered {status} for {label}: asking again changes nothing")
    raise Malformed(f"the registry answered {status} for {label}, which is not a document")


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from seconds or an HTTP date (RFC 9110, 10.2.3); None for anything else."""
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,15}", text):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


def validator(value: str | None) -> str | None:
    """A header that may be sent back unchanged, or None."""
    if not value or len(value) > MAX_VALIDATOR or not (value.isascii() and value.isprintable()):
        return None
    return value


def origin_of(url: str) -> str:
    """Scheme, host and port, which identify the receiver of a request. ValueError if it is not a URL."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def is_allowed(url: str, *, plain_http: bool = False) -> bool:
    """Whether it may be requested: https anywhere, plain http only on this machine, unless `plain_http`."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and (plain_http or is_loopback(host)))
    )


def is_loopback(host: str) -> bool:
    """True for `localhost` and the loopback's addresses."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def redirected(url: str, location: str, label: str) -> str:
    """Where a redirect leads, if it stays on the same scheme, host and port; else Forbidden."""
    try:
        target = urljoin(url, location)
        stays = bool(location) and origin_of(target) == origin_of(url)
    except ValueError:
        target, stays = "", False
    if not stays:
        raise Forbidden(
            f"{label}: the registry redirects to {shown_host(target)}, which is not followed; "
            "set that address as the registry if you trust it"
        )
    return target


def redirected_anywhere(
    url: str, location: str, label: str, *, plain_http: Callable[[str], bool]
) -> str:
    """Where a redirect leads, also to another host, without any login; else Forbidden. For what is proven afterwards."""
    try:
        target = urlsplit(urljoin(url, location))
        if location and origin_of(target.geturl()) == origin_of(url):
            return target.geturl()
        is_open = target.scheme == "http" and urlsplit(url).scheme == "https"
        # Another host has no business on this machine.
        is_inward = is_loopback(target.hostname or "") and not is_loopback(
            urlsplit(url).hostname or ""
        )
        host = target.netloc.rpartition("@")[2]
        target = target._replace(netloc=host, fragment="")
        follows = is_allowed(target.geturl(), plain_http=plain_http(target.geturl()))
    except ValueError:
        target, follows, is_open, is_inward = urlsplit(""), False, False, False
    if not location or not follows or is_open or is_inward:
        raise Forbidden(
            f"{label}: the registry redirects to {shown_host(target.geturl())}"
            f"{' without https' if is_open else ''}, which is not followed"
        )
    return target.geturl()


def shown_host(url: str) -> str:
    """The host of a URL that may be hostile, safe for a sentence."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return readable_host(host)[:MAX_SHOWN_HOST] or "another address"


def connection_error(label: str, reason: str) -> str:
    """The sentence for a request that got no whole answer."""
    return f"{label}: {reason}"
