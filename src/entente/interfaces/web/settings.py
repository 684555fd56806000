"""What the pages of settings have in common: tabs, fields that belong to no record, who may enter."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Response

from entente.interfaces.html.views.fields import FieldView
from entente.interfaces.html.views.frame import Banner, Tab
from entente.interfaces.html.views.transfer import SettingsView
from entente.interfaces.web.asking import AnyRequest, show
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, Refused
from entente.kernel.kit.words import LANGUAGES, Text
from entente.kernel.metadata.entity import Choice, FieldDef

OWN = (
    ("profile", "/settings", "user-circle"),
    ("credentials", "/settings/password", "lock"),
    ("notices", "/settings/notices", "bell"),
    ("sessions", "/settings/sessions", "device-desktop"),
    ("tokens", "/settings/tokens", "database"),
)
FOR_ADMINISTRATORS = (
    ("users", "/settings/users", "users"),
    ("roles", "/settings/roles", "shield-lock"),
    ("rules", "/settings/rules", "route"),
    ("journal", "/settings/journal", "history"),
)
FORMS = ("forms", "/settings/forms", "forms")
RIGHT = "settings"
DESIGN = "design"


def tabs_of(tx: Tx, current: str) -> tuple[Tab, ...]:
    """The pages of settings that the principal may open."""
    designs = (FORMS,) if tx.principal.is_admin or DESIGN in tx.principal.may else ()
    pages = (*OWN, *(FOR_ADMINISTRATORS if tx.principal.is_admin else ()), *designs)
    return tuple(
        Tab(label=tx.say(f"settings.{key}"), url=url, icon=icon, current=key == current) for key, url, icon in pages
    )


def require_administrator(tx: Tx) -> None:
    """Nothing for an administrator; else Forbidden."""
    if not tx.principal.is_admin:
        raise Forbidden("settings.administrators_only")


def require_settings(tx: Tx) -> None:
    """Nothing for whoever may look after the installation; else Forbidden."""
    if not (tx.principal.is_admin or RIGHT in tx.principal.may):
        raise Forbidden("settings.administrators_only")


def unsent_banner(tx: Tx) -> Banner:
    """That no e-mail leaves the house, for lack of a server."""
    return Banner(text=tx.say("outbox.unsent"), hue="amber", icon="mail")


def text_of(tx: Tx, key: str) -> Text:
    """The text of a key in both languages."""
    return Text(**{language: tx.words.say(language, key) for language in LANGUAGES})


def refused_form(
    request: AnyRequest, tx: Tx, work: Callable[[], object], again: Callable[[Refused], SettingsView]
) -> Response[str] | None:
    """Nothing when the work was done; else its traces are gone, and the form comes again with the reason."""
    try:
        with tx.connection.transaction():
            work()
    except Refused as refusal:
        return show(request, tx, "settings", again(refusal), current="settings", status=422)
    return None


def plain_field(
    tx: Tx,
    name: str,
    kind: str,
    value: Any = None,
    *,
    choices: Sequence[str] = (),
    required: bool = False,
    error: str = "",
) -> FieldView:
    """A field of a form that is no field of a record; its words stand under `settings.<name>`."""
    label = text_of(tx, f"settings.{name}")
    offered = tuple(Choice(key=each, label=text_of(tx, f"settings.{name}.{each or 'usual'}")) for each in choices)
    help_key = f"settings.{name}.help"
    return FieldView(
        name=name,
        field=FieldDef(type=kind, label=label, choices=offered, required=required),
        label=label.to(tx.language),
        help=tx.say(help_key) if tx.words.has(help_key) else "",
        value=value,
        required=required,
        error=error,
    )
