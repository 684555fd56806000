"""The page templates: one environment per language and time zone, so that a template says only `t('key')`."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import nh3
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from entente.interfaces.html.assets import Manifest, address
from entente.interfaces.html.formats import Formats, hue, initials, plain_json
from entente.kernel.kit.normal import fold
from entente.kernel.kit.words import Text, Words
from entente.kernel.metadata.entity import HUES, Choice, FieldDef
from entente.kernel.metadata.types.base import FieldType
from entente.kernel.metadata.types.registry import FIELD_TYPES

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT_WORDS = "js."
PLAIN_JSON: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}
RICH_TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "s", "span",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
RICH_ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}


class Templates:
    """All page templates of an installation; `render` picks the reader's environment."""

    def __init__(self, words: Words, manifest: Manifest, now: Callable[[], datetime]) -> None:
        self._words = words
        self._manifest = manifest
        self._now = now
        self._bytecode = _SharedBytecode()
        self._made: dict[tuple[str, str], Environment] = {}
        self._icon = lru_cache(maxsize=1024)(manifest.icon)
        self._islands = cache(lambda: script_json(manifest.islands()))

    def render(self, template: str, language: str, zone: str, /, **values: Any) -> str:
        """The HTML of a template for a reader's language (`en`, `fr`) and time zone (`Europe/Paris`)."""
        return self.environment(language, zone).get_template(template).render(values)

    def environment(self, language: str, zone: str) -> Environment:
        """The environment in which words, numbers and moments are the reader's."""
        made = self._made.get((language, zone))
        if made is None:
            made = self._made[language, zone] = self._make(language, zone)
        return made

    def _make(self, language: str, zone: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            bytecode_cache=self._bytecode,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.do"],
        )
        environment.policies["json.dumps_kwargs"] = PLAIN_JSON
        formats = Formats(self._words, language, ZoneInfo(zone), self._now)
        environment.globals.update(self._globals(language, formats))
        environment.globals["show"] = _shown_in(environment)
        environment.filters.update(_filters(formats))
        return environment

    def _globals(self, language: str, formats: Formats) -> dict[str, Any]:
        def t(key: str, /, **values: Any) -> str:
            return self._words.say(language, key, **values)

        def text_of(text: Text | str) -> str:
            return text.to(language) if isinstance(text, Text) else text

        def alphabetical(field: FieldDef) -> Iterable[Choice]:
            """The options as declared; entities and fields by their labels."""
            return (
                sorted(field.choices, key=lambda each: fold(text_of(each.label)))
                if field.choices_from or field.fields_of
                else field.choices
            )

        @cache
        def texts_of(prefix: str) -> Markup:
            keys = sorted(key for key in self._words.keys() if key.startswith(prefix))  # noqa: SIM118 - not a dict
            return script_json({key.removeprefix(prefix): self._words.say(language, key) for key in keys})

        return {
            "t": t,
            "alphabetical": alphabetical,
            "text_of": text_of,
            "countries": formats.countries,
            "language": language,
            "asset": self._manifest.url,
            "icon": self._icon,
            "font_url": address(self._manifest.font),
            "logo_url": address(self._manifest.logo),
            "islands": self._islands,
            "script_words": partial(texts_of, SCRIPT_WORDS),
            "texts_of": texts_of,
            "field_template": field_template,
        }


NAMED = re.compile(r'\b(?:id|for|aria-describedby|aria-labelledby)="[^"]*"')


def ids_of(html: str, owner: str) -> Markup:
    """The fields of a form with ids of its own, so that two forms can stand in one page."""
    return Markup(NAMED.sub(lambda found: found[0].replace("field-", f"{owner}-field-"), html))  # noqa: S704 - ours


def _filters(formats: Formats) -> dict[str, Callable[..., Any]]:
    return {
        "ids_of": ids_of,
        "number": formats.number,
        "percent": formats.percent,
        "money": formats.money,
        "date": formats.day,
        "datetime": formats.moment,
        "full_datetime": formats.full_moment,
        "time": formats.time,
        "local_input": formats.local_input,
        "relative": formats.relative,
        "day_name": formats.day_name,
        "by_day": formats.by_day,
        "due_class": formats.due_class,
        "duration": formats.duration,
        "file_size": formats.file_size,
        "plain_number": formats.plain_number,
        "country": formats.country,
        "initials": initials,
        "hue": hue,
        "plain_json": plain_json,
        "builtins": msgspec.to_builtins,
        "sanitize": sanitize,
        "is_empty": is_empty,
        "coloured": coloured,
    }


def sanitize(html: str | None) -> Markup:
    """User-written HTML reduced to harmless tags: the only way in which such text becomes markup."""
    cleaned = nh3.clean(
        html or "",
        tags=RICH_TAGS,
        attributes=RICH_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(cleaned)  # noqa: S704 - cleaned by nh3 in the line above


def is_empty(value: Any, field_type: str) -> bool:
    """Whether a field's value says nothing."""
    made: FieldType | None = FIELD_TYPES.get(field_type)
    return made.is_empty(value) if made else value is None or value == ""


def script_json(value: Any) -> Markup:
    """A value as JSON that may stand inside a script element."""
    return htmlsafe_json_dumps(value, **PLAIN_JSON)


def coloured(choices: Iterable[Choice]) -> bool:
    """Whether colour means something among these choices: one of them declares a hue."""
    return any(choice.hue != HUES[0] for choice in choices)


def _shown_in(environment: Environment) -> Callable[..., Markup]:
    """What draws a value by the template of its type; a list does so hundreds of times, so templates are found once."""

    @cache
    def drawing(field_type: str) -> tuple[Template, dict[str, Any]]:
        template = environment.select_template(field_template(field_type, "show"))
        return template, dict(template.globals)

    def show(name: str, field: FieldDef, value: Any, names: Any, label: str = "") -> Markup:
        template, known = drawing(field.type)
        told = {**known, "name": name, "field": field, "value": value, "names": names, "label": label}
        context = Context(environment, told, template.name, template.blocks)
        return Markup("".join(template.root_render_func(context)))  # noqa: S704 - made by a template that escapes

    return show


def field_template(field_type: str, mode: str) -> list[str]:
    """The templates to try for a field type, `show` or `edit`: its own, else that of a text."""
    return [f"fields/{field_type}.{mode}.html", f"fields/text.{mode}.html"]


class _SharedBytecode(BytecodeCache):
    """Compiled templates kept in memory, so that a second language or zone compiles nothing again."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._code.get(bucket.key)
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()
