"""Serves files of a dictionary over real HTTP, with validators, and remembers what was asked."""

from __future__ import annotations

import hashlib
from urllib.parse import unquote

from tests.support.http_thread import Gate, Reply, Request, Served


class FileServer(Served):
    """A context manager; `files` may change while it runs."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        super().__init__()
        self.files: dict[str, bytes] = dict(files or {})
        self.requests: list[Request] = []
        self.moved: dict[str, str] = {}
        """Where a path redirects to."""
        self.use_etag = True
        self.is_down = False
        self.gate: Gate | None = None
        """Holds files back until it is opened."""

    def asked(self) -> list[str]:
        """The paths asked for since the last call."""
        paths = [unquote(request.path) for request in self.requests]
        self.requests.clear()
        return paths

    def _reply(self, request: Request) -> Reply:
        self.requests.append(request)
        body = self.files.get(unquote(request.path))
        if self.is_down:
            return Reply(drop=True)
        if unquote(request.path) in self.moved:
            return Reply(302, b"", {"Location": self.moved[unquote(request.path)]})
        if body is None:
            return Reply(404)
        if not self.use_etag:
            return Reply(200, body, gate=self.gate)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(304, b"", {"ETag": etag})
        return Reply(200, body, {"ETag": etag}, gate=self.gate)
