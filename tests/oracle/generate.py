"""Random versions, ranges, specifiers, names and packuments: mostly ordinary, often odd, always seeded."""

from __future__ import annotations

import random
from typing import Any

_ODD_CHARS = [
    "v",
    "=",
    " ",
    "  ",
    "x",
    "*",
    "-",
    "+",
    ".",
    "~",
    "^",
    ">",
    "<",
    "|",
    "||",
    "@",
    "1",
    "0",
    "a",
    "\t",
    "é",
]
_WORDS = [
    "alpha",
    "beta",
    "rc",
    "next",
    "canary",
    "pre",
    "0",
    "1",
    "01",
    "x",
    "a-b",
    "-",
    "20230101123456789",
]
_HUGE = [
    "9007199254740990",
    "9007199254740991",
    "9007199254740992",
    "99999999999999999999999",
    "007",
]


def number(rng: random.Random, top: int = 4) -> str:
    roll = rng.random()
    return (
        rng.choice(_HUGE)
        if roll < 0.01
        else f"0{rng.randint(0, top)}"
        if roll < 0.02
        else str(rng.randint(0, top))
    )


def mutate(rng: random.Random, text: str, times: int = 1) -> str:
    for _ in range(rng.randint(1, times)):
        at = rng.randint(0, len(text))
        cut = rng.choice((0, 0, 1))
        text = text[:at] + rng.choice([*_ODD_CHARS, ""]) + text[at + cut :]
    return text


def prerelease(rng: random.Random) -> str:
    return ".".join(
        rng.choice([*_WORDS, str(rng.randint(0, 12))]) for _ in range(rng.choice((1, 1, 2, 2, 3)))
    )


def version(rng: random.Random, top: int = 4, odd: float = 0.08) -> str:
    text = ".".join(number(rng, top) for _ in range(3))
    if rng.random() < 0.35:
        text += rng.choice(("-", "-", "-", "-", "")) + prerelease(rng)
    if rng.random() < 0.04:
        text += "+" + rng.choice(("build", "1.2", "sha.5114f85", "001"))
    if rng.random() < odd:
        text = (
            mutate(rng, text)
            if rng.random() < 0.6
            else rng.choice(("v", "=", "v ", " =v", "==")) + text
        )
    return text


def partial(rng: random.Random, top: int = 4) -> str:
    roll = rng.random()
    if roll < 0.45:
        return version(rng, top, odd=0.03)
    count = rng.choice((1, 2, 2, 3))
    parts = [number(rng, top) if rng.random() < 0.75 else rng.choice("xX*") for _ in range(count)]
    return ".".join(parts)


def comparator(rng: random.Random, top: int = 4) -> str:
    operator = rng.choice(
        ("", "", "^", "^", "~", "~", "~>", ">", ">=", "<", "<=", "=", "^ ", "~ ", ">= ", "< ", "> ")
    )
    return operator + partial(rng, top)


def version_range(rng: random.Random, top: int = 4, odd: float = 0.08) -> str:
    alternatives = []
    for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3))):
        roll = rng.random()
        if roll < 0.12:
            alternatives.append(f"{partial(rng, top)} - {partial(rng, top)}")
        elif roll < 0.16:
            alternatives.append(
                rng.choice(("", "*", "x", " ", "latest", ">=0", ">=0.0.0", "<0.0.0-0"))
            )
        else:
            count = rng.choice((1, 1, 1, 2, 2, 3))
            alternatives.append(
                rng.choice((" ", " ", "  ", ",")).join(comparator(rng, top) for _ in range(count))
            )
    text = rng.choice(("||", " || ", " || ", "|| ")).join(alternatives)
    return mutate(rng, text, 3) if rng.random() < odd else text


_SPECIFIERS = [
    "latest", "next", "beta", "", "*", " ", "npm:{name}@{range}", "npm:{name}", "NPM:{name}@{version}", "npm:{range}",
    "npm:npm:{name}", "npm:{name}@npm:b@1", "npm:{name}@user/repo", "npm:@{range}", "file:../x", "file:x.tgz", "FILE:x",
    "./x", "../x", "~/x", "/x", "c:/x", "C:\\x", "~x", ".", "x.tgz", "x.tar.gz", "x.TAR", "a/b.tgz", "user/repo",
    "user/repo#{word}", "user/repo#semver:{range}", "user/repo#{word}::path:a", "user/repo#{word}::semver:1", "user/repo#path:a::path:b",
    "user/repo#semver:%zz", "user/%zz", "user/repo.git", "user/repo/", "/user/repo", "user/repo/sub", "us er/repo", "user#a/b", "#a/b",
    "@scope/x", "github:user/repo", "github:user/repo#{word}", "gist:1a2b3c", "gist:user/1a2b3c#{word}", "gitlab:a/b/c", "bitbucket:a/b",
    "sourcehut:~a/b", "github:@x/y", "github://a/b", "GitHub:a/b", "git@{host}:user/repo.git", "git@{host}:user/repo.git#{word}",
    "git@{host}:user/repo#semver:{range}", "user:pass@{host}:a/b", "{host}:a/b", "{host}/a/b", "git+ssh://git@{host}:user/repo.git",
    "git+ssh://git@{host}:22/user/repo.git#{word}", "git+ssh://git@{host}/user/repo", "git+ssh://{host}:x", "git+ssh:git@{host}:a/b",
    "{proto}://{host}/user/repo.git", "{proto}://{host}/user/repo#{word}", "{proto}://{host}/user/repo/tree/{word}",
    "{proto}://{host}/user/repo/tarball/{word}", "{proto}://{host}/user/repo/get/x.tar.gz", "{proto}://{host}/user/repo/archive/x.tar.gz",
    "{proto}://{host}/user/repo/-/archive/x", "{proto}://{host}/user", "{proto}://{host}", "{proto}://{host}/user/%zz", "{proto}://{host}/a/../b/c",
    "{proto}://{host}/", "{proto}://{host}:8080/a/b", "{proto}://u:p@{host}/a/b", "{proto}://www.{host}/a/b.git", "{proto}://", "{proto}:a/b",
    "{proto}:/{host}/a/b", "{proto}://{host}:x/a", "{proto}://ex ample/a", "{proto}://1.2.3.4/a", "{proto}://1.2.3.4.5/a", "{proto}://256.1/a",
    "{proto}://[::1]/a", "{proto}://[x]/a", "{proto}://@/a", "{proto}:\\\\{host}\\a\\b", "{proto}://{host}?a/b", "{proto}://{host}/.git",
    "workspace:*", "workspace:^", "workspace:{range}", "workspace:./x", "link:../x", "catalog:", "catalog:react18", "jsr:@std/fs@^1", "jsr:^1",
    "patch:a@npm%3A1.0.0#./p.patch", "portal:../x", "exec:./x", "svn+ssh://a/b", "svn://a/b", "ftp://a/b.tgz", "ws://a/b", "data:,x", "a:b", "1:2", "é:b",
    "{word}", "{version}", "v{version}", " {version} ", "{range} ", "{word} {word}", "a@b", "a@{host}", "hello world", "100%", "a%20b", "x#y", "x?y",
    "file:", "npm:", "git:", "git+ssh:", "http:", "https:", "git:a", "git+file:///a/b", "git+file://c:/a", "git+rsync://a/b", "git+ftp://a/b", "git+svn://a/b",
]  # fmt: skip
_HOST_NAMES = [
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "gist.github.com",
    "git.sr.ht",
    "example.com",
    "GitHub.com",
    "h",
]
_PROTOCOLS = [
    "git",
    "git+ssh",
    "git+https",
    "git+http",
    "ssh",
    "http",
    "https",
    "HTTPS",
    "git+file",
]
_NAMES = [
    "react",
    "@scope/name",
    "JSONStream",
    "a.b",
    "_x",
    ".x",
    "-x",
    "a b",
    "@scope",
    "@/x",
    "é",
    "x~y",
    "1.0.0",
    "@a/.b",
]


def specifier(rng: random.Random, odd: float = 0.15) -> str:
    text = rng.choice(_SPECIFIERS).format(
        name=rng.choice(_NAMES), range=version_range(rng), version=version(rng), host=rng.choice(_HOST_NAMES),
        proto=rng.choice(_PROTOCOLS), word=rng.choice(("main", "v1.0.0", "feature/x", "a%20b", "a@b", "abc123", "a:b")),
    )  # fmt: skip
    if rng.random() < odd:
        at = rng.randint(0, len(text))
        text = (
            text[:at]
            + rng.choice(["/", ":", "#", "@", "%", "\\", "?", " ", ".", "\t", "~", "[", "é", "::"])
            + text[at + rng.choice((0, 1)) :]
        )
    return text


def name(rng: random.Random) -> str:
    text = rng.choice(
        [
            *_NAMES,
            "http",
            "fs/promises",
            "node_modules",
            "Favicon.ico",
            "x" * 214,
            "x" * 215,
            "",
            " a",
            "lodash",
            "@Babel/core",
            "@a/b/c",
            "a/b",
        ]
    )
    return mutate(rng, text) if rng.random() < 0.5 else text


def packument(rng: random.Random, size: int = 20, specs: int = 12) -> dict[str, Any]:
    """A question about picks: versions in random order, tags, deprecations, engines, and what to ask for."""
    versions = list(
        dict.fromkeys(
            version(rng, 3, odd=0.05) for _ in range(rng.choice((0, 1, 3, size, size, size)))
        )
    )
    tags = {
        tag: rng.choice([*versions, "9.9.9"])
        for tag in ("latest", "next", "beta")
        if rng.random() < 0.75
    }
    deprecated_share, engines_share = rng.choice((0, 0.2, 0.6, 1)), rng.choice((0, 0.5, 1))
    asked = [version_range(rng, 3, odd=0.03) if rng.random() < 0.6 else "" for _ in range(specs)]
    fixed = [
        "*",
        "",
        " ",
        "* ",
        "latest",
        "next",
        "missing",
        "npm:y@^1",
        "^1",
        ">=1.0.0-0",
        *versions[:3],
        "v1.0.0",
        "x",
    ]
    return {
        "versions": versions,
        "tags": tags,
        "deprecated": [v for v in versions if rng.random() < deprecated_share],
        "engines": {v: rng.choice((">=18", "^16 || >=20", "<14", "*", "bad range", ">=20.0.0-0")) for v in versions if rng.random() < engines_share},
        "specs": [text or rng.choice(fixed) for text in asked],
        "nodes": [None, "20.1.0", "v14.0.0", "21.0.0-nightly"],
    }  # fmt: skip
