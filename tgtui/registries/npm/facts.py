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

MAX_BYTES = 32 * 1024
"""Of what is kept of one version. With more, only its licence is."""
HOOKS = ("preinstall", "install", "postinstall")
GYP = "binding.gyp"
"""npm runs node-gyp for it, unless it has an install script of its own."""
UNNAMED = "hasInstallScript"
"""The registry's word for scripts that it does not name."""


NOTHING = Raw()
"""One object for all fields, so that what is not there is not written either."""


class Telling(Struct, rename="camel", omit_defaults=True, gc=False):
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
    unpacked_size: Raw = Raw()
    file_count: Raw = Raw()
    attestations: Raw = Raw()
    signatures: Raw = Raw()


class Dist(Struct, frozen=True):
    """What a document says of a version's archive."""

    unpacked_size: int | None
    file_count: int | None
    provenance: Provenance | None


_DECODER = msgspec.json.Decoder(Telling)
_DIST = msgspec.json.Decoder(_Dist)
_ENCODER = msgspec.json.Encoder()
_SILENT = Telling()

_NO_HOOKS = Raw(b"{}")
_CONDITIONS = {condition: f'"{condition}"'.encode() for condition in ("types", "import", "require")}
"""Keys of `exports` that say which modules it has."""


def said_of(found: Telling) -> bytes:
    """What a version's object says, without its archive, as JSON: many versions of a package say the same."""
    if found.scripts:
        # Of scripts only those that an install runs: most packages have none.
        has_any = b"install" in bytes(found.scripts)
        found.scripts = _hooks(found.scripts) if has_any else _NO_HOOKS
    if found.exports:
        found.exports = _conditions(bytes(found.exports))
    found.dist = NOTHING
    text = _ENCODER.encode(found)
    if len(text) > MAX_BYTES:
        is_short = memoryview(found.license).nbytes < MAX_BYTES
        text = _ENCODER.encode(Telling(license=found.license) if is_short else _SILENT)
    return text


def dist_of(raw: Raw) -> Dist | None:
    """What a version's `dist` says; None if it has nothing of it, as on many mirrors."""
    plain = bytes(raw)
    if (
        b'"unpackedSize"' not in plain
        and b'"attestations"' not in plain
        and b'"signatures"' not in plain
    ):
        return None
    try:
        dist = _DIST.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    provenance: Provenance | None = None
    if isinstance(loose.value(dist.attestations), dict):
        provenance = "attested"
    elif loose.value(dist.signatures):
        provenance = "signed"
    return Dist(_number(dist.unpacked_size), _number(dist.file_count), provenance)


def read_facts(said: bytes, dist: Dist | None, package: bytes | None = None) -> Facts:
    """A version's facts. `package` is what the document itself says, for what the version leaves out."""
    found = _DECODER.decode(said)
    whole = _DECODER.decode(package) if package is not None else _SILENT

    def value(field: str) -> object:
        return loose.value(getattr(found, field)) or loose.value(getattr(whole, field))

    licence = telling.licence(value("license")) or telling.licence(value("licenses"))
    conditions = telling.words(loose.value(found.exports))
    has_types = any(isinstance(loose.value(each), str) for each in (found.types, found.typings))
    return Facts(
        licence=licence,
        unpacked_size=dist.unpacked_size if dist else None,
        file_count=dist.file_count if dist else None,
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
        provenance=dist.provenance if dist else None,
    )


def _number(raw: Raw) -> int | None:
    return telling.size(loose.value(raw)) if raw else None


def _hooks(raw: Raw) -> Raw:
    found = loose.value(raw)
    named = found if isinstance(found, dict) else {}
    return Raw(_ENCODER.encode({hook: "" for hook in HOOKS if _is_script(named.get(hook))}))


def _is_script(found: object) -> bool:
    return isinstance(found, str) and bool(found.strip())


def _conditions(exports: bytes) -> Raw:
    """Those that stand anywhere in it: a map of thousands of paths is never decoded for them."""
    return Raw(_ENCODER.encode([name for name, sign in _CONDITIONS.items() if sign in exports]))


def _install_scripts(found: Telling) -> tuple[str, ...] | None:
    scripts = loose.value(found.scripts)
    hooks = tuple(scripts) if isinstance(scripts, dict) else ()
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
