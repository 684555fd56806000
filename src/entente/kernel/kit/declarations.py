"""Declarations in YAML: read as builtins, from what an earlier reading kept as long as the file is unchanged."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

KEPT = "__pycache__"
_decode = msgspec.msgpack.Decoder(tuple[int, int, Any]).decode


def read_yaml(file: Path) -> Any:
    """What a YAML file says, in builtins; raises msgspec.DecodeError when it is none."""
    try:
        written, size, said = _decode(_kept(file).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return msgspec.yaml.decode(file.read_bytes())
    state = file.stat()
    unchanged = (written, size) == (state.st_mtime_ns, state.st_size)
    return said if unchanged else msgspec.yaml.decode(file.read_bytes())


def keep_read(folder: Path) -> None:
    """Keep what every YAML file below a folder says, as Python keeps bytecode; where nothing may be written, nothing.

    What the keeping would change (YAML knows dates, the kept form does not) is read from the file each time.
    """
    for file in folder.rglob("*.yaml"):
        said = msgspec.yaml.decode(file.read_bytes())
        kept = msgspec.msgpack.encode(said)
        if msgspec.msgpack.decode(kept) == said:
            state = file.stat()
            with suppress(OSError):
                _kept(file).parent.mkdir(exist_ok=True)
                _kept(file).write_bytes(msgspec.msgpack.encode((state.st_mtime_ns, state.st_size, said)))


def _kept(file: Path) -> Path:
    return file.parent / KEPT / f"{file.name}.msgpack"
