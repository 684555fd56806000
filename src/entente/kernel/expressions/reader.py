"""Walking over tokens: look, accept, expect, and read names of several words."""

from entente.kernel.expressions.lexer import Token, refuse
from entente.kernel.expressions.vocabulary import KEYWORDS, TYPE_NAMES, Vocabulary
from entente.kernel.kit.refusal import Refused


class Names(Vocabulary):
    """The several-word names that a text itself declares."""

    def add_safely(self, name: str) -> None:
        """Learn a name unless it holds what no name can hold."""
        try:
            self.add(name)
        except Refused:
            return


class Reader:
    """A place in a list of tokens."""

    def __init__(self, text: str, found: list[Token]) -> None:
        self.text = text
        self.found = found
        self.place = 0
        self.names = Names()
        self.in_range = 0

    @property
    def token(self) -> Token:
        """The token at the present place."""
        return self.found[self.place]

    def take(self) -> Token:
        """The token at the present place, which is then left."""
        token = self.found[self.place]
        if token.kind == "end":
            refuse(self.text, token.at)
        self.place += 1
        return token

    def skip(self, count: int) -> None:
        """Leave some tokens behind."""
        self.place += count

    def operator(self) -> str:
        """The sign or keyword at the present place; empty when there is none."""
        token = self.token
        return token.text if token.kind in ("sign", "word") else ""

    def sees(self, text: str) -> bool:
        """Whether a sign or keyword stands at the present place."""
        return self.operator() == text

    def accept(self, text: str) -> bool:
        """Whether a sign or keyword stands here; then it is left behind."""
        if not self.sees(text):
            return False
        self.place += 1
        return True

    def expect(self, text: str) -> None:
        """Leave a sign or keyword behind; anything else is refused."""
        if not self.accept(text):
            refuse(self.text, self.token.at)

    def finish(self) -> None:
        """Refuse what stands behind the expression."""
        if self.token.kind != "end":
            refuse(self.text, self.token.at)

    def take_name(self, length: int) -> str:
        """The text of the next tokens as one name, with single spaces."""
        first, last = self.found[self.place], self.found[self.place + length - 1]
        self.place += length
        return " ".join(self.text[first.at : last.end].split())

    def name(self, parts: Vocabulary) -> str:
        """The longest known name here, or the single word."""
        if self.token.kind == "quoted":
            return self.take().text
        length = self.names.length(self.found, self.place) or parts.length(self.found, self.place)
        if not length and self.token.kind != "word":
            refuse(self.text, self.token.at)
        return self.take_name(length or 1)

    def words_until(self, *ends: str) -> str:
        """The name that stands before one of these signs or keywords."""
        if self.token.kind == "quoted":
            return self.take().text
        start = self.place
        while self.token.kind != "end" and not (self.place > start and self.operator() in ends):
            self.place += 1
        if self.token.kind == "end" or self.found[start].kind != "word" or self.found[start].text in KEYWORDS:
            refuse(self.text, self.found[start].at)
        length, self.place = self.place - start, start
        name = self.take_name(length)
        self.names.add_safely(name)
        return name

    def label(self) -> str | None:
        """The name of a named argument (`scale: 2`), which is then left behind."""
        at = self.place
        while self.found[at].kind in ("word", "quoted"):
            at += 1
        if at == self.place or self.found[at].text != ":" or self.found[at].kind != "sign":
            return None
        name = self.take().text if self.token.kind == "quoted" else self.take_name(at - self.place)
        self.expect(":")
        return name


def at_words(reader: Reader, *texts: str) -> bool:
    """Whether these signs and words stand here in a row."""
    return tuple(token.text for token in reader.found[reader.place : reader.place + len(texts)]) == texts


def closes_after_bracket(reader: Reader) -> bool:
    """Whether the bracket here is followed by what cannot start a filter."""
    following = reader.found[reader.place + 1]
    return following.kind == "end" or (
        following.kind == "sign" and following.text in (")", "]", "}", ",", ".", "=", "!=", "..")
    )


def type_name(reader: Reader) -> str:
    """A type as written: `number`, `list<string>`, `context<a: number>`, `function<number> -> string`."""
    start = reader.place
    length = TYPE_NAMES.length(reader.found, reader.place) or reader.names.length(reader.found, reader.place) or 1
    if reader.token.kind not in ("word", "quoted"):
        refuse(reader.text, reader.token.at)
    reader.place += length
    if reader.accept("<"):
        while not reader.accept(">"):
            reader.place += bool(reader.accept(","))
            if reader.found[reader.place + 1].text == ":":
                reader.skip(2)
            _inner_type(reader)
    if reader.accept("->"):
        type_name(reader)
    return " ".join(reader.text[reader.found[start].at : reader.found[reader.place - 1].end].split())


def _inner_type(reader: Reader) -> None:
    if not reader.sees(">"):
        type_name(reader)
        if not reader.sees(">"):
            reader.expect(",")
