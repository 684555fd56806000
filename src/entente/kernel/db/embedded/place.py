"""Where one installation keeps its PostgreSQL: the record in its folder, the data, the socket and the passwords."""

import hashlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from entente.kernel.db.embedded.account import Account, database_account, may_reach
from entente.kernel.db.embedded.binaries import shared_folder
from entente.kernel.kit.refusal import Refused

RECORD = "postgres.json"
PORT = 5432
# Linux allows 108 bytes for a socket's path and macOS 104; the rest is the file's name.
LONGEST_SOCKET_FOLDER = 80


class Record(msgspec.Struct, frozen=True):
    """What the installation's folder remembers of its cluster; `place` is relative when it lies inside the folder."""

    place: str
    superuser_password: str
    password: str


@dataclass(frozen=True)
class Place:
    """The folders of one cluster, the account that owns them and the passwords that open it."""

    root: Path
    account: Account
    record: Record

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """The folder of the server's log files."""
        return self.root / "log"

    def socket_folder(self) -> Path:
        """The private folder of the socket, made when it is missing; raises Refused when it is not ours."""
        folder = self.root / "socket"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
            folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"entente-{name}"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            folder = Path("/tmp") / folder.name  # noqa: S108 - private: its owner is checked below
        own_folder(folder, self.account)
        status = folder.lstat()
        if status.st_uid != self.account.uid or folder.is_symlink():
            raise Refused("postgres.socket_refused", folder=folder)
        return folder


def find_place(folder: Path) -> Place:
    """The installation's place, chosen and recorded at the first call; its folders exist afterwards."""
    account = database_account()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / RECORD
    if file.exists():
        record = msgspec.json.decode(file.read_bytes(), type=Record)
        place = Place(folder / record.place, account, record)
        if not place.root.exists():
            raise Refused("postgres.place_lost", place=place.root)
        return place
    record = Record(_choose(folder, account), secrets.token_hex(24), secrets.token_hex(24))
    place = Place(folder / record.place, account, record)
    own_folder(place.root, account)
    own_folder(place.log, account)
    _write_private(file, msgspec.json.encode(record))
    return place


def own_folder(folder: Path, account: Account) -> None:
    """The folder exists, belongs to the account and admits nobody else; an existing one is left as it is."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
        account.give(folder)


def forget_place(folder: Path) -> None:
    """The installation's cluster and its record are deleted; it must be stopped."""
    shutil.rmtree(find_place(folder).root)
    (folder / RECORD).unlink()


def _choose(folder: Path, account: Account) -> str:
    if may_reach(account, folder):
        return "postgres"
    temporary = Path(tempfile.gettempdir())
    # What belongs to a temporary installation, such as a test's, goes when the machine empties its temporary folder.
    shared = temporary if temporary.resolve() in folder.resolve().parents else shared_folder()
    return str(shared / f"entente-{secrets.token_hex(8)}")


def _write_private(file: Path, content: bytes) -> None:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        os.fsync(stream.fileno())
    draft.rename(file)
