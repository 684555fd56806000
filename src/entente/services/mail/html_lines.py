"""An HTML mail as lines of text: what it quotes begins with `>`, a signature stands below `-- `.

The text is cut at every `<` and each piece is looked at once; of a tag only the beginning is read.
"""

import html

import msgspec

SEEN = 600  # signs of a tag that are looked at
BREAKS = frozenset(
    {
        "p", "div", "br", "tr", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr", "table",
        "pre", "section", "article", "header", "footer", "center", "dl", "dt", "dd", "form", "body",
    }
)  # fmt: skip
SILENT = frozenset({"style", "script", "head", "title", "template", "textarea", "select", "svg"})
REST_QUOTED = (
    "divrplyfwdmsg", "appendonsend", "olk_src_body_section", "mail-editor-reference-message-container", "stopspelling",
    "outlookmessageheader", "yahoo_quoted", "protonmail_quote", "zmail_extra", "ms-outlook-mobile-reference-message",
)  # fmt: skip
INTRODUCES = ("gmail_attr", "moz-cite-prefix", "yahoo-quoted-begin")
SIGNS = (
    "gmail_signature", "moz-signature", "applemailsignature", "ms-outlook-mobile-signature", 'id="signature"',
    "protonmail_signature_block",
)  # fmt: skip


class _Lines(msgspec.Struct):
    """The text so far, and in what the reader stands."""

    done: list[str] = []
    line: list[str] = []
    depth: int = 0
    rest: bool = False
    silent: str = ""
    introduced: int = 0

    def end(self) -> None:
        """Close the line."""
        text = " ".join("".join(self.line).split())
        self.line = []
        quoted = self.depth or self.rest or self.introduced
        if text:
            self.done.append(f"> {text}" if quoted else text)
        elif self.done and self.done[-1]:
            self.done.append("")


def text_of_html(source: str) -> str:
    """The words of an HTML mail in lines."""
    into = _Lines()
    first, *pieces = source.split("<")
    into.line.append(first)
    comment = False
    for piece in pieces:
        if comment or piece.startswith("!--"):
            closed = piece.rfind("-->")
            comment = closed < 0
            if not comment and not into.silent:
                into.line.append(_unescaped(piece[closed + 3 :]))
            continue
        tag, closed_tag, text = piece.partition(">")
        if not closed_tag and not tag[:1].isalpha() and tag[:1] not in ("/", "!", "?"):
            tag, text = "", f"<{piece}"
        _enter(into, tag[:SEEN].lower())
        if not into.silent:
            into.line.append(_unescaped(text))
    into.end()
    return "\n".join(into.done).strip()


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except ValueError:
        # A number too long for any sign: nobody wrote it.
        return text


def _enter(into: _Lines, tag: str) -> None:
    """Take note of a tag that opens or closes."""
    words = tag.split(None, 1)
    name = words[0].rstrip("/") if words else ""
    if into.silent:
        into.silent = "" if name == f"/{into.silent}" else into.silent
        return
    if name in SILENT:
        into.silent = name
        return
    bare = name.removeprefix("/")
    if bare in BREAKS:
        into.end()
    elif bare in ("td", "th"):
        into.line.append(" ")
    _place(into, name, tag)


def _place(into: _Lines, name: str, tag: str) -> None:
    if name == "blockquote":
        into.depth += 1
    elif name == "/blockquote":
        into.depth = max(0, into.depth - 1)
    elif name == "div" and into.introduced:
        into.introduced += 1
    elif name == "/div" and into.introduced:
        into.introduced -= 1
    elif "=" in tag:
        _recognise(into, name, tag)


def _recognise(into: _Lines, name: str, tag: str) -> None:
    """Whether the tag is one by which a client marks what it quotes, or a signature."""
    if any(mark in tag for mark in REST_QUOTED):
        into.end()
        into.rest = True
    elif name == "div" and any(mark in tag for mark in INTRODUCES):
        into.introduced = 1
    elif any(mark in tag for mark in SIGNS) and not (into.depth or into.rest):
        into.end()
        into.done.append("-- ")
