"""Which page lies under a dialog, by the address of the dialog."""

from entente.interfaces.web.around.beginning import START
from entente.kernel.kit.ids import parse_id

SETTINGS = "settings"


def page_under(path: str) -> str:
    """The page of the record or thing that a dialog is about, else the list or the part of the settings it is from."""
    parts = path.strip("/").split("/")
    named = [at for at, part in enumerate(parts) if parse_id(part)]
    if parts[0] == "processes" and parts[-1] == "start":
        return START
    if named and named[-1] < len(parts) - 1 and parts[0] != SETTINGS:
        return "/" + "/".join(parts[: named[-1] + 1])
    if len(parts) == 1:
        return "/"
    return "/" + "/".join(parts[: 2 if parts[0] == SETTINGS else 1])
