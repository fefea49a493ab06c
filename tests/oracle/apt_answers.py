"""apt's own choice for the dependencies of real packages, recorded with what it chose among.

    /usr/bin/python3 tests/oracle/apt_answers.py tests/recordings/apt/answers.json.gz [COUNT [SEED]]

Needs Debian's python3-apt, and apt's lists on this machine (`apt-get update`). What is written has `packages`, the
stanzas that matter as a Packages file, and `answers`: package to [field, group as written, packages that apt would
install for it]. Nothing is installed in what it asks: apt sees an empty system. A third of a second a package.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from typing import Any

COUNT, SEED = "540", "7"
NO_LISTS = 3
"""Exit code where apt knows no packages."""
FIELDS = {"Depends": "Depends", "PreDepends": "Pre-Depends"}
STRICT = {"<": "<<", ">": ">>"}
"""What python3-apt calls them, and what Debian writes: its own `<` means `<=`."""
KEPT = re.compile(
    r"^(Package|Version|Architecture|Depends|Pre-Depends|Provides|Priority|Essential|Protected|Multi-Arch):.*\n"
    r"(?:[ \t].*\n)*",
    re.MULTILINE,
)


def main(answers_file: str, count: str = COUNT, seed: str = SEED) -> None:
    import apt_pkg  # type: ignore[import-not-found,unused-ignore]

    apt_pkg.init_config()
    apt_pkg.config.set("Dir::State::status", "/dev/null")
    apt_pkg.config.set("APT::Install-Recommends", "false")
    apt_pkg.init_system()
    cache: Any = apt_pkg.Cache(None)
    choices: Any = apt_pkg.DepCache(cache)
    records: Any = apt_pkg.PackageRecords(cache)
    every = sorted(p.name for p in cache.packages if choices.get_candidate_ver(p) is not None)
    if len(every) < int(count):
        sys.exit(NO_LISTS)
    chosen = sorted(random.Random(int(seed)).sample(every, int(count)))
    answers: dict[str, list[list[Any]]] = {}
    needed: set[str] = set()
    for name in chosen:
        choices.init()
        package = cache[name]
        choices.mark_install(package, True, True)
        if choices.broken_count:
            continue
        version = choices.get_candidate_ver(package)
        needed.add(name)
        groups: list[list[Any]] = []
        for kind, field in FIELDS.items():
            for group in version.depends_list.get(kind, []):
                text = " | ".join(_written(alternative) for alternative in group)
                targets = {t.parent_pkg for each in group for t in each.all_targets()}
                taken = sorted({t.name for t in targets if choices.marked_install(t)})
                needed.update(t.name for t in targets)
                needed.update(alternative.target_pkg.name for alternative in group)
                groups.append([field, text, taken])
        answers[name] = groups
    stanzas = []
    for name in sorted(needed):
        for version in cache[name].version_list if name in cache else ():
            records.lookup(version.file_list[0])
            stanza = "".join(m[0] for m in KEPT.finditer(records.record))
            if name not in answers:
                stanza = re.sub(r"(?m)^(Pre-)?Depends:.*\n(?:[ \t].*\n)*", "", stanza)
            stanzas.append(stanza + "\n")
    found = {"packages": "".join(stanzas), "answers": answers}
    with open(answers_file, "wb") as out:  # noqa: PTH123
        out.write(gzip.compress(json.dumps(found, sort_keys=True).encode(), 9, mtime=0))


def _written(dependency: Any) -> str:
    name = dependency.target_pkg.get_fullname(True)
    if dependency.comp_type:
        return f"{name} ({STRICT.get(dependency.comp_type, dependency.comp_type)} {dependency.target_ver})"
    return str(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
