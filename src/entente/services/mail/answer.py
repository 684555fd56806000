"""What the first line of a reply says: an outcome of the task or a standard verb; the rest is the comment."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from entente.kernel.kit.declarations import read_yaml
from entente.kernel.kit.normal import fold

LONGEST_LINE = 1000
LONGEST_COMMENT = 10_000
MOST_GREETING_WORDS = 6
Verb = Literal["redirect", "share", "sleep", "help"]
SIGNS = " \t,;:.!–—-…*_\"'«»()[]#>•"
BETWEEN = " \t,;:.!–—-…*_\"'«»()[]"


class Choice(msgspec.Struct, frozen=True):
    """An outcome that may be answered: its key, and what people call it."""

    key: str
    names: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply asks for: an outcome, a verb with what follows it on the line, or nothing that is understood."""

    outcome: str | None = None
    verb: Verb | None = None
    argument: str = ""
    comment: str = ""
    line: str = ""


class _Words(msgspec.Struct, frozen=True):
    groups: dict[str, list[str]]
    assent: list[str]
    thanks: list[str]
    verbs: dict[Verb, list[str]]
    greetings: list[str]
    units: dict[str, list[str]]


@cache
def answer_words() -> _Words:
    """The words that people answer with, in both languages."""
    return msgspec.convert(read_yaml(Path(__file__).with_name("answer_words.yaml")), _Words)


def read_answer(text: str, choices: Sequence[Choice]) -> Answer:
    """What a reply without its quotes asks for; an outcome is taken before a verb, the longest name before a part."""
    line, rest = _first_line(text, choices)
    folded, origin = _folded(line)
    for names, make in ((spellings(choices), _outcome), (_verbs(), _verb)):
        found = _longest(folded, names)
        if found:
            end = origin[len(found) - 1] + 1
            return make(names[found], line[end:], rest, line)
    agreed = assented(choices) if _says_yes(folded) else None
    if agreed is not None:
        return Answer(outcome=agreed, comment=rest[:LONGEST_COMMENT], line=line)
    return Answer(comment=text.strip()[:LONGEST_COMMENT], line=line)


def spellings(choices: Iterable[Choice]) -> dict[str, str]:
    """Every folded spelling of the outcomes with its key; words that would mean two outcomes mean none."""
    own = {folded: choice.key for choice in choices for folded in _own(choice)}
    shared: dict[str, set[str]] = {}
    for group in answer_words().groups.values():
        meant = {own[word] for word in group if word in own}
        for word in group:
            shared.setdefault(word, set()).update(meant)
    return {word: next(iter(keys)) for word, keys in shared.items() if len(keys) == 1} | own


def assented(choices: Sequence[Choice]) -> str | None:
    """The one outcome that a plain yes means: by its name, by how its name begins, or as the only one, unless a no."""
    groups = answer_words().groups
    approving, done = groups["approving"], [*groups["completing"], *groups["reviewing"]]
    for words in (approving, done):
        meant = {each.key for each in choices if _own(each) & set(words)}
        if meant:
            return meant.pop() if len(meant) == 1 else None
    if len(choices) == 1:
        return None if _begins(choices[0], [*groups["refusing"], *groups["failing"]]) else choices[0].key
    meant = {each.key for each in choices if _begins(each, [*approving, *done])}
    return meant.pop() if len(meant) == 1 else None


def _begins(choice: Choice, words: Iterable[str]) -> bool:
    known = dict.fromkeys(words, "")
    return any(_longest(name, known) for name in _own(choice))


def _says_yes(line: str) -> bool:
    """Whether a folded line says yes and nothing else but thanks: `ok, tomorrow` promises, it does not decide."""
    words = answer_words()
    found = _longest(line, dict.fromkeys([*words.assent, *words.groups["approving"]], ""))
    return bool(found) and line[len(found) :].strip(BETWEEN) in ("", *words.thanks)


def _own(choice: Choice) -> set[str]:
    names = (choice.key.replace("_", " "), choice.key, *choice.names)
    return {folded for name in names if (folded := " ".join(_folded(name)[0].split()))}


def _verbs() -> dict[str, str]:
    return {word: verb for verb, words in answer_words().verbs.items() for word in words}


def _folded(line: str) -> tuple[str, list[int]]:
    """The line in lower case without accents and doubled blanks, and for each of its signs the place it comes from."""
    made: list[str] = []
    origin: list[int] = []
    for at, sign in enumerate(line):
        for folded in fold("'" if sign in "’‘`´" else sign):
            blank = folded.isspace()
            if blank and (not made or made[-1] == " "):
                continue
            made.append(" " if blank else folded)
            origin.append(at)
    return "".join(made), origin


def _longest(line: str, names: Mapping[str, str]) -> str:
    """The longest of the names with which the line begins as whole words; empty when there is none."""
    fits = (name for name in names if line.startswith(name) and not _goes_on(line, len(name)))
    return max(fits, key=len, default="")


def _goes_on(line: str, at: int) -> bool:
    """Whether the word does not end there, or a question is asked: `Approuvé ?` decides nothing."""
    rest = line[at:]
    asked = rest.lstrip(" .!").startswith("?")
    return asked or rest[:1].isalnum() or (rest[:1] in ("'", "-") and rest[1:2].isalnum())


def _first_line(text: str, choices: Sequence[Choice]) -> tuple[str, str]:
    """The first line that says something, without a greeting, and all below it."""
    known = dict.fromkeys(answer_words().assent, "") | spellings(choices) | _verbs()
    lines = text.split("\n")
    for at, raw in enumerate(lines):
        line = _ungreeted(raw[:LONGEST_LINE].strip().lstrip(SIGNS), known)
        if line:
            return line, "\n".join([raw[LONGEST_LINE:], *lines[at + 1 :]]).strip()
    return "", ""


def _ungreeted(line: str, known: Mapping[str, str]) -> str:
    """The line without the greeting that it begins with; empty when it is nothing but a greeting."""
    folded = _folded(line)[0]
    if _longest(folded, known) or not _longest(folded, dict.fromkeys(answer_words().greetings, "")):
        return line
    for part in range(1, min(line.count(","), 3) + 1):
        rest = line.split(",", part)[-1].lstrip(SIGNS)
        if _longest(_folded(rest)[0], known):
            return rest
    words = len(folded.split())
    return "" if words <= 2 or (words <= MOST_GREETING_WORDS and folded.endswith((",", "!", "."))) else line


def _outcome(key: str, after: str, rest: str, line: str) -> Answer:
    comment = "\n".join(part for part in (after.lstrip(BETWEEN).strip(), rest) if part)
    return Answer(outcome=key, comment=comment[:LONGEST_COMMENT], line=line)


def _verb(name: str, after: str, rest: str, line: str) -> Answer:
    verb: Verb = next(each for each in answer_words().verbs if each == name)
    return Answer(verb=verb, argument=after.strip(BETWEEN), comment=rest[:LONGEST_COMMENT], line=line)
