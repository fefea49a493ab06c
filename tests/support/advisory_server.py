"""Answers as OSV's interface, npm's and PyPI's do, over real HTTP."""

from __future__ import annotations

import gzip
import json
from typing import Any

from tests.support.http_thread import Reply, Request, Served

BULK = "/-/npm/v1/security/advisories/bulk"


class AdvisoryServer(Served):
    """`records` are OSV's, `told` is what npm's registry tells by package, `index` what PyPI's JSON interface has."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, Any]] = {}
        self.told: dict[str, list[dict[str, Any]]] = {
            "minimist": [{"id": 1, "url": "https://github.com/advisories/GHSA-xvch-5gv4-984h"}]
        }
        self.index: dict[tuple[str, str], list[dict[str, Any]]] = {
            ("jinja2", "2.4.1"): [{"id": "PYSEC-2019-217", "fixed_in": ["2.10.1"]}]
        }
        """Vulnerabilities of versions that the index has, by name and version."""
        self.page = 1_000
        """Advisories of one package on a page."""
        self.reply: Reply | None = None
        """In place of every answer."""
        self.says_gzip = True
        self.names: list[str] = []
        """Of packages that anyone asked about."""
        self.asked: list[str] = []
        """Records that were fetched."""
        self.requests = 0

    def _reply(self, request: Request) -> Reply:
        self.requests += 1
        if self.reply is not None:
            return self.reply
        if request.path == "/v1/querybatch":
            queries = json.loads(request.body)["queries"]
            assert len(queries) <= 1_000
            return _json({"results": [self._result(query) for query in queries]})
        if request.path.startswith("/v1/vulns/"):
            id = request.path.rpartition("/")[2]
            self.asked.append(id)
            found = self.records.get(id)
            return _json(found) if found else Reply(404)
        if request.path.startswith("/pypi/") and request.path.endswith("/json"):
            name, version = request.path.split("/")[2:4]
            self.names.append(name)
            told = self.index.get((name, version))
            return _json({"vulnerabilities": told}) if told is not None else Reply(404)
        if request.path == BULK and request.method == "POST":
            return self._bulk(request)
        return Reply(404)

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        name = query["package"]["name"]
        self.names.append(name)
        about = [
            {"id": each["id"], "modified": each["modified"]}
            for each in self.records.values()
            if any(
                a["package"]["name"] == name
                and a["package"]["ecosystem"] == query["package"]["ecosystem"]
                for a in each["affected"]
            )
        ]
        start = int(query.get("page_token", 0))
        page, rest = about[start : start + self.page], about[start + self.page :]
        found: dict[str, Any] = {"vulns": page} if page else {}
        return {**found, "next_page_token": str(start + self.page)} if rest else found

    def _bulk(self, request: Request) -> Reply:
        assert request.headers["content-encoding"] == "gzip"
        asked = json.loads(gzip.decompress(request.body))
        self.names += asked
        answer = {name: self.told[name] for name in asked if name in self.told}
        body = gzip.compress(json.dumps(answer).encode())
        headers = {"Content-Encoding": "gzip"} if self.says_gzip else {}
        return Reply(body=body, headers=headers)


def _json(value: Any) -> Reply:
    return Reply(body=json.dumps(value).encode())
