"""The records that a request over several speaks of: those that were ticked, or all that match a view."""

from urllib.parse import parse_qsl
from uuid import UUID

from litestar.datastructures import FormMultiDict

from entente.interfaces.web.screens import wanted_view
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import Refused
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import Ask, page

MOST = 100_000


def selected(tx: Tx, entity: Entity, form: FormMultiDict) -> list[UUID]:
    """The ids, each once; Refused when there are none, or more than a job takes at one stroke."""
    matching = str(form.get("matching") or "")
    if matching:
        wanted = wanted_view(tx, entity, dict(parse_qsl(matching)), kind="list")
        ask = Ask(
            entity=entity.name,
            fields=("version",),
            filter=wanted.filter,
            search=wanted.query,
            sort=wanted.sort,
            limit=MOST + 1,
            deleted=wanted.deleted,
            ids=wanted.ids,
        )
        found = [record.id for record in page(tx, ask).records]
        if len(found) > MOST:
            raise Refused("web.too_many_selected", count=MOST)
    else:
        texts = [part for value in form.getall("ids", []) for part in str(value).split(",")]
        found = [identity for text in texts if (identity := parse_id(text))]
    if not found:
        raise Refused("web.nothing_selected")
    return list(dict.fromkeys(found))
