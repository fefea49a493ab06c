"""A fake index of Python packages over real HTTP: pages, wheels and source archives made of a few words.

with PythonIndex() as index:
    index.add("flask", "3.0", "click>=8; python_version>'3'", python=">=3.8")
"""

from __future__ import annotations

import gzip
import hashlib
import html
import io
import json
import ssl
import tarfile
import zipfile
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from tests.support.http_thread import Reply, Request, Served

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
BALLAST = 100_000
"""Bytes before the metadata of a wheel with `is_large`: its end alone does not have it."""


class PythonIndex(Served):
    """A context manager. What it has may change while it runs."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.projects: dict[str, list[dict[str, Any]]] = {}
        self.files: dict[str, bytes] = {}
        self.serves_json = True
        self.announces = False
        """Whether it says that the metadata lies beside the file, and serves it."""
        self.grants_ranges = True
        self.to_parts: Reply | None = None
        """The answer to whoever asks for a part of a file, in place of the part."""
        self.login: str | None = None
        """The Authorization header that it wants."""
        self.asked: list[tuple[str, str | None]] = []
        """Path and Range of each request."""
        self.pages: dict[str, bytes] = {}
        """Served as they are."""
        self.moved: dict[str, str] = {}
        """By path: where else it is (302)."""
        self.logins: list[str | None] = []
        """The Authorization header of each request."""

    @property
    def index(self) -> str:
        """The address of the simple API."""
        return f"{self.url}/simple/"

    def add(
        self,
        name: str,
        version: str,
        *requires: str,
        extras: Sequence[str] = (),
        python: str | None = None,
        yanked: bool | str = False,
        kind: str = "py3-none-any.whl",
        metadata: str | None = None,
        folders: Sequence[str] | None = None,
        is_large: bool = False,
        filename: str | None = None,
    ) -> str:
        """One file; returns its name. `kind` is the end of a wheel's name, or `tar.gz`. `metadata` and `folders` are
        what it has in place of what it should have."""
        text = (
            metadata
            if metadata is not None
            else metadata_of(name, version, requires, extras, python)
        )
        stem = f"{name.replace('-', '_')}-{version}"
        called = filename or (f"{stem}-{kind}" if kind.endswith(".whl") else f"{stem}.{kind}")
        if called.endswith(".whl"):
            inside = [f"{stem}.dist-info"] if folders is None else folders
            body = wheel(text, inside, is_large=is_large)
        else:
            body = source_archive(stem, text)
        self.files[called] = body
        self.projects.setdefault(name, []).append(
            {
                "filename": called,
                "hashes": {"sha256": hashlib.sha256(body).hexdigest()},
                "requires-python": python,
                "size": len(body),
                "upload-time": "2024-05-01T12:00:00.123456Z",
                "yanked": yanked,
                "text": text,
            }
        )
        return called

    def paths(self) -> list[str]:
        """What was asked for since the last call."""
        paths = [path for path, _range in self.asked]
        self.asked.clear()
        return paths

    def _reply(self, request: Request) -> Reply:
        self.asked.append((request.path, request.headers.get("range")))
        self.logins.append(request.headers.get("authorization"))
        if request.path in self.moved:
            return Reply(302, headers={"Location": self.moved[request.path]})
        if self.login is not None and request.headers.get("authorization") != self.login:
            return Reply(401)
        parts = unquote(request.path).strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2:
            return self._page(parts[1])
        if parts == ["links"]:
            everything = [each for files in self.projects.values() for each in files]
            return Reply(200, self._html(everything, "files/"), {"Content-Type": "text/html"})
        if parts[0] == "files" and len(parts) == 2:
            return self._file(parts[1], request.headers.get("range"))
        return Reply(404)

    def _page(self, name: str) -> Reply:
        if name in self.pages:
            return Reply(200, self.pages[name])
        files = self.projects.get(name)
        if files is None:
            return Reply(404)
        if not self.serves_json:
            return Reply(200, self._html(files), {"Content-Type": "text/html"})
        told = [
            {
                **{key: value for key, value in each.items() if key != "text"},
                "url": f"{self.url}/files/{each['filename']}",
                **(self._announced(each)),
            }
            for each in files
        ]
        body = {"meta": {"api-version": "1.1"}, "name": name, "files": told, "versions": []}
        return Reply(200, json.dumps(body).encode(), {"Content-Type": JSON_TYPE})

    def _announced(self, each: dict[str, Any]) -> dict[str, Any]:
        if not self.announces:
            return {}
        return {"core-metadata": {"sha256": hashlib.sha256(each["text"].encode()).hexdigest()}}

    def _html(self, files: Sequence[dict[str, Any]], folder: str = "../../files/") -> bytes:
        lines = []
        for each in files:
            python = html.escape(each["requires-python"] or "")
            said = f' data-requires-python="{python}"' if python else ""
            reason = html.escape(each["yanked"]) if isinstance(each["yanked"], str) else ""
            said += f' data-yanked="{reason}"' if each["yanked"] is not False else ""
            address = f"{folder}{each['filename']}#sha256={each['hashes']['sha256']}"
            lines.append(f'<a href="{address}"{said}>{each["filename"]}</a>')
        return f"<!DOCTYPE html><html><body>{'<br/>'.join(lines)}</body></html>".encode()

    def _file(self, filename: str, span: str | None) -> Reply:
        if filename.endswith(".metadata"):
            told = next(
                (
                    each["text"]
                    for files in self.projects.values()
                    for each in files
                    if each["filename"] == filename.removesuffix(".metadata")
                ),
                None,
            )
            return Reply(200, told.encode()) if told and self.announces else Reply(404)
        body = self.files.get(filename)
        if body is None:
            return Reply(404)
        if span is not None and self.to_parts is not None:
            return self.to_parts
        if span is None or not self.grants_ranges:
            return Reply(200, body)
        first, _dash, last = span.removeprefix("bytes=").partition("-")
        begin = int(first) if first else max(0, len(body) - int(last))
        end = min(int(last), len(body) - 1) if first and last else len(body) - 1
        said = {"Content-Range": f"bytes {begin}-{end}/{len(body)}"}
        return Reply(206, body[begin : end + 1], said)


def metadata_of(
    name: str,
    version: str,
    requires: Sequence[str] = (),
    extras: Sequence[str] = (),
    python: str | None = None,
    *more: str,
) -> str:
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {python}"] if python else []
    lines += [f"Requires-Dist: {each}" for each in requires]
    lines += [f"Provides-Extra: {each}" for each in extras]
    return "\n".join((*lines, *more)) + "\n\nThe long description.\n"


def wheel(metadata: str, folders: Sequence[str], *, is_large: bool = False) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for folder in folders:
            archive.writestr(f"{folder}/METADATA", metadata)
            archive.writestr(f"{folder}/WHEEL", WHEEL)
        if is_large:
            archive.writestr("ballast", b"\0" * BALLAST)
    return packed.getvalue()


def source_archive(stem: str, pkg_info: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo(f"{stem}/PKG-INFO")
        entry.size = len(pkg_info.encode())
        archive.addfile(entry, io.BytesIO(pkg_info.encode()))
    return gzip.compress(packed.getvalue())
