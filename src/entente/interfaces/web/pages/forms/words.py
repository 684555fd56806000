"""What parts of a form are called on the drawing board, and questions about them as fields of a panel."""

from collections.abc import Sequence
from typing import Any

from litestar.datastructures import FormMultiDict

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.web.settings import text_of
from entente.kernel.db.tx import Tx
from entente.kernel.kit.words import Text
from entente.kernel.metadata.entity import Choice, FieldDef
from entente.kernel.metadata.forms import FormField
from entente.kernel.metadata.tables import Field
from entente.services.forms.answers import fields_asked
from entente.services.forms.definition import FormDefinition
from entente.services.forms.designing import Design


def fields_of_design(tx: Tx, design: Design) -> dict[str, Field]:
    """The fields that a design may ask for or read: those of its entity and its own questions."""
    entity = tx.catalog.entity(design.entity) if design.entity else None
    if isinstance(design.form, FormDefinition):
        return fields_asked(entity, design.form)
    return dict(entity.fields) if entity else {}


def label_of(tx: Tx, fields: dict[str, Field], question: FormField) -> str:
    """What a question is called: in the form's words, else in the entity's; its name when it is neither."""
    if question.label:
        return question.label.to(tx.language)
    field = fields.get(question.field)
    return field.definition.label.to(tx.language) if field else question.field


def inquiry(
    tx: Tx, name: str, kind: str, value: Any, choices: Sequence[Choice] = (), *, required: bool = False
) -> FieldView:
    """A question of a panel; its words stand under `design.<name>`."""
    label = text_of(tx, f"design.{name}")
    help_key = f"design.{name}.help"
    return FieldView(
        name=name,
        field=FieldDef(type=kind, label=label, choices=tuple(choices), required=required),
        label=label.to(tx.language),
        help=tx.say(help_key) if tx.words.has(help_key) else "",
        value=value,
        required=required,
    )


def options(tx: Tx, name: str, keys: Sequence[str]) -> tuple[Choice, ...]:
    """Choices whose words stand under `design.<name>.<key>`."""
    return tuple(Choice(key=key, label=text_of(tx, f"design.{name}.{key}")) for key in keys)


def text_fields(tx: Tx, name: str, value: Text | None, kind: str = "text") -> tuple[FieldView, FieldView]:
    """A text in both languages as two questions."""
    return (
        inquiry(tx, f"{name}_en", kind, value.en if value else ""),
        inquiry(tx, f"{name}_fr", kind, value.fr if value else ""),
    )


def text_in(sent: FormMultiDict, name: str) -> Text | None:
    """The text that both questions make; one language stands in for the other; nothing when both are empty."""
    en, fr = (str(sent.get(f"{name}_{language}") or "").strip()[:500] for language in ("en", "fr"))
    return Text(en or fr, fr or en) if en or fr else None


def line_in(sent: FormMultiDict, name: str) -> str:
    """One line of text, 4,000 characters at the most."""
    return str(sent.get(name) or "").strip()[:4000]


def several_in(sent: FormMultiDict, name: str) -> tuple[str, ...]:
    """All values of a name that are not empty."""
    return tuple(str(each) for each in sent.getall(name, []) if each)


def is_on(sent: FormMultiDict, name: str) -> bool:
    """Whether a box is ticked."""
    return (sent.getall(name, [""]) or [""])[-1] == "1"
