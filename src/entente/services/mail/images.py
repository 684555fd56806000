"""Images that stand in the HTML of a mail itself: most programs show them only when they travel as parts of it."""

import base64
import binascii

import msgspec

BEGIN = 'src="data:image/'
KINDS = frozenset({"png", "jpeg", "gif", "webp"})
MOST = 20
LARGEST = 2_000_000


class Image(msgspec.Struct, frozen=True):
    """An image with the name by which the HTML speaks of it."""

    name: str
    kind: str
    data: bytes


def images_in(html: str, domain: str) -> tuple[str, list[Image]]:
    """The HTML with its first twenty images of at most 2 MB replaced by names, and the images."""
    first, *pieces = html.split(BEGIN)
    made, found = [first], list[Image]()
    for piece in pieces:
        written, quote, rest = piece.partition('"')
        image = _read(written, f"image{len(found) + 1}@{domain}") if quote and len(found) < MOST else None
        if image is None:
            made.append(BEGIN + piece)
        else:
            found.append(image)
            made.append(f'src="cid:{image.name}"{rest}')
    return "".join(made), found


def _read(written: str, name: str) -> Image | None:
    kind, base, text = written.partition(";base64,")
    if not base or kind not in KINDS or len(text) > LARGEST:
        return None
    try:
        return Image(name, kind, base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
