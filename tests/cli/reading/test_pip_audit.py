"""What `tgtui audit` finds in files of requirements is what pip-audit finds, both asking one server that answers as OSV's
interface and PyPI's do. pip-audit's findings are recorded; `--pip-audit` runs it again."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from tests.cli.conftest import Cli
from tests.support import rows
from tests.support.advisories import documents, is_affected
from tests.support.advisory_server import AdvisoryServer
from tests.support.http_thread import Reply, Request
from tgtui.data.storage.database import Database

PIP_AUDIT = os.environ.get("TGTUI_TEST_PIP_AUDIT", "")
RECORDED = Path(__file__).parents[2] / "recordings" / "osv" / "pip_audit.json"
FILES: Mapping[str, str] = {
    "web": "django==3.2.12 jinja2==2.10 werkzeug==2.0.0 flask==0.12 gunicorn==19.9.0 sqlalchemy==1.2.17 flask-cors==3.0.8",
    "data": "numpy==1.16.0 scipy==1.1.0 Pillow==8.3.1 lxml==4.6.2 PyYAML==5.3 opencv-python==3.4.2.17 pydantic==1.8.1",
    "net": "requests==2.19.1 urllib3==1.24.1 aiohttp==3.7.3 httpx==0.18.0 certifi==2022.9.24 idna==3.6 Twisted==19.2.0",
    "old": "django==1.4 paramiko==1.17.0 feedparser==5.1.1 bottle==0.12.13 rsa==3.4 ecdsa==0.13 redis==4.5.1 py==1.11.0",
    "new": "black==24.10.0 wheel==0.45.0 Babel==2.16.0 Pygments==2.18.0 markdown-it-py==3.0.0 pip==24.3.1 django==5.1.1",
}
SHIM = """
import sys
from urllib.parse import urlsplit
import requests
base, whole = sys.argv.pop(1), requests.Session.request
def request(self, method, url, **rest):
    return whole(self, method, base + urlsplit(url).path, **rest)
requests.Session.request = request
from pip_audit._cli import audit
audit()
"""
"""pip-audit with all that it asks sent to one server: where it asks about a package is built in."""

Found = dict[str, list[list[str]]]
"""By package, the names of each flaw."""


class Index(AdvisoryServer):
    """Answers pip-audit's questions about a version, too, by an evaluation that is not the program's."""

    def __init__(self) -> None:
        super().__init__()
        about = [
            each
            for each in documents()
            if any(a.get("package", {}).get("ecosystem") == "PyPI" for a in each["affected"])
        ]
        self.whole = {each["id"]: each for each in about}
        self.records = {id: each for id, each in self.whole.items() if "withdrawn" not in each}

    def _reply(self, request: Request) -> Reply:
        if request.path == "/v1/query":
            asked = json.loads(request.body)
            vulns = [
                each
                for each in self.records.values()
                if is_affected(each, "PyPI", asked["package"]["name"], asked["version"])
            ]
            return Reply(body=json.dumps({"vulns": vulns} if vulns else {}).encode())
        if request.path.startswith("/pypi/"):
            name, version = request.path.split("/")[2:4]
            told = [
                _as_pypi(each, name)
                for each in self.whole.values()
                if is_affected(each, "PyPI", name, version)
            ]
            return Reply(body=json.dumps({"info": {}, "vulnerabilities": told}).encode())
        return super()._reply(request)


def _as_pypi(record: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "id": record["id"],
        "aliases": record.get("aliases", []),
        "summary": record.get("summary"),
        "details": record.get("details", ""),
        "fixed_in": [
            event["fixed"]
            for each in record["affected"]
            if each["package"]["name"] == name
            for range_ in each.get("ranges", ())
            if range_["type"] == "ECOSYSTEM"
            for event in range_["events"]
            if "fixed" in event
        ],
        "withdrawn": record.get("withdrawn"),
    }


@pytest.fixture
def index() -> Iterator[Index]:
    with Index() as server:
        yield server


def write(folder: Path, name: str) -> Path:
    file = folder / name / "requirements.txt"
    file.parent.mkdir()
    file.write_text("\n".join(FILES[name].split()))
    return file


def as_flaws(names: Iterable[Iterable[str]]) -> list[list[str]]:
    """Those with a name in common are one."""
    flaws: list[set[str]] = []
    for some in names:
        flaw = set(some)
        for other in [each for each in flaws if each & flaw]:
            flaws.remove(other)
            flaw |= other
        flaws.append(flaw)
    return sorted(sorted(flaw) for flaw in flaws)


@pytest.mark.parametrize("source", ["osv", "pypi"])
def test_it_finds_the_same(
    cli: Cli,
    database: Database,
    index: Index,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
) -> None:
    def fill(connection: Connection) -> None:
        ids: dict[str, UUID] = {}
        for pin in dict.fromkeys(" ".join(FILES.values()).lower().split()):
            name, _sign, version = pin.partition("==")
            ids[name] = ids.get(name) or rows.add_package(connection, name, "pypi")
            rows.add_version(connection, ids[name], version)

    database.write_now(fill)
    monkeypatch.setenv("TGTUI_ADVISORIES_SOURCES", source)
    monkeypatch.setenv("TGTUI_ADVISORIES_OSV", index.url)
    monkeypatch.setenv("TGTUI_PYPI_INDEX", f"{index.url}/simple")
    assert cli("advisories", "refresh").exit_code == 0
    recorded = json.loads(RECORDED.read_text())[source]
    for file in (write(tmp_path, name) for name in FILES):
        (told,) = json.loads(cli("audit", "--project", str(file.parent), "--json").stdout)
        assert told["not_checked"] == []
        found: dict[str, list[list[str]]] = {}
        for each in told["findings"]:
            found.setdefault(each["package"].removeprefix("pypi:"), []).append(each["names"])
        flaws = {package: as_flaws(names) for package, names in found.items()}
        assert flaws == recorded[file.parent.name]


@pytest.mark.pip_audit
@pytest.mark.parametrize("source", ["osv", "pypi"])
def test_pip_audit_itself_finds_what_is_recorded(index: Index, tmp_path: Path, source: str) -> None:
    if not PIP_AUDIT:
        pytest.skip("TGTUI_TEST_PIP_AUDIT names no pip-audit")
    found = {name: _pip_audit(index.url, write(tmp_path, name), source) for name in FILES}
    if os.environ.get("TGTUI_TEST_RECORD"):
        known = json.loads(RECORDED.read_text()) if RECORDED.is_file() else {}
        RECORDED.write_text(json.dumps({**known, source: found}, indent=1, sort_keys=True) + "\n")
    assert found == json.loads(RECORDED.read_text())[source]


def _pip_audit(url: str, file: Path, source: str) -> Found:
    done = subprocess.run(
        [
            *(str(Path(PIP_AUDIT).with_name("python")), "-c", SHIM, url),
            *("-r", str(file), "--disable-pip", "--no-deps", "-s", source, "-f", "json"),
            *("--cache-dir", str(file.parent / "cache"), "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return {
        f"{each['name'].lower()}@{each['version']}": as_flaws(
            [vuln["id"], *vuln["aliases"]] for vuln in each["vulns"]
        )
        for each in json.loads(done.stdout)["dependencies"]
        if each["vulns"]
    }
