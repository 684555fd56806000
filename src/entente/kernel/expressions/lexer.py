"""Text of an expression to tokens with positions."""

import re
from typing import Literal, NoReturn

import msgspec

from entente.kernel.expressions.nodes import MAX_TOKENS
from entente.kernel.kit.refusal import Refused

MAX_LENGTH = 4_000

Kind = Literal["number", "string", "word", "quoted", "temporal", "sign", "end"]


class Token(msgspec.Struct, frozen=True):
    """A piece of text: `at` is its offset, `text` what stands there (for strings: what they mean)."""

    kind: Kind
    text: str
    at: int
    end: int


_TOKEN = re.compile(
    r"""
    (?P<space>[\s\u00a0\ufeff]+ | //[^\n]* | /\*.*?\*/)
  | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<temporal>@\s*"(?:[^"\\]|\\.)*")
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<quoted>`[^`\n]+`)
  | (?P<sign>\*\*|\.\.|->|!=|<=|>=|[-+*/=<>()\[\]{},.:])
  | (?P<word>[^\W\d][\w'?]*|\?|[^\s\x00-\x7f]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|[nrt"\'\\])')
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def tokens(text: str) -> list[Token]:
    """The tokens of a text, an end token last (refused with `expression_too_long` or `expression_syntax`)."""
    if len(text) > MAX_LENGTH:
        raise Refused("expression_too_long", limit=MAX_LENGTH)
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            refuse(text, at)
        if match.lastgroup != "space":
            found.append(_token(match, text))
        at = match.end()
    if len(found) > MAX_TOKENS:
        raise Refused("expression_too_long", limit=MAX_TOKENS)
    found.append(Token("end", "", len(text), len(text)))
    return found


def refuse(text: str, at: int) -> NoReturn:
    """Refuse a text with the line, the column and what stands there."""
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    near = text[at : at + 20].split("\n")[0]
    if not near:
        raise Refused("expression_unfinished", at=at, line=line, column=column)
    raise Refused("expression_syntax", at=at, line=line, column=column, near=near)


def _token(match: re.Match[str], text: str) -> Token:
    kind, found = match.lastgroup, match.group()
    at, end = match.span()
    if kind == "string":
        return Token("string", _meaning(found[1:-1], text, at), at, end)
    if kind == "temporal":
        return Token("temporal", found[found.index('"') + 1 : -1], at, end)
    if kind == "quoted":
        return Token("quoted", found[1:-1], at, end)
    if kind == "number":
        return Token("number", found, at, end)
    return Token("sign" if kind == "sign" else "word", found, at, end)


def _meaning(body: str, text: str, at: int) -> str:
    plain = _ESCAPE.sub(_unescape, body)
    # Two \uXXXX surrogates spell one character; PostgreSQL stores neither a lone one nor NUL.
    try:
        joined = plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        refuse(text, at)
    if "\x00" in joined:
        refuse(text, at)
    return joined


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if code in _SIMPLE:
        return _SIMPLE[code]
    point = int(code[1:], 16)
    return chr(point) if point <= 0x10FFFF else match.group()
