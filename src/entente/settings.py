"""How an installation is set up: read once from the environment and the command line."""

import os
from pathlib import Path

import msgspec

HANDED_DOWN = "ENTENTE_SETTINGS"


DEMO_PASSWORD = "entente-demo"  # noqa: S105 - shown on the sign-in page of the demo


TEXTS = (
    "database_url", "smtp_url", "mail_from", "imap_url", "reply_address", "mail_authserv", "base_url", "organisation",
)  # fmt: skip


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that differs between two installations of the same code."""

    data: Path
    database_url: str | None = None
    demo: bool = True
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str | None = None
    smtp_url: str | None = None
    mail_from: str = "entente@localhost"
    imap_url: str | None = None
    reply_address: str | None = None
    mail_authserv: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    organisation: str = "main"
    pool_size: int = 12
    workspace: str = "Entente"
    test_clock: bool = False
    metrics: bool = False
    internal_hosts: tuple[str, ...] = ()  # `name:port` of neighbours that may be called though they are not public

    @property
    def shows_cast(self) -> bool:
        """Whether the sign-in page offers the demo's people: in demo mode only, and only to this machine."""
        return self.demo and self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def address(self) -> str:
        """The address under which people reach the installation."""
        return self.base_url or f"http://{self.host}:{self.port}"


def read_settings(**given: object) -> Settings:
    """The settings: what was given wins over `ENTENTE_…` variables, those over the defaults."""
    environment = os.environ
    found: dict[str, object] = {"data": environment.get("ENTENTE_DATA") or Path.cwd() / "var"}
    found |= msgspec.json.decode(environment.get(HANDED_DOWN, "{}"), type=dict[str, object])
    for name in TEXTS:
        if value := environment.get(f"ENTENTE_{name.upper()}"):
            found[name] = value
    if proxies := environment.get("ENTENTE_TRUSTED_PROXIES"):
        found["trusted_proxies"] = [part.strip() for part in proxies.split(",")]
    if hosts := environment.get("ENTENTE_INTERNAL_HOSTS"):
        found["internal_hosts"] = [part.strip() for part in hosts.split(",")]
    if size := environment.get("ENTENTE_POOL_SIZE"):
        found["pool_size"] = int(size)
    found["metrics"] = environment.get("ENTENTE_METRICS") == "1"
    found |= {name: value for name, value in given.items() if value is not None}
    found["data"] = str(Path(str(found["data"])).absolute())
    return msgspec.convert(found, Settings, strict=False, dec_hook=_decode)


def hand_down(settings: Settings) -> None:
    """Let every process started from this one read the same settings."""
    os.environ[HANDED_DOWN] = msgspec.json.encode(settings, enc_hook=str).decode()


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise TypeError(f"no setting of type {kind}")
