"""Projects with what lock files differ in: workspaces, an alias, a folder, an archive, peers in two versions, an override."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

LOCAL = frozenset({"top", "@loc/a", "@loc/b", "local-dir", "archive", "inner"})
"""Names of what comes from no registry."""

UV = """
[project]
name = "top"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["httpx[http2]>=0.27", "click<8.2", "colorama; sys_platform == 'win32'", "inner"]
[project.optional-dependencies]
yaml = ["pyyaml"]
[dependency-groups]
dev = ["pytest>=8", {include-group = "lint"}]
lint = ["flake8"]
[tool.uv.workspace]
members = ["packages/*"]
[tool.uv.sources]
inner = {workspace = true}
"""
INNER = """
[project]
name = "inner"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["attrs", "numpy<2; python_version < '3.12'", "numpy>=2; python_version >= '3.12'"]
"""
POETRY = """
[project]
name = "top"
version = "1.0.0"
requires-python = ">=3.11,<4"
dependencies = ["httpx[http2] (>=0.27)", "click (<8.2)", "Faker (>=20)"]
[tool.poetry]
package-mode = false
[tool.poetry.group.dev.dependencies]
pytest = "^8"
"""
DENO = {
    "debug": "npm:debug@^4",
    "express": "npm:express@4.18.1",
    "react-dom": "npm:react-dom@^18",
    "react": "npm:react@^18",
    "lo": "npm:lodash@^4",
}


def make_javascript(folder: Path, client: str, *, has_workspaces: bool = True) -> None:
    """For npm, pnpm, yarn, berry or bun."""
    own = "workspace:*" if client in ("pnpm", "bun", "berry") else "1.0.0"
    top: dict[str, Any] = {
        "name": "top",
        "version": "1.0.0",
        "private": True,
        "workspaces": ["packages/*"],
        "dependencies": {
            "debug": "^4",
            "lo": "npm:lodash@^4",
            "send": "0.18.0",
            "local-dir": "file:./local-dir",
            "archive": "file:./archive.tgz",
        },
        "devDependencies": {"react": "^18", "react-dom": "^18", "chokidar": "^3"},
    }
    if client in ("npm", "bun"):
        top["overrides"] = {"qs": "6.11.0"}
    elif client == "pnpm":
        del top["workspaces"]
        said = "packages:\n  - packages/*\noverrides:\n  qs: 6.11.0\n"
        (folder / "pnpm-workspace.yaml").write_text(said, encoding="utf-8")
    else:
        top["resolutions"] = {"qs": "6.11.0"}
    if not has_workspaces:
        del top["workspaces"]
        top["dependencies"]["body-parser"] = "1.20.2"
    _write(folder / "package.json", top)
    uses = {"ms": "2.0.0", "react": "^17", "use-sync-external-store": "1.2.0"}
    uses["body-parser"] = "1.20.2"
    _write(folder / "packages/a/package.json", {**_named("@loc/a"), "dependencies": uses})
    uses = {"@loc/a": own, "use-sync-external-store": "1.2.0", "react": "^18"}
    more = {"semver": "^7", "rimraf": "^3"}
    inner = {**_named("@loc/b"), "dependencies": uses, "devDependencies": more}
    _write(folder / "packages/b/package.json", inner)
    odd = {**_named("local-dir"), "dependencies": {"is-odd": "^3"}}
    _write(folder / "local-dir/package.json", odd)
    even = json.dumps({**_named("archive"), "dependencies": {"is-even": "^1"}}).encode()
    with tarfile.open(folder / "archive.tgz", "w:gz") as archive:
        info = tarfile.TarInfo("package/package.json")
        info.size = len(even)
        archive.addfile(info, io.BytesIO(even))
    if client == "berry":
        (folder / "yarn.lock").touch()  # or it looks for a project further up
        linker = "nodeLinker: node-modules\n"
        (folder / ".yarnrc.yml").write_text(linker, encoding="utf-8")


def make_deno(folder: Path) -> None:
    _write(folder / "deno.json", {"imports": DENO})
    lines = "".join(f'import "{each}";\n' for each in DENO)
    (folder / "main.ts").write_text(lines, encoding="utf-8")


def make_uv(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(UV, encoding="utf-8")
    (folder / "packages/inner").mkdir(parents=True)
    (folder / "packages/inner/pyproject.toml").write_text(INNER, encoding="utf-8")


def make_poetry(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(POETRY, encoding="utf-8")


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "version": "1.0.0"}


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
