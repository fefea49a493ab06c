"""apt's own choice for the dependencies of real packages, recorded with what it chose among.

    /usr/bin/python3 tests/oracle/apt_answers.py PACKAGES ANSWERS [COUNT]

Needs Debian's python3-apt, and apt's lists on this machine (`apt-get update`); PACKAGES gets the stanzas that matter
as a Packages file, ANSWERS a JSON object: package to [field, group as written, packages that apt would install for
it]. Nothing is installed in what it asks: apt sees an empty system.
"""

from __future__ import annotations

import json
import random
import re
import sys
from typing import Any

SEED = 7
FIELDS = {"Depends": "Depends", "PreDepends": "Pre-Depends"}
STRICT = {"<": "<<", ">": ">>"}
"""What apt calls them, and what Debian writes."""
KEPT = re.compile(
    r"^(Package|Version|Architecture|Depends|Pre-Depends|Provides|Priority|Essential|Protected|Multi-Arch):.*\n"
    r"(?:[ \t].*\n)*",
    re.MULTILINE,
)


def main(packages_file: str, answers_file: str, count: str = "540") -> None:
    import apt_pkg  # type: ignore[import-not-found,unused-ignore]

    apt_pkg.init_config()
    apt_pkg.config.set("Dir::State::status", "/dev/null")
    apt_pkg.config.set("APT::Install-Recommends", "false")
    apt_pkg.init_system()
    cache: Any = apt_pkg.Cache(None)
    choices: Any = apt_pkg.DepCache(cache)
    records: Any = apt_pkg.PackageRecords(cache)
    every = sorted(p.name for p in cache.packages if choices.get_candidate_ver(p) is not None)
    chosen = sorted(random.Random(SEED).sample(every, int(count)))
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
    with open(packages_file, "w", encoding="utf-8") as out:  # noqa: PTH123
        for name in sorted(needed):
            for version in cache[name].version_list if name in cache else ():
                records.lookup(version.file_list[0])
                stanza = "".join(m[0] for m in KEPT.finditer(records.record))
                if name not in answers:
                    stanza = re.sub(r"(?m)^(Pre-)?Depends:.*\n(?:[ \t].*\n)*", "", stanza)
                out.write(stanza + "\n")
    with open(answers_file, "w", encoding="utf-8") as out:  # noqa: PTH123
        json.dump(answers, out, indent=0, sort_keys=True)


def _written(dependency: Any) -> str:
    name = dependency.target_pkg.get_fullname(True)
    if dependency.comp_type:
        return f"{name} ({STRICT.get(dependency.comp_type, dependency.comp_type)} {dependency.target_ver})"
    return str(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
