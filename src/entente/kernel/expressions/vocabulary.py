"""Names of several words: those of the language, and those that a caller or a text declares."""

from collections.abc import Iterable

from entente.kernel.expressions.lexer import Token, tokens

KEYWORDS = frozenset(
    ("if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between")
) | {"instance", "function", "true", "false", "null"}
MEMBERS = ("time offset", "start included", "end included")
SUBJECT = "current user"
TYPES = ("date and time", "days and time duration", "years and months duration", "day time duration")
FUNCTIONS = (
    "date and time",
    "years and months duration",
    "string length",
    "upper case",
    "lower case",
    "substring before",
    "substring after",
    "starts with",
    "ends with",
    "string join",
    "list contains",
    "list replace",
    "insert before",
    "index of",
    "distinct values",
    "duplicate values",
    "round up",
    "round down",
    "round half up",
    "round half down",
    "get value",
    "get entries",
    "context put",
    "context merge",
    "day of year",
    "day of week",
    "month of year",
    "week of year",
    "met by",
    "overlaps before",
    "overlaps after",
    "finished by",
    "started by",
    "is defined",
    "in group",
    "is empty",
    "days ago",
    "start of day",
    "start of week",
    "start of month",
    "start of quarter",
    "start of year",
)


class Vocabulary:
    """The several-word names that a parser knows, by their first word."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Learn a name; a name of one word needs no learning."""
        words = tuple(token.text for token in tokens(name)[:-1])
        if len(words) > 1:
            known = self._by_first.setdefault(words[0], [])
            known.append(words)
            known.sort(key=len, reverse=True)

    def length(self, found: list[Token], at: int) -> int:
        """How many tokens from a place on make the longest known name; 0 when none does."""
        for words in self._by_first.get(found[at].text, ()):
            if tuple(token.text for token in found[at : at + len(words)]) == words:
                return len(words)
        return 0


LANGUAGE = Vocabulary(FUNCTIONS)
PARTS = Vocabulary(MEMBERS)
TYPE_NAMES = Vocabulary(TYPES)
