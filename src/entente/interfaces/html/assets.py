"""The built assets: which hashed file stands for which name, and the icons."""

from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup, escape

DIST = Path(__file__).parent / "static" / "dist"
UNKNOWN_ICON = "square"


class Sprite(msgspec.Struct, frozen=True):
    """A file of icons and the names in it."""

    file: str
    names: frozenset[str]


class Bundle(msgspec.Struct, frozen=True, omit_defaults=True):
    """The files of one entry of the build."""

    js: str = ""
    css: str = ""
    preload: tuple[str, ...] = ()


class Manifest(msgspec.Struct, frozen=True):
    """What the build made, as `manifest.json` says it."""

    assets: dict[str, Bundle]
    sprites: dict[str, Sprite]
    font: str
    logo: str

    def url(self, name: str) -> str:
        """The address of `core.js`, `app.css`, …; a KeyError when the build made no such file."""
        entry, _, kind = name.rpartition(".")
        file = getattr(self.assets[entry], kind)
        if not file:
            raise KeyError(name)
        return address(file)

    def islands(self) -> dict[str, dict[str, Any]]:
        """The addresses of the parts that load on sight, by the name of their element."""
        heavy = {name: bundle for name, bundle in self.assets.items() if name.startswith("x-")}
        return {
            name: {"js": address(bundle.js), "css": address(bundle.css) if bundle.css else None}
            for name, bundle in heavy.items()
        }

    def icon(self, name: str, size: int = 16) -> Markup:
        """An icon of 14, 16, 18, 20 or 28 pixels, hidden from screen readers; a square when unknown."""
        sprite = next((sprite for sprite in self.sprites.values() if name in sprite.names), None)
        used = sprite or self.sprites["used"]
        shown = name if sprite else UNKNOWN_ICON
        kind = "icon" if size == 16 else f"icon icon-{size}"
        return Markup('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
            kind, address(used.file), escape(shown)
        )


def address(file: str) -> str:
    """Where a built file is served."""
    return f"/static/{file}"


def load_manifest(dist: Path = DIST) -> Manifest:
    """The manifest of the build; FileNotFoundError when the assets were not built."""
    return msgspec.json.decode((dist / "manifest.json").read_bytes(), type=Manifest)
