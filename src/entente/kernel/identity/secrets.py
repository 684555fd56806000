"""The installation's own secret: a key file in its data folder, out of the database, that seals and signs."""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from entente.kernel.kit.refusal import Forbidden, Refused

KEY_FILE = "secret.key"
STAMP_BYTES = 16


class _Signed(msgspec.Struct, frozen=True, array_like=True):
    value: str
    until: float


class Vault:
    """Seals texts that are stored and signs values that leave; the newest key writes, every key reads."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._sealer = MultiFernet([Fernet(key) for key in keys])
        self._keys = tuple(keys)

    def __repr__(self) -> str:
        return "Vault(***)"

    def seal(self, text: str) -> str:
        """The text encrypted and authenticated."""
        return self._sealer.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """The text that was sealed; Refused when no key of this installation opens it."""
        try:
            return self._sealer.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Refused("identity.secret_unreadable") from None

    def reseal(self, sealed: str) -> str:
        """The same secret under the newest key; Refused when no key opens it."""
        try:
            return self._sealer.rotate(sealed.encode()).decode()
        except InvalidToken:
            raise Refused("identity.secret_unreadable") from None

    def sign(self, purpose: str, value: str, until: datetime) -> str:
        """A text that carries the value through links and forms and proves, for one purpose and a while, our hand."""
        body = msgspec.json.encode(_Signed(value, until.timestamp()))
        return _text(body + _mac(self._keys[0], purpose, body))

    def verify(self, purpose: str, signed: str, now: datetime) -> str:
        """The value that was signed for the purpose; Forbidden when it was not, or is too old."""
        try:
            raw = urlsafe_b64decode(signed + "=" * (-len(signed) % 4))
            body, mac = raw[:-32], raw[-32:]
            if any(hmac.compare_digest(mac, _mac(key, purpose, body)) for key in self._keys):
                made = msgspec.json.decode(body, type=_Signed)
                if now.timestamp() < made.until:
                    return made.value
        except (ValueError, msgspec.DecodeError):
            pass
        raise Forbidden("identity.signature_refused")

    def stamp(self, purpose: str, value: str) -> bytes:
        """Sixteen bytes that prove for one purpose, without an end, that the value left from here."""
        return _mac(self._keys[0], purpose, value.encode())[:STAMP_BYTES]

    def is_stamp(self, purpose: str, value: str, given: bytes) -> bool:
        """Whether the bytes are the value's stamp for the purpose."""
        return any(hmac.compare_digest(given, _mac(key, purpose, value.encode())[:STAMP_BYTES]) for key in self._keys)

    def secret(self, purpose: str, value: str) -> str:
        """A secret for one purpose and value, the same at every call, to be shared with the one who needs it."""
        return _text(_mac(self._keys[-1], f"secret:{purpose}", value.encode()))

    def csrf(self, session: str) -> str:
        """The text that a form of this session must send back."""
        return _text(_mac(self._keys[0], "csrf", session.encode()))

    def is_csrf(self, session: str, sent: str) -> bool:
        """Whether the form was drawn for this session."""
        given = sent.encode()
        return any(
            hmac.compare_digest(given, _text(_mac(key, "csrf", session.encode())).encode()) for key in self._keys
        )


def _mac(key: bytes, purpose: str, body: bytes) -> bytes:
    # A key of its own for each purpose: what was signed for one is worth nothing for another.
    return hmac.digest(hmac.digest(key, b"sign:" + purpose.encode(), "sha256"), body, "sha256")


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


@lru_cache(maxsize=16)
def open_vault(data: Path) -> Vault:
    """The vault of the installation in a data folder; its key is made at the first call."""
    file = data / KEY_FILE
    if not file.exists():
        data.mkdir(parents=True, exist_ok=True)
        _write(file, [Fernet.generate_key()], replace=False)
    return Vault(file.read_bytes().split())


def rotate_key(data: Path) -> None:
    """A new key writes from now on; the former ones go on reading."""
    open_vault(data)
    file = data / KEY_FILE
    _write(file, [Fernet.generate_key(), *file.read_bytes().split()], replace=True)
    open_vault.cache_clear()


def _write(file: Path, keys: Sequence[bytes], *, replace: bool) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(b"\n".join(keys) + b"\n")
        os.fsync(stream.fileno())
    if replace:
        draft.replace(file)
        return
    try:
        os.link(draft, file)  # fails when another process was first: its key is the one
    except FileExistsError:
        pass
    finally:
        draft.unlink()
