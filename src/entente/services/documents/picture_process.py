"""A process of its own that draws one picture anew: `python -m …picture_process image/png`, bytes in, bytes out."""

import sys
from io import BytesIO

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from entente.kernel.kit.confined import confine
from entente.services.documents.pictures import BROKEN, TOO_LARGE

MOST_PIXELS = 50_000_000
MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 20
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}


def main() -> int:
    """Redraw the picture on standard input; the exit code says when it is too large or broken."""
    confine(MEMORY_BYTES, CPU_SECONDS)
    # The limit is checked by hand, on the declared size of all frames and before any pixel is read.
    Image.MAX_IMAGE_PIXELS = None
    form = FORMATS[sys.argv[1]]
    try:
        with Image.open(BytesIO(sys.stdin.buffer.read()), formats=[form]) as picture:
            frames = getattr(picture, "n_frames", 1)
            if picture.width * picture.height * frames > MOST_PIXELS:
                return TOO_LARGE
            sys.stdout.buffer.write(_drawn(picture, form, frames))
    except MemoryError:
        return TOO_LARGE
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError):
        # Pillow meets broken files with whatever its decoders trip over
        return BROKEN
    return 0


def _drawn(picture: Image.Image, form: str, frames: int) -> bytes:
    target = BytesIO()
    if frames > 1:
        _draw_frames(picture, form, target)
        return target.getvalue()
    upright = ImageOps.exif_transpose(picture)
    if form == "JPEG" and upright.mode not in ("RGB", "L"):
        upright = upright.convert("RGB")
    upright.info = {name: value for name, value in upright.info.items() if name in ("transparency", "gamma")}
    upright.save(target, form, **({"quality": 90} if form == "JPEG" else {}))
    return target.getvalue()


def _draw_frames(picture: Image.Image, form: str, target: BytesIO) -> None:
    drawn, durations = [], []
    for frame in ImageSequence.Iterator(picture):
        durations.append(int(frame.info.get("duration", 100) or 100))
        drawn.append(frame.convert("RGBA"))
    first, *rest = drawn
    loop = int(picture.info.get("loop", 0) or 0)
    first.save(target, form, save_all=True, append_images=rest, duration=durations, loop=loop)


if __name__ == "__main__":
    sys.exit(main())
