"""The commands of this checkout: run, test, check, and the few a maintainer needs. Only Python is required."""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

MIN_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
PINNED_PYTHONS = ("3.11", "3.12", "3.13")
"""Every version constraints.txt must hold for."""
ALSO_PINNED = ("colorama", "tzdata", "pywin32-ctypes", "editables")
"""Installed only on Windows (all but the last), or only to build: a resolver on Linux doesn't see them."""
SLOWEST = ("--durations=10", "--durations-min=2")
"""What a run of the tests names at its end; in seconds."""
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")

# No syntax newer than 3.6 in this file: an older Python must get as far as this sentence.
if sys.version_info < MIN_PYTHON:
    sys.exit(
        "tgtui needs Python %d.%d or newer; this is Python %d.%d. "  # noqa: UP031
        "Run the same command with a newer one, for example: python3.13 dev.py run"
        % (MIN_PYTHON + tuple(sys.version_info[:2]))
    )


def run(args: list[str]) -> int:
    """Open tgtui, installed on first use: `dev.py run`, `dev.py run search express`."""
    ensure("run")
    return become("-m", "tgtui", *args)


def test(args: list[str]) -> int:
    """Run the tests on all cores, PostgreSQL included; `--full` runs the long ones too, `--pooler` those through PgBouncer, `--zero` those with a real zero-cache, `--clients` those with the clients of lock files, `--lake` those on real catalogs of tables. Arguments go to pytest: `dev.py test -k ranges --cov`."""
    ensure("test")
    # Else every program that a test starts compiles all of tgtui first.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return become("-m", "pytest", "-n", "auto", "--dist", "worksteal", *SLOWEST, *args)


def pictures(args: list[str]) -> int:
    """Redraw the README's pictures in docs/pictures from the app as it is."""
    ensure("test")
    os.chdir(ROOT)
    return become("-m", "tests.pictures")


def house(args: list[str]) -> int:
    """Show the rooms of the code and what imports what: `dev.py house --room tgtui.screens`, `--mermaid`, `--of PATH`."""
    ensure("test")
    os.chdir(ROOT)
    return become("-m", "tests.house", *args)


def migration(args: list[str]) -> int:
    """Write the next migration from how the models differ: `dev.py migration "add stars"`."""
    if not args:
        fail("say in a few words what it does, as in: dev.py migration add stars", code=2)
    ensure("run")
    versions = ROOT / "migrations" / "versions"
    number = f"{1 + max(int(file.name[:4]) for file in versions.glob('[0-9]*.py')):04}"
    with tempfile.TemporaryDirectory() as folder:
        # A new database at the newest schema, which Alembic compares the models with.
        env = {**os.environ, "TGTUI_DATABASE_URL": f"sqlite:///{quote(folder)}/compared.sqlite3"}
        revision = ["revision", "--autogenerate", "--rev-id", number, "-m", " ".join(args)]
        for command in (["upgrade", "head"], revision):
            done = subprocess.run([str(PYTHON), "-m", "alembic", *command], cwd=ROOT, env=env)
            if done.returncode:
                return done.returncode
    say(
        f"read it, mend it, then set HEAD in tgtui/data/upkeep/migrate.py to {number!r} and run `dev.py schema`"
    )
    return 0


def schema(args: list[str]) -> int:
    """Write migrations/newest.sql anew, from which new SQLite catalogues are made: after each change of a migration."""
    ensure("run")
    os.chdir(ROOT)
    return become("-c", "from tgtui.data.upkeep.migrate import write_newest; print(write_newest())")


def check(args: list[str]) -> int:
    """Lint, formatting, types and layers; all of them, then what failed."""
    ensure("test")  # whose types are checked too
    ensure("check")
    tools = [
        ["ruff", "check", "--quiet"],
        ["ruff", "format", "--quiet", "--check"],
        ["mypy", "--no-error-summary"],
        ["lint-imports", "--no-cache", "--no-logo"],
    ]
    failed = [" ".join(tool) for tool in tools if not passes(tool)]
    for tool in failed:
        say(f"failed: {tool}")
    return 1 if failed else 0


def fix(args: list[str]) -> int:
    """Format, and repair what the linter can repair by itself."""
    ensure("check")
    passes(["ruff", "check", "--fix", "--quiet", "."])
    return 0 if passes(["ruff", "format", "--quiet", "."]) else 1


def build(args: list[str]) -> int:
    """Build the wheel into dist/, or into the folder named."""
    ensure("run")
    target = Path(args[0] if args else ROOT / "dist").absolute()
    pip("building the wheel", "wheel", "--no-deps", "--wheel-dir", str(target), ".")
    return 0


def clean(args: list[str]) -> int:
    """Remove the environment and every cache; the catalogue in your data folder stays."""
    caches = ["dist", "build", "htmlcov", ".pytest_cache", ".mypy_cache", ".ruff_cache"]
    compiled = [*ROOT.glob("*/**/__pycache__"), ROOT / "__pycache__"]
    for path in [VENV, *(ROOT / name for name in caches), *ROOT.glob(".coverage*"), *compiled]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return 0


def pin(args: list[str]) -> int:
    """Write constraints.txt anew with the newest versions pyproject.toml admits; needs 3.11, 3.12 and 3.13."""
    resolved = {version: resolve(version) for version in PINNED_PYTHONS}
    lines = [
        "# Every version tgtui is installed, tested, checked and built with, on Python 3.11 to 3.13.",
        "# Written by `python3 dev.py pin`; change pyproject.toml instead.",
        *pin_lines(resolved),
    ]
    CONSTRAINTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    say(f"{CONSTRAINTS.name} pins {len(lines) - 2} packages")
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "test": test,
    "pictures": pictures,
    "house": house,
    "migration": migration,
    "schema": schema,
    "check": check,
    "fix": fix,
    "build": build,
    "clean": clean,
    "pin": pin,
}


def main(argv: list[str]) -> int:
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print("usage: python3 dev.py COMMAND [arguments]\n")
        for name, command in COMMANDS.items():
            print(f"  {name:9} {command.__doc__}")
        return 0
    if argv[0] not in COMMANDS:
        fail(f"there is no command {argv[0]!r}; there are {', '.join(COMMANDS)}.", code=2)
    return COMMANDS[argv[0]](argv[1:])


def ensure(what: str) -> None:
    """Make .venv hold what `what` needs: "run" the package alone, "test" and "check" their group on top.

    A stamp per purpose remembers what was installed, so that a second start asks pip nothing.
    """
    if read_stamp("python") != python_key():
        make_venv()
    project = read_project()
    if read_stamp("run") != stamp_of(project):
        pip("installing tgtui", "install", "--editable", ".[oidc,analytics]")
        write_stamp("run", stamp_of(project))
    if what != "run" and read_stamp(what) != stamp_of(project):
        group = project["dependency-groups"][what]
        pip(f"installing what `{what}` needs", "install", *group)
        write_stamp(what, stamp_of(project))


def make_venv() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        fail(
            "this Python comes without venv and ensurepip, so no environment can be made. "
            f"On Debian and Ubuntu: sudo apt install python{version}-venv"
        )
    say(f"making {VENV.name} (once)")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True
    )
    if made.returncode:
        fail(f"the environment {VENV} could not be made.\n{made.stdout}{made.stderr}")
    write_stamp("python", python_key())


def pip(doing: str, *args: str) -> None:
    """Run the environment's pip, silent unless it fails."""
    say(f"{doing} ...")
    done = subprocess.run(
        [str(PYTHON), *PIP, *args],
        cwd=ROOT,
        env=pip_environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return
    said = done.stdout + done.stderr
    if re.search(r"NewConnectionError|NameResolution|ConnectTimeout|ProxyError", said):
        fail(
            "packages can't be downloaded. The first install needs the network, later starts don't."
        )
    print(said, file=sys.stderr)
    fail(f"{doing} failed; what pip said is above. If this machine is offline, that is the reason.")


def pip_environment() -> dict[str, str]:
    """Pin everything, the build backend too: pip before 25.3 reads the first variable for it, later ones the second.

    pip splits these at spaces, which a checkout's path may have: hence the bare name, and pip runs in the checkout.
    """
    return {
        **os.environ,
        "PIP_CONSTRAINT": CONSTRAINTS.name,
        "PIP_BUILD_CONSTRAINT": CONSTRAINTS.name,
    }


def python_key() -> str:
    """What an environment can't survive: another Python, or the checkout moved."""
    return f"{sys.version} {sys.prefix} {ROOT}"


def read_project() -> dict[str, Any]:
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def stamp_of(project: dict[str, Any]) -> str:
    """A hash of all that decides what gets installed; the settings of linters are not part of it."""
    installed = [project["project"], project["dependency-groups"], project["build-system"]]
    installed.append(project["tool"]["hatch"])
    digest = hashlib.sha256(json.dumps(installed, sort_keys=True).encode())
    digest.update(CONSTRAINTS.read_bytes())
    return digest.hexdigest()


def read_stamp(name: str) -> str:
    try:
        return (VENV / f"tgtui-{name}.stamp").read_text(encoding="utf-8")
    except OSError:
        return ""


def write_stamp(name: str, value: str) -> None:
    (VENV / f"tgtui-{name}.stamp").write_text(value, encoding="utf-8")


def passes(tool: list[str]) -> bool:
    """Run a tool of the environment; what it prints is shown only if it fails."""
    say(" ".join(tool))
    done = subprocess.run([str(BIN / tool[0]), *tool[1:]], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


def become(*args: str) -> int:
    """Hand this process over to the environment's Python; Windows has no exec, so wait there."""
    sys.stdout.flush()
    command = [str(PYTHON), *args]
    if not WINDOWS:
        os.execv(command[0], command)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 130


def resolve(version: str) -> dict[str, str]:
    """Name to version of all pip would install on this Python, for every group and for building."""
    python = shutil.which(f"python{version}")
    if python is None:
        fail(f"pinning needs python{version} on the PATH.")
    project = read_project()
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    extras, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    wanted += [line for more in (extras, groups) for lines in more.values() for line in lines]
    say(f"resolving for Python {version}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        report = Path(folder, "report.json")
        args = ["install", "--dry-run", "--ignore-installed", "--report", str(report)]
        inside = Path(folder, BIN.name, PYTHON.name)
        subprocess.run([str(inside), *PIP, *args, *wanted, *ALSO_PINNED], check=True)
        installs = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        re.sub(r"[-_.]+", "-", each["metadata"]["name"]).lower(): each["metadata"]["version"]
        for each in installs
    }


def pin_lines(resolved: dict[str, dict[str, str]]) -> list[str]:
    """One line a package where every Python agrees (a pin installs nothing by itself), else one a Python."""
    lines = []
    for name in sorted({name for versions in resolved.values() for name in versions}):
        pins = {python: versions[name] for python, versions in resolved.items() if name in versions}
        if len(set(pins.values())) == 1:
            lines.append(f"{name}=={next(iter(pins.values()))}")
        else:
            lines += [
                f'{name}=={pinned} ; python_version == "{python}"'
                for python, pinned in pins.items()
            ]
    return lines


def say(line: str) -> None:
    print(f"tgtui: {line}", file=sys.stderr, flush=True)


def fail(sentence: str, code: int = 1) -> NoReturn:
    say(sentence)
    sys.exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
