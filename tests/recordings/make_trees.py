"""Writes npm_trees.json.gz: documents of the benchmarks' mirror, trimmed, and the trees that npm walks on them.

    .venv/bin/python -m benchmarks.mirror record express webpack
    .venv/bin/python -m tests.recordings.make_trees

Of each document stays what a choice depends on, for every version; no address of anything. Needs Node.js with npm.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.mirror import RECORDINGS, require_recordings, serve

FILE = Path(__file__).with_name("npm_trees.json.gz")
ROOTS = ("express", "webpack")
MAPS = ("dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta")


def main() -> None:
    """Record what the file's own docstring says."""
    require_recordings()
    with serve() as mirror, tempfile.TemporaryDirectory() as folder:
        trees = {root: walk(root, mirror.url, folder) for root in ROOTS}
        names = {unquoted for unquoted in mirror.paths() if unquoted}
    documents = {name: trimmed(document(name)) for name in sorted(names)}
    text = json.dumps({"trees": trees, "documents": documents}, sort_keys=True)
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(documents)} documents, {FILE.stat().st_size:,} bytes")


def walk(root: str, url: str, folder: str) -> dict[str, Any]:
    """As npm's modules do."""
    script = Path(__file__).parents[2] / "benchmarks" / "npm_tree.js"
    printed = subprocess.run(
        ["node", str(script), url, root], cwd=folder, stdout=subprocess.PIPE, check=True
    ).stdout
    found: dict[str, Any] = json.loads(printed)
    return found


def document(name: str) -> dict[str, Any]:
    """As the mirror has it."""
    body = gzip.decompress((RECORDINGS / f"{quote(name, safe='@')}.gz").read_bytes())
    found: dict[str, Any] = json.loads(body)
    return found


def trimmed(found: dict[str, Any]) -> dict[str, Any]:
    """Name, tags, and of each version what its edges are."""
    return {
        "name": found["name"],
        "dist-tags": found.get("dist-tags", {}),
        "versions": {
            version: {
                "name": found["name"],
                "version": version,
                **{key: value[key] for key in MAPS if value.get(key)},
                **({"deprecated": "yes"} if value.get("deprecated") else {}),
            }
            for version, value in found.get("versions", {}).items()
        },
    }


if __name__ == "__main__":
    main()
