"""The candidates of a link: found as one types, or made from the words that found nothing."""

from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.html.views.frame import Person
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part
from entente.interfaces.web.fields import made_from_words, shown, title_of
from entente.interfaces.web.wording import in_words
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden, NotFound
from entente.kernel.metadata.catalog import Entity
from entente.kernel.metadata.tables import Field, targets
from entente.kernel.records.query import Ask, find, page
from entente.kernel.records.save import save

MOST = 10
OPTIONS = "pages/lookup_options.html"


def _visible(tx: Tx, entity: Entity, name: str) -> Field:
    field = shown(tx, entity, name)
    if field is None:
        raise NotFound("field.unknown", field=name)
    return field


@get("/lookup/{path:str}/{name:str}", sync_to_thread=True)
def look_up(request: AnyRequest, path: FromPath[str], name: FromPath[str]) -> Response[str]:
    """The records that a link may point to and that hold the words."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        field = _visible(tx, entity, name)
        words = str(request.query_params.get("q") or "")
        options = [option for target in targets(field.definition) for option in _options(tx, field, target, words)]
        return part(request, tx, OPTIONS, options=options[:MOST])


def _options(tx: Tx, field: Field, target: str, words: str) -> list[Person]:
    made = tx.catalog.entity(target)
    definition = made.definition
    fields = tuple(name for name in (definition.title, definition.subtitle) if name and name in made.fields)
    living = "active" if "active" in made.fields and made.fields["active"].type.key == "boolean" else ""
    found = page(tx, Ask(entity=target, fields=fields, search=words, filter=living, limit=MOST)).records
    several = field.type.key == "polymorphic"
    return [
        Person(
            id=f"{target}:{record.id}" if several else str(record.id),
            name=title_of(tx, made, record),
            detail=_detail(tx, made, record.get(definition.subtitle or "")),
        )
        for record in found
    ]


def _detail(tx: Tx, entity: Entity, value: object) -> str:
    field = entity.fields.get(entity.definition.subtitle or "")
    if field is None or field.type.key in ("link", "polymorphic"):
        return ""
    return in_words(tx, field, value, None)


@post("/lookup/{path:str}/{name:str}/new")
async def make_one(request: AnyRequest, path: FromPath[str], name: FromPath[str]) -> Response[str]:
    """Create the record that a link is to point to, from nothing but what it is called."""
    form = await form_of(request)
    return await in_thread(_make_one, request, path, name, form)


def _make_one(request: AnyRequest, path: str, name: str, form: FormMultiDict) -> Response[str]:
    with asked(request, form, deed="create") as tx:
        entity = tx.catalog.at_path(path)
        target = made_from_words(tx, _visible(tx, entity, name))
        if target is None:
            raise Forbidden("access.create", entity=entity.label.to(tx.language))
        made = save(tx, target.name, _called(target, str(form.get("q") or "").strip()))
        return part(request, tx, OPTIONS, options=[_option(tx, target, made.id)])


def _called(target: Entity, words: str) -> dict[str, str]:
    """What a record is given so that it is called by the words; of a person's, the first is the given name."""
    title = target.fields[target.definition.title]
    if not title.definition.parts:
        return {title.name: words}
    first, _, last = words.partition(" ")
    first, last = (first, last.strip()) if last else ("", first)
    return dict(zip((title.definition.parts[0], title.definition.parts[-1]), (first, last), strict=True))


def _option(tx: Tx, target: Entity, identity: UUID) -> Person:
    return Person(id=str(identity), name=title_of(tx, target, find(tx, target.name, identity)), detail="")
