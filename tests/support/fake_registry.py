"""A fake npm registry over real HTTP: documents from a builder, faults by name, and a log of what was asked."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from tests.support.http_thread import Gate, HttpThread, Reply, Request

FIRST_RELEASE = datetime(2020, 1, 1, tzinfo=UTC)
"""When the builder publishes the first version; each next one a day later."""
JSON = {"Content-Type": "application/json"}
POOR_KEYS = ("name", "dist-tags", "versions")
"""All that a poor mirror serves of a document."""


def status(code: int, *, retry_after: str | None = None, body: bytes = b"") -> Reply:
    """A plain answer of that status."""
    return Reply(code, body, {} if retry_after is None else {"Retry-After": retry_after})


def redirect(location: str, code: int = 302) -> Reply:
    """Sends the client elsewhere."""
    return Reply(code, b"", {"Location": location})


def raw(body: bytes, content_type: str = "application/json", **headers: str) -> Reply:
    """Any body with status 200; `Content_Encoding="gzip"` names a header."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Reply(200, body, {"Content-Type": content_type, **named})


def html_page() -> Reply:
    """What a captive portal or a broken proxy answers."""
    return raw(b"<!doctype html><html><body>Sign in</body></html>", "text/html")


def huge(size: int) -> Reply:
    """`size` bytes of white space, with their Content-Length."""
    return Reply(200, b" " * 65536, JSON, repeat=-(-size // 65536))


def gzip_bomb(size: int) -> Reply:
    """A small body that inflates to `size` bytes."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = b"[" * 65536
    body = b"".join(squeeze.compress(piece) for _ in range(-(-size // len(piece))))
    return Reply(200, body + squeeze.flush(), {**JSON, "Content-Encoding": "gzip"})


def dropped() -> Reply:
    """Closes the connection without an answer."""
    return Reply(drop=True)


class FakeRegistry:
    """A registry of what a test put in. Use it as a context manager, or as the fixture `fake_registry`."""

    def __init__(self) -> None:
        self._server = HttpThread(self._reply)
        self._documents: dict[str, dict[str, Any]] = {}
        self._encoded: dict[str, tuple[bytes, bytes, str]] = {}
        self._faults: dict[str, deque[Reply | None]] = {}
        self._constant: dict[str, Reply] = {}
        self._gates: list[Gate] = []
        self.requests: list[Request] = []
        """Every request so far, oldest first."""
        self.use_etag = True
        self.use_last_modified = False
        self.use_gzip = True
        self.is_poor = False
        """A poor mirror: no ETag, no time, only the tag latest, no deprecation, 404 with an empty body."""
        self.latency = 0.0
        """Seconds before each answer, for benchmarks."""
        self.token: str | None = None
        """Where set, a request without this bearer token is answered 401."""

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """From now on nothing listens at `url`."""
        for gate in self._gates:
            gate.open()
        self._server.stop()

    @property
    def url(self) -> str:
        """The registry's address, with a slash at its end."""
        return f"http://127.0.0.1:{self._server.port}/"

    @property
    def most_at_once(self) -> int:
        """The largest number of requests that were answered at one moment."""
        return self._server.most_at_once

    @property
    def connections(self) -> int:
        """How many connections were ever opened."""
        return self._server.connections

    def add_package(
        self,
        name: str,
        versions: Mapping[str, Mapping[str, Any]] | Iterable[str] = ("1.0.0",),
        *,
        dist_tags: Mapping[str, Any] | None = None,
        time: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        """Publish a package, or replace it.

        `versions` in order of publication, with what each version's own object says more than name and
        version: `{"1.0.0": {"dependencies": {"b": "^1"}}}`. `latest` is the last one unless `dist_tags` says
        otherwise. `time` replaces the builder's times, `{}` gives none. `fields` are the document's own.
        """
        given = versions if isinstance(versions, Mapping) else {version: {} for version in versions}
        tags = {"latest": list(given)[-1]} if dist_tags is None and given else dict(dist_tags or {})
        self.add_document(
            name,
            {
                "_id": name,
                "name": name,
                "dist-tags": tags,
                "versions": {
                    version: {"name": name, "version": version, **extra}
                    for version, extra in given.items()
                },
                "time": _times(given) if time is None else dict(time),
                **fields,
            },
        )

    def add_document(self, name: str, document: dict[str, Any]) -> None:
        """Serve exactly this document under that name."""
        self._documents[name] = document
        self._encoded.pop(name, None)

    def remove_package(self, name: str) -> None:
        """From now on the name is not found."""
        del self._documents[name]
        self._encoded.pop(name, None)

    def fault(self, name: str, *replies: Reply, always: bool = False) -> None:
        """Answer the next requests for `name` with these, one each, then rightly; or all with the only one."""
        if always:
            (self._constant[name],) = replies
        else:
            self._faults.setdefault(name, deque()).extend(replies)

    def clear_faults(self, name: str) -> None:
        """From now on `name` is answered rightly."""
        self._faults.pop(name, None)
        self._constant.pop(name, None)

    def truncate(self, name: str, at: int) -> None:
        """Answer the next request with the right head and only `at` bytes of the body."""
        body, headers = self.document_body(name, wants_gzip=False)
        self.fault(name, Reply(200, body, headers, send_only=at))

    def hang(self, name: str) -> Gate:
        """Hold the next request for `name` at a gate; once it is opened, the answer follows."""
        gate = Gate()
        self._gates.append(gate)
        self._faults.setdefault(name, deque()).append(Reply(gate=gate, status=0))
        return gate

    def requests_for(self, name: str) -> list[Request]:
        """The requests for one package, oldest first."""
        return [request for request in self.requests if _name_in(request.path) == name]

    def document_body(self, name: str, wants_gzip: bool) -> tuple[bytes, dict[str, str]]:
        """The right body for `name` with its headers."""
        document = self._documents[name]
        if self.is_poor:
            return json.dumps(_poorer(document)).encode(), dict(JSON)
        if name not in self._encoded:
            plain = json.dumps(document).encode()
            tag = f'"{hashlib.sha256(plain).hexdigest()[:16]}"'
            self._encoded[name] = plain, gzip.compress(plain, 6, mtime=0), tag
        plain, squeezed, tag = self._encoded[name]
        headers = dict(JSON)
        if self.use_etag:
            headers["ETag"] = tag
        if self.use_last_modified:
            headers["Last-Modified"] = "Wed, 01 Jan 2020 00:00:00 GMT"
        if wants_gzip and self.use_gzip:
            return squeezed, {**headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return plain, headers

    def _reply(self, request: Request) -> Reply:
        self.requests.append(request)
        name = _name_in(request.path)
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return status(401)
        queued = self._faults.get(name)
        fault = queued.popleft() if queued else self._constant.get(name)
        if fault is None:
            return self._right_reply(name, request)
        if fault.status:
            return fault
        answer = self._right_reply(name, request)
        return Reply(answer.status, answer.body, answer.headers, gate=fault.gate)

    def _right_reply(self, name: str, request: Request) -> Reply:
        if name not in self._documents:
            body = b"" if self.is_poor else b'{"error":"Not found"}'
            return Reply(404, body, JSON, latency=self.latency)
        wants_gzip = "gzip" in request.headers.get("accept-encoding", "")
        body, headers = self.document_body(name, wants_gzip)
        etag, modified = headers.get("ETag"), headers.get("Last-Modified")
        if (etag and request.headers.get("if-none-match") == etag) or (
            modified and request.headers.get("if-modified-since") == modified
        ):
            return Reply(304, b"", headers, latency=self.latency)
        return Reply(200, body, headers, latency=self.latency)


def _times(versions: Iterable[str]) -> dict[str, str]:
    """`time` as the registry writes it: created, modified, then each version."""
    moments = {
        version: (FIRST_RELEASE + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        for day, version in enumerate(versions)
    }
    ends = list(moments.values()) or [FIRST_RELEASE.strftime("%Y-%m-%dT%H:%M:%S.000Z")]
    return {"created": ends[0], "modified": ends[-1], **moments}


def _poorer(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document as a poor mirror serves it."""
    poor = {key: value for key, value in document.items() if key in POOR_KEYS}
    tags = poor.get("dist-tags")
    if isinstance(tags, dict):
        poor["dist-tags"] = {tag: tags[tag] for tag in tags if tag == "latest"}
    versions = poor.get("versions")
    if isinstance(versions, dict):
        poor["versions"] = {
            version: {key: value for key, value in extra.items() if key != "deprecated"}
            for version, extra in versions.items()
        }
    return poor


def _name_in(path: str) -> str:
    return unquote(path.split("?")[0]).removeprefix("/")
