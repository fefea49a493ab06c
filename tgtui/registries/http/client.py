"""The only HTTP client for registries: bounded, with timeouts, and with every failure as a typed sentence."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.request import getproxies

from msgspec import Struct

from tgtui import __version__
from tgtui.basics.files.trouble import why
from tgtui.registries.base import (
    FetchProgress,
    Forbidden,
    HostDown,
    Malformed,
    ProgressCallback,
    RegistryError,
    ServerError,
    Unreachable,
)
from tgtui.registries.http.gate import HostGate
from tgtui.registries.http.inflate import Encoding, too_large
from tgtui.registries.http.library import without_command_line
from tgtui.registries.http.rules import (
    connection_error,
    is_allowed,
    origin_of,
    raise_for_status,
    redirected,
    redirected_anywhere,
    shown_host,
    validator,
)
from tgtui.registries.http.trust import (
    Trust,
    no_certificates,
    proxy_for,
    trusted_certificates,
    unchecked_certificates,
)

if TYPE_CHECKING:
    import httpx

LIBRARY = "httpx"
"""The module of the HTTP library; a drop-in replacement such as httpx2 works too."""
ADDRESS = "pkg:pypi/tgtui"
"""Where operators of registries can find out about this program, unless the settings have a contact."""
CONNECTIONS = 6
"""Connections to one registry. Measured: httpx is fastest with 3 to 6, and slows down with its own queue."""
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
"""Longest pause while a body arrives."""
TOTAL_SECONDS = 120.0
"""Time for one document, with redirects, without waiting for a free connection."""
MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
DRAIN_BYTES = 64 * 1024
"""An error's body up to this size is read and discarded, so that the connection can be reused."""
PROGRESS_BYTES = 64 * 1024
"""Progress is reported each time this many bytes have come, and at the end."""

ASKED_FOR_PATIENCE = "it asked for patience"

log = logging.getLogger(__name__)


def user_agent(contact: str | None) -> str:
    """`tgtui/1.0; pkg:pypi/tgtui`: name, version and address, in the form that jsr.io requires."""
    return f"tgtui/{__version__}; {contact or ADDRESS}"


def no_authorization(url: str) -> str | None:
    """The default: no registry is given a token."""
    return None


class Download(Struct, frozen=True):
    """A body as it came over the wire."""

    body: bytearray
    encoding: Encoding
    etag: str | None
    last_modified: str | None
    content_range: str | None = None
    """`bytes 10-19/100` of an answer that is a part; None if it is the whole."""
    address: str = ""
    """Where it was in the end."""


class _Wanted(Struct, frozen=True):
    label: str
    accept: str
    max_bytes: int
    on_progress: ProgressCallback | None = None
    may_leave: bool = False
    into: BinaryIO | None = None
    content: bytes | None = None
    """To be posted."""


class HttpClient:
    """Fetches documents of one registry. Cheap to make: the library is imported with the first request."""

    def __init__(
        self,
        *,
        authorization: Callable[[str], str | None] = no_authorization,
        contact: str | None = None,
        connections: int = CONNECTIONS,
        total_seconds: float = TOTAL_SECONDS,
        cafile: Path | None = None,
        trust: Trust | None = None,
        challenged: Callable[[str], str | None] | None = None,
        gate: HostGate | None = None,
        plain_http: bool = False,
        proxies: Mapping[str, str | None] | None = None,
    ) -> None:
        """`authorization` returns the header's value for a URL, and is called for each one.

        `gate` is shared with other clients of the same hosts. `contact` is sent to registries.
        `challenged` is called in a thread with an address that wanted a login (401), and returns the header to try once.
        `plain_http` allows http to other machines: for content that is signed. `proxies` are by what a URL begins with
        (`http://`, `https://host`), None for none; they come before those of the environment.
        """
        self._authorization = authorization
        self._gate = HostGate() if gate is None else gate
        self._user_agent = user_agent(contact)
        self._connections = connections
        self._total_seconds = total_seconds
        self._trust = Trust(cafile=cafile) if trust is None else trust
        self._challenged = challenged
        self._plain_http = plain_http
        self._proxies = dict(proxies or {})
        self._clients: dict[bool, httpx.AsyncClient] = {}
        """By whether they know certificates."""
        self._opening = asyncio.Lock()
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(connections)
        )

    async def get(
        self,
        url: str,
        *,
        label: str,
        accept: str,
        max_bytes: int,
        etag: str | None = None,
        last_modified: str | None = None,
        on_progress: ProgressCallback | None = None,
        may_leave: bool = False,
        may_identify: bool = True,
        span: str | None = None,
        into: BinaryIO | None = None,
    ) -> Download | None:
        """Download `url`; None if the server confirms the validators (304).

        `label` is the document's name in sentences: `npm:express`. `max_bytes` limits the bytes on the wire.
        `may_leave` follows redirects to other hosts: for what a signature or a hash proves afterwards. No login goes
        along, nor is one sent at all without `may_identify`. `span` asks for a part of it (`-100`, `10-19`), which a
        server may not grant: `content_range` says. `into` gets the bytes, which then are not kept in memory. Raises
        RegistryError.
        """
        headers: dict[str, str] = {}
        if span:
            headers |= {"Range": f"bytes={span}", "Accept-Encoding": "identity"}
        if etag:
            headers["If-None-Match"] = etag
        elif last_modified:
            headers["If-Modified-Since"] = last_modified
        wanted = _Wanted(label, accept, max_bytes, on_progress, may_leave, into)
        return await self._ask(url, wanted, headers, may_identify=may_identify)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        label: str,
        max_bytes: int,
        is_gzip: bool = False,
        may_identify: bool = True,
    ) -> Download:
        """Send JSON, packed already if `is_gzip`, and read the answer. Raises RegistryError."""
        headers = {"Content-Type": "application/json"}
        if is_gzip:
            headers["Content-Encoding"] = "gzip"
        wanted = _Wanted(label, "application/json", max_bytes, content=body)
        answer = await self._ask(url, wanted, headers, may_identify=may_identify)
        assert answer is not None  # nothing was to be confirmed
        return answer

    async def _ask(
        self, url: str, wanted: _Wanted, more: Mapping[str, str], *, may_identify: bool
    ) -> Download | None:
        label = wanted.label
        if not is_allowed(url, plain_http=self._allows_plain(url)):
            raise Forbidden(
                f"{label}: the registry's address {shown_host(url)} is not https; "
                "plain http is used on this machine only"
            )
        headers = {
            "Accept": wanted.accept,
            "Accept-Encoding": "gzip",
            "User-Agent": self._user_agent,
        }
        headers.update(more)
        host = origin_of(url)
        async with self._slots[host]:
            # After waiting for a connection, because the host may have been marked as resting meanwhile.
            self._gate.check(host, label)
            try:
                with _failures(label, self._total_seconds):
                    async with asyncio.timeout(self._total_seconds):
                        return await self._follow(url, headers, wanted, may_identify=may_identify)
            except RegistryError as error:
                error.host = host
                if error.retry_after is not None:
                    self._gate.rest(host, error.retry_after, ASKED_FOR_PATIENCE)
                raise

    def _allows_plain(self, url: str) -> bool:
        return self._plain_http or self._trust.is_blind(url)

    async def aclose(self) -> None:
        """Close every connection; the client can't be used afterwards."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    async def _open(self, url: str) -> httpx.AsyncClient:
        """The library's client. Made in a thread, because importing it and reading certificates take 100 ms each."""
        knows_certificates = not url.startswith("http:") or bool(self._proxies or getproxies())
        async with self._opening:
            if knows_certificates not in self._clients:
                self._clients[knows_certificates] = await asyncio.to_thread(
                    self._make_client, knows_certificates
                )
            return self._clients[knows_certificates]

    def _make_client(self, knows_certificates: bool) -> httpx.AsyncClient:
        library = _library()
        limits = library.Limits(
            max_connections=None, max_keepalive_connections=self._connections, keepalive_expiry=30.0
        )
        timeout = library.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=None)
        certificates = (
            trusted_certificates(library, self._trust) if knows_certificates else no_certificates()
        )
        client: httpx.AsyncClient = library.AsyncClient(
            limits=limits,
            timeout=timeout,
            follow_redirects=False,
            verify=certificates,
            mounts={
                **{
                    pattern: library.AsyncHTTPTransport(
                        proxy=proxy, verify=certificates, limits=limits, trust_env=False
                    )
                    for pattern, proxy in self._proxies.items()
                },
                **{
                    f"https://{host}": library.AsyncHTTPTransport(
                        proxy=self._proxies.get("all://") or proxy_for(host),
                        verify=unchecked_certificates(self._trust),
                        limits=limits,
                    )
                    for host in self._trust.hosts
                },
            },
        )
        return client

    async def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        wanted: _Wanted,
        *,
        may_identify: bool,
    ) -> Download | None:
        label = wanted.label
        method = "GET" if wanted.content is None else "POST"
        found: str | None = None
        is_asked = False
        for _ in range(MAX_REDIRECTS + 1):
            token = found or (self._authorization(url) if may_identify else None)
            sent = {**headers, "Authorization": token} if token else headers
            client = await self._open(url)
            async with client.stream(
                method, url, headers=dict(sent), content=wanted.content
            ) as response:
                if response.status_code in REDIRECTS:
                    location = response.headers.get("location", "")
                    if wanted.may_leave:
                        target = redirected_anywhere(
                            url, location, label, plain_http=self._allows_plain
                        )
                        if origin_of(target) != origin_of(url):
                            may_identify, found = False, None
                    else:
                        target = redirected(url, location, label)
                    url = target
                    await _drain(response)
                elif response.status_code == 304 and (
                    "If-None-Match" in headers or "If-Modified-Since" in headers
                ):
                    await _drain(response)
                    return None
                elif (
                    response.status_code == 401
                    and may_identify
                    and not is_asked
                    and self._challenged is not None
                ):
                    await _drain(response)
                    is_asked = True
                    found = await asyncio.to_thread(self._challenged, url)
                    if found is None:
                        raise_for_status(401, None, label)
                elif response.status_code == 200 or (
                    response.status_code == 206 and "Range" in headers
                ):
                    return await _download(response, wanted, url)
                else:
                    with contextlib.suppress(_library().TransportError):  # the status says it all
                        await _drain(response)
                    raise_for_status(
                        response.status_code, response.headers.get("retry-after"), label
                    )
        raise ServerError(f"{label}: the registry redirects in a circle")


async def _download(response: httpx.Response, wanted: _Wanted, address: str) -> Download:
    label, max_bytes, on_progress = wanted.label, wanted.max_bytes, wanted.on_progress
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise Malformed(f"{label}: the registry's answer is compressed in a way not asked for")
    length = response.headers.get("content-length", "")
    total = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
    if total is not None and total > max_bytes:
        raise too_large(label, max_bytes)
    body = bytearray()
    received = reported = 0
    async for piece in response.aiter_raw():
        received += len(piece)
        if received > max_bytes:
            raise too_large(label, max_bytes)
        if wanted.into is None:
            body += piece
        else:
            await asyncio.to_thread(wanted.into.write, piece)
        if on_progress is not None and received - reported >= PROGRESS_BYTES:
            reported = received
            on_progress(FetchProgress(reported, total))
    if on_progress is not None and (reported != received or not received):
        on_progress(FetchProgress(received, total))
    return Download(
        body=body,
        encoding="gzip" if "gzip" in encoding else "identity",
        etag=validator(response.headers.get("etag")),
        last_modified=validator(response.headers.get("last-modified")),
        content_range=response.headers.get("content-range", "")
        if response.status_code == 206
        else None,
        address=address,
    )


async def _drain(response: httpx.Response) -> None:
    """Read a short body to its end. A long one is abandoned, which closes the connection."""
    read = 0
    async for piece in response.aiter_raw():
        read += len(piece)
        if read > DRAIN_BYTES:
            return


def _library() -> Any:
    """The HTTP library's module, imported with the first use."""
    return without_command_line(LIBRARY)


@contextmanager
def _failures(label: str, seconds: float) -> Iterator[None]:
    """Turn the library's exceptions into RegistryError. Their texts are for programmers and are not shown."""
    library = _library()
    try:
        yield
    except TimeoutError as error:
        reason = f"the registry took longer than {seconds:g} s"
        raise Unreachable(connection_error(label, reason)) from error
    except library.ConnectTimeout as error:
        raise HostDown(connection_error(label, "the registry can't be reached")) from error
    except library.TimeoutException as error:
        raise Unreachable(connection_error(label, "the registry fell silent")) from error
    except library.ConnectError as error:
        reason = _own_limit(error) or "the registry can't be reached"
        if "certificate" in str(error).lower():
            reason = "the registry's certificate is not trusted on this machine"
        raise HostDown(connection_error(label, reason)) from error
    except library.TransportError as error:
        raise Unreachable(connection_error(label, "the registry's answer ended early")) from error
    except library.InvalidURL as error:
        raise Malformed(f"{label}: the registry's address can't be read") from error


def _own_limit(error: BaseException) -> str:
    """What of this machine refused the connection; empty if it was not this machine."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno in (errno.EMFILE, errno.ENFILE):
            return why(found)
        found = found.__cause__ or found.__context__
    return ""
