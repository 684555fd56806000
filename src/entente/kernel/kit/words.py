"""Words in English and French: labels carried by metadata, and texts kept in `messages.yaml` files beside the code."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import msgspec
from babel import Locale
from babel.numbers import format_decimal

from entente.kernel.kit.declarations import read_yaml

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    en: str
    fr: str

    def to(self, language: str) -> str:
        """The text in a language; English when the language is not ours."""
        return self.fr if language == "fr" else self.en


SEEDED = "seed."
Message = str | dict[str, str]


class Words:
    """All the texts of an installation, by key; a text with a plural is a mapping of plural categories."""

    def __init__(self, messages: Mapping[str, Mapping[str, Message]]) -> None:
        self._messages = messages
        self._named: dict[str, tuple[UUID, ...]] = {}
        for key, texts in messages.items():
            if key.startswith(SEEDED):
                for name in dict.fromkeys(map(str, texts.values())):
                    self._named[name] = (*self._named.get(name, ()), UUID(key.removeprefix(SEEDED)))

    def say(self, language: str, key: str, /, **values: Any) -> str:
        """The text of a key in a language with `{name}` replaced; the key itself when it is unknown."""
        texts = self._messages.get(key)
        if texts is None:
            return key
        message = texts.get(language) or texts["en"]
        if not isinstance(message, str):
            message = _plural(language, message, values.get("count", 0))
        return _fill(message, language, values) if values else message

    def called(self, language: str, record: UUID, stored: str) -> str:
        """What a record that came with the product is called in a language; as stored once somebody renamed it."""
        texts = self._messages.get(f"{SEEDED}{record}")
        return str(texts.get(language, stored)) if texts and stored in texts.values() else stored

    def records_called(self, name: str) -> tuple[UUID, ...]:
        """The records that came with the product under a name in one of the languages."""
        return self._named.get(name, ())

    def has(self, key: str) -> bool:
        """Whether a text stands under the key."""
        return key in self._messages

    def keys(self) -> Iterable[str]:
        """Every key that has a text."""
        return self._messages.keys()


def _plural(language: str, forms: Mapping[str, str], count: Any) -> str:
    category = Locale(language).plural_form(count if isinstance(count, int) else 0)
    return forms.get(category) or forms["other"]


@lru_cache(maxsize=1024)
def _counted(number: int, language: str) -> str:
    return format_decimal(number, locale=language)


def _fill(message: str, language: str, values: Mapping[str, Any]) -> str:
    for name, value in values.items():
        shown = _counted(value, language) if isinstance(value, int) and name == "count" else str(value)
        message = message.replace("{" + name + "}", shown)
    return message


def load_words(folders: Iterable[Path], names: Mapping[UUID, Mapping[str, str]] = MappingProxyType({})) -> Words:
    """The texts of every `messages.yaml` below the folders, and the names of records that come with the product.

    A key given twice is refused with a ValueError.
    """
    found: dict[str, Mapping[str, Message]] = {f"{SEEDED}{record}": dict(texts) for record, texts in names.items()}
    for folder in folders:
        for file in sorted(folder.rglob("messages.yaml")):
            for key, texts in msgspec.convert(read_yaml(file), dict[str, dict[str, Message]]).items():
                if key in found:
                    raise ValueError(f"{file}: text {key!r} stands in two files")
                if set(texts) != set(LANGUAGES):
                    raise ValueError(f"{file}: text {key!r} needs exactly en and fr")
                found[key] = texts
    return Words(found)
