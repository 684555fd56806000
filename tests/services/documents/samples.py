"""Small files of many kinds, honest and hostile."""

import zipfile
from io import BytesIO

from PIL import Image

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXECUTABLE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)


def picture(form: str = "PNG", size: tuple[int, int] = (8, 6), **options: object) -> bytes:
    target = BytesIO()
    Image.new("RGB", size, (200, 30, 60)).save(target, form, **options)
    return target.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return target.getvalue()


def word_file() -> bytes:
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})


def bomb() -> bytes:
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": bytes(60_000_000)})
