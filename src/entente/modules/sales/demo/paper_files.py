"""Small files as offices write them: Word, Excel, PDF and plain text out of a title and lines."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from html import escape
from io import BytesIO

import xlsxwriter

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
TYPES = (
    f'{XML}<Types xmlns="{PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{WORD_TYPE}"/></Types>'
)
LINKS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>'
)


def as_word(title: str, lines: Sequence[str]) -> bytes:
    """A Word document with a title and a paragraph for each line."""
    bold = '<w:rPr><w:b/><w:sz w:val="32"/></w:rPr>'
    paragraphs = [
        f'<w:p><w:r>{bold if at == 0 else ""}<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
        for at, text in enumerate((title, *lines))
    ]
    body = f'{XML}<w:document xmlns:w="{WORD}"><w:body>{"".join(paragraphs)}</w:body></w:document>'
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("[Content_Types].xml", TYPES), ("_rels/.rels", LINKS), ("word/document.xml", body)):
            archive.writestr(zipfile.ZipInfo(name), text)
    return made.getvalue()


def as_sheet(title: str, lines: Sequence[str]) -> bytes:
    """A workbook whose rows are the lines, each a quarter dearer than the one before."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.set_column(0, 0, 44)
        sheet.write(0, 0, title, book.add_format({"bold": True}))
        money = book.add_format({"num_format": "#,##0 €"})
        for row, line in enumerate(lines, 1):
            sheet.write(row, 0, line)
            sheet.write(row, 1, 9600 + 2400 * (row - 1), money)
    return made.getvalue()


def as_pdf(title: str, lines: Sequence[str]) -> bytes:
    """A page of A4 with the title and the lines, in a font that every reader has."""
    drawn = [_drawn(title, 18, 780), *(_drawn(line, 11, 740 - 20 * at) for at, line in enumerate(lines))]
    content = b"\n".join(drawn)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    resources = b"/Resources << /Font << /F1 5 0 R >> >>"
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] " + resources + b" /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        font,
    )
    made = b"%PDF-1.4\n"
    places = []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(parts) + 1, rows)
    return made + table + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(made))


def _drawn(text: str, size: int, height: int) -> bytes:
    shown = text.encode("cp1252", "replace")
    for sign in (b"\\", b"(", b")"):
        shown = shown.replace(sign, b"\\" + sign)
    return b"BT /F1 %d Tf 60 %d Td (%s) Tj ET" % (size, height, shown)


def as_text(title: str, lines: Sequence[str]) -> bytes:
    """Plain text in UTF-8."""
    return "\n".join((title, "", *lines, "")).encode()


WRITERS: Mapping[str, Callable[[str, Sequence[str]], bytes]] = {
    "docx": as_word,
    "xlsx": as_sheet,
    "pdf": as_pdf,
    "txt": as_text,
}
