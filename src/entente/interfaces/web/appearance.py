"""How a person wants the pages to look, kept among the preferences of his user record."""

from collections.abc import Mapping

from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.query import find
from entente.kernel.records.save import save

CHOICES: Mapping[str, tuple[str, ...]] = {
    "theme": ("", "light", "dark"),
    "density": ("", "compact", "comfortable"),
}


def appearance_of(tx: Tx) -> dict[str, str]:
    """The theme and the density that the principal chose; empty texts are those of the system."""
    held = preferences_of(tx)
    return {name: str(held[name]) if held.get(name) in known else "" for name, known in CHOICES.items()}


def preferences_of(tx: Tx) -> Mapping[str, object]:
    """All preferences of the principal."""
    person = tx.principal.user_id
    try:
        held = find(tx, "user", person, links=False).get("preferences") if person else None
    except NotFound:
        return {}
    return held if isinstance(held, Mapping) else {}


def set_appearance(tx: Tx, wanted: Mapping[str, str]) -> None:
    """Keep what is chosen of theme and density; other preferences stay, and what is not offered is left out."""
    chosen = {name: value for name, value in wanted.items() if value in CHOICES.get(name, ())}
    if chosen:
        set_preferences(tx, chosen)


def set_preferences(tx: Tx, wanted: Mapping[str, object]) -> None:
    """Keep some preferences of the principal; his others stay as they are."""
    if tx.principal.user_id:
        preferences = {**preferences_of(tx), **wanted}
        save(tx, "user", {"preferences": preferences}, id=tx.principal.user_id, trusted=True)
