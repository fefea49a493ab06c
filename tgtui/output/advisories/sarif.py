"""An audit as SARIF 2.1.0, which code hosts show beside a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tgtui import __version__
from tgtui.basics.text import clean
from tgtui.data.graph.audit import Threat
from tgtui.output.advisories.words import mended, path
from tgtui.syntax.advisories.ranks import CRITICAL, HIGH, LOW, MALWARE, MEDIUM, severity_word

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {MALWARE: "error", CRITICAL: "error", HIGH: "error", MEDIUM: "warning", LOW: "note"}
SCORES = {MALWARE: "10.0", CRITICAL: "9.5", HIGH: "8.0", MEDIUM: "5.5", LOW: "2.0"}
"""For hosts that sort by a number, where the advisory has none."""


def as_sarif(threats: Sequence[tuple[Threat, str]], files: Mapping[str, str]) -> dict[str, Any]:
    """`threats` with the reason why each is accepted, or ''. `files` has by root package the file that names it."""
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    for threat, accepted in threats:
        rules.setdefault(threat.finding.flaw, _rule(threat))
        results.append(_result(threat, accepted, files))
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "tgtui",
                        "version": __version__,
                        "rules": [rules[name] for name in sorted(rules)],
                    }
                },
                "results": results,
            }
        ],
    }


def _rule(threat: Threat) -> dict[str, Any]:
    finding = threat.finding
    score = f"{finding.score:.1f}" if finding.score is not None else SCORES.get(finding.severity)
    return {
        "id": clean(finding.flaw, 200),
        "shortDescription": {"text": clean(finding.summary or finding.flaw, 500)},
        "helpUri": f"https://osv.dev/vulnerability/{clean(finding.flaw, 200)}",
        "properties": {
            "tags": ["security", severity_word(finding.severity)],
            **({"security-severity": score} if score else {}),
        },
    }


def _result(threat: Threat, accepted: str, files: Mapping[str, str]) -> dict[str, Any]:
    name = clean(str(threat.name), 400)
    root = str(threat.ways[0][0].name) if threat.ways else str(threat.name)
    ways = "; ".join(path(way, threat.name.registry) for way in threat.ways)
    said = f"{name}: {clean(threat.finding.summary or threat.finding.flaw, 500)}; {mended(threat)}. {ways}"
    result: dict[str, Any] = {
        "ruleId": clean(threat.finding.flaw, 200),
        "level": LEVELS.get(threat.finding.severity, "warning"),
        "message": {"text": said},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": threat.file or files.get(root, "package.json")},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": name, "kind": "module"}],
            }
        ],
        "partialFingerprints": {"flaw/v1": f"{threat.package}#{clean(threat.finding.flaw, 200)}"},
    }
    if accepted:
        result["suppressions"] = [{"kind": "external", "justification": clean(accepted, 500)}]
    return result
