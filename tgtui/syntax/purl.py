"""Package URLs (ECMA-427) as their specification has them. Imported on first use: the library takes a while.

packageurl-python reads the syntax, but folds the case of npm's names when it writes and when it reads. The type's
definition keeps it: `JSONStream` and `jsonstream` are two packages.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from packageurl import PackageURL

from tgtui.registries.registration import registration

PLAIN_AT = re.compile(r"(pkg:/*[^/]+/+)@")
"""A scope whose @ is not escaped: without a version after it, it would be taken for the version's."""
KEPT = ":"
"""Not escaped, besides letters, digits and _.-~."""


class Purl(PackageURL):
    """One that is written as it is: the library itself would change its case."""

    def to_string(self, encode: bool | None = True) -> str:
        """The canonical text; there are no qualifiers and no subpath."""
        segments = [*(self.namespace or "").split("/"), self.name]
        path = "/".join(quote(segment, safe=KEPT) for segment in segments if segment)
        version = f"@{quote(self.version, safe=KEPT)}" if self.version else ""
        return f"pkg:{self.type}/{path}{version}"


def purl_of(registry: str, name: str, version: str | None) -> Purl:
    """The package URL of a package, or of one of its versions."""
    namespace, bare = registration(registry).purl.split(name)
    return Purl(purl_type(registry), namespace, bare, version, normalize_purl=False)


def purl_type(registry: str) -> str:
    """The type of its package URLs."""
    return registration(registry).purl.type or registry


def read_purl(text: str) -> tuple[str, str, str, str | None]:
    """(type, namespace, name, version), unescaped, in the case they were written in. ValueError."""
    scheme, colon, rest = text.partition(":")
    plain = PLAIN_AT.sub(r"\1%40", f"{scheme.lower()}{colon}{rest}")
    found = PackageURL.from_string(plain, normalize_purl=False)
    version = unquote(found.version) if found.version else None
    return found.type, unquote(found.namespace or ""), unquote(found.name), version
