"""Repositories on this machine's own disk: `file:` and `copy:` sources (sources.list(5))."""

from __future__ import annotations

import stat

from tgtui.basics.files.paths import local_path
from tgtui.basics.files.trouble import why
from tgtui.registries.base import NotFound, Unreachable
from tgtui.registries.http.client import Download
from tgtui.registries.http.inflate import too_large


def read_local(url: str, label: str, max_bytes: int, last_modified: str | None) -> Download | None:
    """Like HttpClient.get, for a file, with its modification time as Last-Modified. Blocks."""
    path = local_path(url)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a device would never end
            raise NotFound(f"{label}: {path} is not a regular file")
        changed = str(found.st_mtime_ns)
        if changed == last_modified:
            return None
        with path.open("rb") as file:
            body = bytearray(file.read(max_bytes + 1))
    except FileNotFoundError as error:
        raise NotFound(f"{label}: there is no {path}") from error
    except ValueError as error:  # a null character
        raise NotFound(f"{label}: no file can have the name {str(path)!r}") from error
    except OSError as error:
        raise Unreachable(f"{label}: {path} can't be read: {why(error)}") from error
    if len(body) > max_bytes:
        raise too_large(label, max_bytes)
    return Download(body=body, encoding="identity", etag=None, last_modified=changed)
