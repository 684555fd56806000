"""The system account that PostgreSQL runs under when Entente itself runs as root."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entente.kernel.kit.refusal import Refused

ACCOUNT = "entente-db"


@dataclass(frozen=True)
class Account:
    """The user that owns the database files and runs its programs; `switched` when that is not the caller."""

    uid: int
    gid: int
    switched: bool

    def run_as(self) -> dict[str, Any]:
        """The arguments that make `subprocess` run a program under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switched else {}

    def give(self, path: Path) -> None:
        """The path belongs to this account afterwards."""
        if self.switched:
            os.chown(path, self.uid, self.gid)


def database_account() -> Account:
    """The caller's own account, or the dedicated one when the caller is root; raises Refused when there is none."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switched=False)
    entry = _entry() or _create()
    return Account(entry.pw_uid, entry.pw_gid, switched=True)


def may_reach(account: Account, path: Path) -> bool:
    """Whether the account can walk down to the path as its folders' permissions stand now."""
    return not account.switched or all(_enterable(account, folder) for folder in (path, *path.parents))


def _enterable(account: Account, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        command = [useradd, *options, "--shell", "/usr/sbin/nologin", ACCOUNT]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - fixed words
    entry = _entry()
    if entry is None:
        raise Refused("postgres.needs_account", account=ACCOUNT)
    return entry
