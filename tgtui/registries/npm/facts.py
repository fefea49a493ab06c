"""What a packument says of a version besides its dependencies.

Source: npm's documentation of package.json and of the registry's documents, and documents as they are. The
abbreviated form has none of the texts. Install scripts as npm runs them for a dependency: `prepare` is not.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from tgtui.registries.base import Facts, Modules, Provenance
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.documents import telling

HOOKS = ("preinstall", "install", "postinstall")
GYP = "binding.gyp"
"""npm runs node-gyp for it, unless it has an install script of its own."""
UNNAMED = "hasInstallScript"
"""The registry's word for scripts that it does not name."""

NOTHING = Raw()
"""What is not there."""


class Telling(Struct, rename="camel", gc=False):
    """The fields of a version's object that say something of it, undecoded."""

    license: Raw = NOTHING
    licenses: Raw = NOTHING
    author: Raw = NOTHING
    maintainers: Raw = NOTHING
    keywords: Raw = NOTHING
    engines: Raw = NOTHING
    os: Raw = NOTHING
    cpu: Raw = NOTHING
    libc: Raw = NOTHING
    types: Raw = NOTHING
    typings: Raw = NOTHING
    type: Raw = NOTHING
    module: Raw = NOTHING
    exports: Raw = NOTHING
    scripts: Raw = NOTHING
    gypfile: Raw = NOTHING
    has_install_script: Raw = NOTHING
    dist: Raw = NOTHING


class _Dist(Struct, rename="camel"):
    """What a document says of a version's archive, undecoded."""

    unpacked_size: Raw = NOTHING
    file_count: Raw = NOTHING
    attestations: Raw = NOTHING
    signatures: Raw = NOTHING


_DIST = msgspec.json.Decoder(_Dist)
SILENT = Telling()

_CONDITIONS = {condition: f'"{condition}"'.encode() for condition in ("types", "import", "require")}
"""Keys of `exports` that say which modules it has."""


def read_facts(found: Telling, whole: Telling = SILENT) -> Facts:
    """A version's facts. `whole` is what the document itself says, for what the version leaves out."""

    def value(field: str) -> object:
        return loose.value(getattr(found, field)) or loose.value(getattr(whole, field))

    licence = telling.licence(value("license")) or telling.licence(value("licenses"))
    conditions = _conditions(found.exports)
    has_types = any(isinstance(loose.value(each), str) for each in (found.types, found.typings))
    dist = _dist_of(found.dist)
    return Facts(
        licence=licence,
        unpacked_size=_number(dist.unpacked_size),
        file_count=_number(dist.file_count),
        keywords=telling.words(value("keywords")),
        maintainers=telling.people(value("maintainers")),
        author=telling.person(value("author")),
        engines=_engines(loose.value(found.engines)),
        os=telling.words(loose.value(found.os)),
        cpu=telling.words(loose.value(found.cpu)),
        libc=telling.words(loose.value(found.libc)),
        install_scripts=_install_scripts(found),
        has_types=has_types or "types" in conditions or None,
        modules=_modules(found, conditions),
        provenance=_provenance(dist),
    )


def _dist_of(raw: Raw) -> _Dist:
    """What a version's `dist` says; nothing if it can't be read."""
    try:
        return _DIST.decode(raw) if raw else _Dist()
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _Dist()


def _provenance(dist: _Dist) -> Provenance | None:
    if isinstance(loose.value(dist.attestations), dict):
        return "attested"
    return "signed" if loose.value(dist.signatures) else None


def _number(raw: Raw) -> int | None:
    return telling.size(loose.value(raw)) if raw else None


def _hooks(scripts: Raw) -> tuple[str, ...]:
    """Of scripts those that an install runs: most packages have none, which shows without decoding them."""
    found = loose.value(scripts) if b"install" in bytes(scripts) else None
    named = found if isinstance(found, dict) else {}
    return tuple(hook for hook in HOOKS if _is_script(named.get(hook)))


def _is_script(found: object) -> bool:
    return isinstance(found, str) and bool(found.strip())


def _conditions(exports: Raw) -> tuple[str, ...]:
    """Those that stand anywhere in it: a map of thousands of paths is never decoded for them."""
    plain = bytes(exports)
    return tuple(name for name, sign in _CONDITIONS.items() if sign in plain)


def _install_scripts(found: Telling) -> tuple[str, ...] | None:
    hooks = _hooks(found.scripts)
    if loose.value(found.gypfile) is True and not {"preinstall", "install"} & set(hooks):
        return (*hooks, GYP)
    if hooks:
        return hooks
    told = loose.value(found.has_install_script)
    if told is True:
        return (UNNAMED,)
    return () if told is False or found.scripts else None


def _engines(found: object) -> tuple[tuple[str, str], ...]:
    """`{"node": ">=18"}`, or a list of old documents: `["node >= 0.8"]`."""
    pairs: list[tuple[object, object]] = []
    if isinstance(found, dict):
        pairs = list(found.items())
    elif isinstance(found, list):
        for item in found[: telling.MAX_WORDS]:
            if isinstance(item, str):
                name, _space, wanted = item.strip().partition(" ")
                pairs.append((name, wanted or "*"))
    told = ((telling.line(name), telling.line(wanted)) for name, wanted in pairs)
    return tuple((name, wanted) for name, wanted in told if name and wanted)[: telling.MAX_WORDS]


def _modules(found: Telling, conditions: tuple[str, ...]) -> Modules | None:
    """None if the document says nothing of it: then Node takes it for CommonJS."""
    kind = loose.value(found.type)
    if "import" in conditions and "require" in conditions:
        return "dual"
    if kind == "module":
        return "esm"
    if loose.value(found.module):
        return "bundler"
    if "import" in conditions:
        return "esm"
    return "commonjs" if kind == "commonjs" or "require" in conditions else None
