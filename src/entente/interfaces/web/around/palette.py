"""The palette's results as groups: records, places, deeds; a first sign narrows the search."""

from collections.abc import Sequence
from urllib.parse import quote

from entente.interfaces.html.views.frame import Action
from entente.interfaces.html.views.work import PaletteGroup, PaletteResult
from entente.interfaces.web.around.beginning import palette_starts
from entente.interfaces.web.automating.buttons import palette_buttons
from entente.interfaces.web.shell import SETTINGS, TOP, may_enter
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.normal import fold
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import Ask, page
from entente.services.search.palette import PaletteEntry, palette

COMMANDS, PEOPLE, TAGS = ">", "@", "#"
NARROWED = {PEOPLE: "user", TAGS: "tag"}
MOST_DEEDS = 8
MOST_PLACES = 10
MOST_NAMED = 2
MOST_FOUND = 12


def palette_groups(tx: Tx, query: str, at: str) -> list[PaletteGroup]:
    """The results for what was typed on the page at an address."""
    sign, words = query[:1], query.strip()
    if sign in NARROWED:
        return _narrowed(tx, NARROWED[sign], words[1:].strip())
    only_commands = sign == COMMANDS
    words = words[1:].strip() if only_commands else words
    entries = palette(tx, words, record_at(tx, at))
    records = [_record(each, words) for each in entries if each.kind == "record" and not only_commands]
    deeds = [_action(each, words) for each in entries if each.kind == "action"]
    for label, url in palette_buttons(tx, record_at(tx, at), words):
        deeds.append(_view(label, words, dialog=url, icon="bolt"))
    here = record_at(tx, at)
    offered = tuple(deeds)
    begun = palette_starts(tx, words, here) if words or here else []
    deeds += [_view(label, words, dialog=url, icon="player-play") for label, url in begun]
    deeds += [_creation(each, words) for each in entries if each.kind == "create"]
    named = _named(tx, words) if words and not only_commands else []
    places = [*_fixed_places(tx, words), *(_place(each, words) for each in entries if each.kind in ("list", "view"))]
    groups = [
        ("palette.records", records if words else []),
        ("palette.places", places[:MOST_PLACES]),
        ("palette.deeds", [*deeds[:MOST_DEEDS], *named]),
    ]
    # Without words, what can be done here comes first; with them, what the open record offers by that very name.
    meant = here and any(fold(each.title).startswith(fold(words)) for each in offered)
    if not words or only_commands or meant:
        groups[1:] = reversed(groups[1:])
    return [PaletteGroup(label=tx.say(key), results=tuple(found)) for key, found in groups if found]


def record_at(tx: Tx, at: str) -> Ref | None:
    """The record whose page is at an address."""
    parts = at.strip("/").split("/")
    identity = parse_id(parts[1]) if len(parts) > 1 else None
    try:
        return Ref(tx.catalog.at_path(parts[0]).name, identity) if identity else None
    except NotFound:
        return None


def _narrowed(tx: Tx, name: str, words: str) -> list[PaletteGroup]:
    entity = tx.catalog.entities.get(name)
    if entity is None or not may_enter(tx, entity):
        return []
    results = tuple(
        _view(title, words, url=f"/{entity.definition.path}/{identity}", detail=detail)
        for identity, title, detail in found_in(tx, entity, words, MOST_FOUND)
    )
    return [PaletteGroup(label=entity.plural.to(tx.language), results=results)] if results else []


def found_in(tx: Tx, entity: Entity, words: str, limit: int) -> list[tuple[str, str, str]]:
    """Id, title and plain subtitle of the living records of an entity that hold the words."""
    made = entity.definition
    subtitle = entity.fields.get(made.subtitle or "")
    plain = subtitle is not None and subtitle.type.key == "text"
    fields = (made.title, *((made.subtitle,) if plain and made.subtitle else ()))
    active = entity.fields.get("active")
    living = "active" if active is not None and active.type.key == "boolean" else ""
    found = page(tx, Ask(entity=entity.name, fields=fields, search=words, filter=living, limit=limit)).records
    return [
        (str(each.id), str(each.get(made.title) or ""), str(each.get(made.subtitle or "") or "") if plain else "")
        for each in found
    ]


def _view(
    title: str, words: str, *, url: str = "", dialog: str = "", detail: str = "", icon: str = ""
) -> PaletteResult:
    return PaletteResult(
        title=title, url=url, dialog_url=dialog, detail=detail, icon=icon, found=place_of(title, words)
    )


def place_of(title: str, words: str) -> tuple[int, int]:
    """Where the first of the words stands in a title, without case and accents; nowhere when that cannot be told."""
    word, folded = (fold(words).split() or [""])[0], fold(title)
    start = folded.find(word) if word and len(folded) == len(title) else -1
    return (start, start + len(word)) if start >= 0 else (0, 0)


def _record(each: PaletteEntry, words: str) -> PaletteResult:
    return _view(each.title, words, url=f"/{each.path}/{each.record}", detail=each.detail, icon=each.icon)


def _action(each: PaletteEntry, words: str) -> PaletteResult:
    url = f"/{each.path}/{each.record}/actions/{each.name}"
    return _view(each.title, words, dialog=url, detail=each.detail, icon=each.icon)


def _creation(each: PaletteEntry, words: str) -> PaletteResult:
    return _view(each.title, words, dialog=f"/{each.path}/new", icon=each.icon)


def _place(each: PaletteEntry, words: str) -> PaletteResult:
    view = f"?view={quote(each.name)}" if each.kind == "view" else ""
    detail = each.detail if each.kind == "view" else ""
    return _view(each.title, words, url=f"/{each.path}{view}", detail=detail, icon=each.icon)


def _fixed_places(tx: Tx, words: str) -> list[PaletteResult]:
    person, wanted = tx.principal, fold(words).split()
    found = [(key, url, icon) for key, url, icon, _ in TOP]
    found += [(key, url, icon) for key, url, icon, right in SETTINGS if person.is_admin or right in person.may]
    labelled = ((tx.say(f"nav.{key}"), url, icon) for key, url, icon in found)
    return [
        _view(label, words, url=url, icon=icon)
        for label, url, icon in labelled
        if all(f" {word}" in f" {fold(label)}" for word in wanted)
    ]


def _named(tx: Tx, words: str) -> list[PaletteResult]:
    """Creating a record that is called as what was typed."""
    entities = [
        entity for entity in creatable(tx) if tx.catalog.screens[entity.name].path or entity.definition.timeline
    ]
    return [
        _view(
            tx.say("palette.create_named", entity=entity.one(tx.language), words=words),
            "",
            dialog=f"/{entity.definition.path}/new?{_name_field(entity)}={quote(words)}",
            icon="plus",
        )
        for entity in entities[:MOST_NAMED]
    ]


def _name_field(entity: Entity) -> str:
    title = entity.fields[entity.definition.title]
    return title.definition.parts[-1] if title.definition.parts else title.name


def creatable(tx: Tx) -> Sequence[Entity]:
    """The entities of the side bar of which the principal may create records, those that go a way first."""
    names = dict.fromkeys(name for menu in tx.catalog.menus for name in menu.entities)
    found = [
        entity
        for name in names
        if (entity := tx.catalog.entities.get(name))
        and name in tx.catalog.screens
        and may_enter(tx, entity)
        and tx.principal.depth(name, "create") != "none"
    ]
    return sorted(found, key=lambda each: (each.definition.activity, not tx.catalog.screens[each.name].path))


def creations(tx: Tx) -> tuple[Action, ...]:
    """What can be created from anywhere."""
    return tuple(
        Action(label=entity.label.to(tx.language), url=f"/{entity.definition.path}/new", icon=entity.definition.icon)
        for entity in creatable(tx)
    )
