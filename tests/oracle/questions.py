"""The questions npm's answers are recorded for: edges written down, real packages, seeded random ones.

    python -m tests.oracle.questions < real_packages.json > questions.json

Standard input is what `make_npm_cases.js --draw` printed for some real packages.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from tests.oracle import generate
from tgtui.versions.npm.semver import parse_version
from tgtui.versions.npm.specifier import parse_specifier

SEED = 20
REAL_RANGES = 700
REAL_VERSIONS = 260

VERSIONS = [
    "0.0.0", "0.0.0-0", "0.0.0-alpha", "0.0.1", "0.1.0", "1.0.0", "1.0.0-0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
    "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0beta", "1.0.0beta2", "1.0.0rc4", "1.0.0-beta-2", "1.0.0--",
    "v1.2.3", "V1.2.3", "=1.2.3", "= v 1.2.3", " 1.2.3 ", "1.2.3+build", "1.2.3+build.1-2", "1.2.3-a+b", "1.2.3+", "1.2.3-", "1.2.3-+b",
    "01.2.3", "1.02.3", "1.2.03", "1.2.3-01", "1.2.3-0a", "1.2", "1", "", " ", "1.2.3.4", "1.2.x", "a.b.c", "latest", "1.2.3 beta", "-1.2.3",
    "9007199254740991.0.0", "9007199254740992.0.0", "0.9007199254740992.0", "0.0.99999999999999999999", "1.0.0-9007199254740990",
    "1.0.0-9007199254740991", "1.0.0-9007199254740992", "1.0.0-9007199254740993", "1.0.0-20230101123456789", "1.0.0-20230101123456790",
    "1.0.0-99999999999999999999999", "1.2.3-" + "a" * 250, "1.2.3-" + "a" * 251, "1.2.3+" + "a" * 250, "1." + "0" * 252 + ".0", "1." + "0" * 253 + ".0",
    "1.0.0\u00a0", "\ufeff1.0.0", "1.0.0\u0085", "\x1c1.0.0", "1.0.0\n", "\u0661.0.0", "1.0.0-\u00e9",
]  # fmt: skip
RANGES = [
    "", " ", "*", "x", "X", "latest", "||", " || ", "|| 1", "1 ||", "1 || latest", "latest || next", "||||", "|", "1|2", ">", "<", ">=", "=", "^", "~", "~>", "^ ", "> ",
    ">*", "<*", ">=*", "<=*", "=*", "^*", "~*", "~>x", "*.1", "x.1.2", "1.x.3", "1.*.x", "*1.2.3", "1.2.3*", "1.*2.3", "^1.2.3.4", "1.2.3.4", "1..2", ".1", "1.",
    "1", "1.2", "1.2.3", "v1", "=1", "==1.2.3", ">==1", "=>1.2.3", "=<1", "<>1", "!1.2.3", "01.2.3", "^01.2.3", "^00.1.2", "^0", "^0.0", "^0.0.0", "^0.x", "^0.0.x", "^0.0.3",
    "^0.1.2", "^1.2.3-beta.2", "^0.0.3-beta", "^1.x-beta", "^1.2.x-beta", "^1.0.0beta", "~1.0.0beta", ">=1.0.0rc4 <2", "~0", "~0.0", "~1.2.3-beta", "~> 1.2", "~>1", "~ 1.2.3",
    ">1", ">1.2", ">=1", ">=1.2", "<1", "<1.2", "<=1", "<=1.2", ">1.x.x", "<=1.x", "> 1.2.3 < 2", ">=  1.2.3   <   2.0.0", ">1.2.3<2", ">=1.0.0,<2.0.0", "1.2.3,1.2.4",
    "1.2.3 - 2.3.4", "1.2 - 2.3.4", "1.2.3 - 2.3", "1.2.3 - 2", "* - 2", "1 - *", "x - x", "1.2.3-beta - 2-0", "1.2.3 -2.0.0", "1.2.3- 2.0.0", "1 - 2 - 3", "1 - 2 || 3 - 4", "v1 - =2",
    "= 1.2.3 - 2", "1.2.3 - v 2.0.0", ">1 - 2", "1.0.0beta - 2.0.0rc", "1.2.3+a - 2.0.0+b", "1.2.3+a", "^1.2.3+a <1.5.0+b", "1.2.3 +a", "+a 1 - 2", "1 - 2 +a", "1.2.3+-+a 4", "1.2.3++a",
    ">=0.0.0", ">=0", ">= 0.0.0", ">=0.0.0-0", ">=00.0.0", ">=0.0.0 <0.0.0-5", "<0.0.0-0", "<0.0.0", "<=0.0.0-0", ">=0.0.0 || 1.0.0-rc.1", "* || 1.0.0-rc.1", "x >5bad", "bad x bad", "bad 1 bad", "bad bad",
    ">=9007199254740991", ">9007199254740991", "<=9007199254740991", "^9007199254740991", "^9007199254740992.0.0", "~1.9007199254740991", "^0.0.9007199254740991", "<=9007199254740992.x",
    "<=999999999999999999999", "<=9999999999999999999999", ">=1 <=9999999999999999999999.x", ">9999999999999999999999.x", "1 - 9999999999999999999999", ">=99999999999999999999.1.2",
    "1.2.3-" + "a" * 251, "^1.2.3-" + "a" * 252, "1." + "1" * 257 + ".0 || 1", ">=1.2.3-" + "a" * 251 + " || 1", "\u00a01.2.3\u3000", "1.2.3\u00a0||\ufeff2", "1.2.3\u00852", "\x1c1", "1\n2", "\u0661",
    "git+ssh://a", "user/repo", "npm:a@1", "1.x || >=2.5.0 || 5.0.0 - 7.2.3", ">=1.2.9 <2.0.0 >=1.3", "1.2.3 1.2.4", "1.2.3 1.2.3", ">=1.0.0-beta <1.0.0", ">1.0.0-alpha.1 <1.0.0-rc.1",
    "^7.11.0 || ^8.0.0-0", ">=14.0.0-nightly", "^18.18.0 || ^20.9.0 || >=21.1.0", "node >= 4", ">= 0.8.x", ">=0.10 <0.12.0 || 4", "~1.0.0-rc", "1.0.0-rc.1 || 1.0.0",
]  # fmt: skip
SPECIFIERS = [
    *RANGES, *VERSIONS, "npm:", "npm:@", "npm:@a", "npm:@a/b", "npm:@a/b@", "npm:a@", "npm: a", "npm:a@ ^1 ", "npm:a@file:x", "npm:a@latest", "npm:a@http://b/c", "npm:./x", "npm:A@^1",
    "npm:a/b", "npm:_x@1", "github:a/b#semver:^1.0.0", "a/b#c#d", "a/b#", "a/b#semver:", "a/b#semver:a:b", "a/b#x:y", "a/b#::", "a/b#semver:1::semver:2", "a/b#1::2", "a/b#path:", "file:%zz",
    "file://x/y", "file:////x", "file:///../x.tgz", "file:x.tgz?y", "http://a b/c", "https://github.com/a/b.git", "https://github.com/a/b/tree/c%2Fd", "https://h\u00f6st.com/a", "https://xn--a/b",
    "git+https://\uff47ithub.com/a/b", "https://\uff47ithub.com/a/b", "https://a.b.0x1/c", "https://0x7f.1/c", "https://a..b/c", "https://a/%", "http:///a/b", "http:\\a\\b", "hTTp://a", "HTTP:a",
]  # fmt: skip
NAMES = [
    "", " ", "a", "A", "JSONStream", "lodash.merge", "@a/b", "@A/B", "@a/b/c", "@a", "@/b", "@a/", "a/b", "/a", ".a", "-a", "_a", "@a/.b", "@a/_b", "@.a/b", "@_a/b", "a b", "a\u00a0", "\ufeffa", "a\x1c",
    "node_modules", "NODE_MODULES", "@a/node_modules", "favicon.ico", "http", "HTTP", "fs/promises", "node:test", "@a/http", "a" * 214, "a" * 215, "@a/" + "b" * 300, "a~", "a!", "a'", "(a)", "a*", "@~a/b",
    "@a/b~", "a@1", "a%20b", "a+b", "a:b", "a\\b", "a?b", "a#b", "\u00e9", "\u4e2d", "\u212a", "\u0130", "a\nb", "a\x00b", "..", ".", "@", "@@", "1", "1.0.0", "constructor", "__proto__",
]  # fmt: skip


def main() -> None:
    real = json.load(sys.stdin)
    json.dump(questions(real["packages"], real["ranges"]), sys.stdout)


def questions(packages: dict[str, Any], ranges: list[str]) -> dict[str, Any]:
    """All of them; the same for the same packages."""
    rng = random.Random(SEED)
    real_ranges = rng.sample(ranges, min(REAL_RANGES, len(ranges)))
    real_versions = sorted({v for package in packages.values() for v in package["versions"]})
    real_versions = rng.sample(real_versions, min(REAL_VERSIONS, len(real_versions)))
    random_versions = [generate.version(rng) for _ in range(80)]
    valid = [v for v in (*VERSIONS, *real_versions, *random_versions) if parse_version(v)]
    node_versions = [
        "20.1.0",
        "v18.0.0",
        "21.0.0-nightly",
        "21.0.0-rc.1",
        "4.0.0",
        "0.10.48",
        "16",
        "",
        *VERSIONS[:40],
    ]
    engines = {text for package in packages.values() for text in package["engines"].values()}
    return {
        "parse": [*VERSIONS, *(generate.version(rng, odd=0.5) for _ in range(600))],
        "compare": [[rng.choice(valid), rng.choice(valid)] for _ in range(3000)],
        "satisfies": {
            "ranges": [*RANGES, *real_ranges, *(generate.version_range(rng) for _ in range(300))],
            "versions": [*VERSIONS, *real_versions, *random_versions],
        },
        "engines": {"ranges": [*RANGES, *sorted(engines)], "versions": node_versions},
        "pairs": [[generate.version(rng), generate.version_range(rng, odd=0.2)] for _ in range(1500)],
        "specifiers": [
            *(["x", text] for text in (*SPECIFIERS, *real_ranges[:200])),
            *(["x", generate.specifier(rng)] for _ in range(1500)),
            *([text, "^1.0.0"] for text in NAMES if text),
        ],
        "names": [*NAMES, *(generate.name(rng) for _ in range(300))],
        "picks": [
            *(_real_picks(rng, package, real_ranges) for package in packages.values()),
            *(registry_only(generate.packument(rng)) for _ in range(90)),
        ],
    }  # fmt: skip


def registry_only(question: dict[str, Any]) -> dict[str, Any]:
    """The question without the specifiers a packument does not answer."""
    specs = [text for text in question["specs"] if parse_specifier("x", text).registry]
    return question | {"specs": specs}


def _real_picks(rng: random.Random, package: dict[str, Any], ranges: list[str]) -> dict[str, Any]:
    """Asked with real ranges, around its own versions, and half with some of them deprecated."""
    own = rng.sample(package["versions"], 12)
    operators = ("^", "~", "<", ">=", "", ">", "<=", "1 || ")
    share = rng.choice((0, 0.3))
    question = {
        **package,
        "deprecated": [v for v in package["versions"] if rng.random() < share],
        "specs": [*rng.sample(ranges, 25), "*", "", "latest", *(rng.choice(operators) + v for v in own)],
        "nodes": [None, "20.1.0", "8.0.0"],
    }  # fmt: skip
    return registry_only(question)


if __name__ == "__main__":
    main()
