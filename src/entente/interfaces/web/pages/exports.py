"""Lists as files: the records, columns and order of a view as CSV or as an Excel workbook."""

from collections.abc import Iterator
from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Stream

from entente.interfaces.web.asking import AnyRequest, asked
from entente.interfaces.web.fields import shown
from entente.interfaces.web.screens import wanted_view
from entente.kernel.db.tx import Tx
from entente.kernel.kit.refusal import Forbidden
from entente.kernel.metadata.catalog import Entity
from entente.kernel.records.query import Ask
from entente.services.transfer.exporting import export_csv, export_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"


@get("/{path:str}/export.csv", sync_to_thread=True)
def export_as_csv(request: AnyRequest, path: FromPath[str]) -> Stream:
    """The list as CSV, sent while it is read."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        _may_export(tx, entity)
        _ask(request, tx, entity)
        name = entity.plural.to(tx.language)
    return Stream(_pieces(request, path), media_type=CSV, headers=_as_file(f"{name}.csv"))


def _pieces(request: AnyRequest, path: str) -> Iterator[bytes]:
    with asked(request) as tx:
        yield from export_csv(tx, _ask(request, tx, tx.catalog.at_path(path)))


@get("/{path:str}/export.xlsx", sync_to_thread=True)
def export_as_xlsx(request: AnyRequest, path: FromPath[str]) -> Response[bytes]:
    """The list as a workbook that an import finds the records of again."""
    with asked(request) as tx:
        entity = tx.catalog.at_path(path)
        _may_export(tx, entity)
        made = export_xlsx(tx, _ask(request, tx, entity), with_id=True)
        name = entity.plural.to(tx.language)
        return Response(made.data, media_type=XLSX, headers=_as_file(f"{name}.xlsx"))


def _may_export(tx: Tx, entity: Entity) -> None:
    if tx.principal.depth(entity.name, "export") == "none":
        raise Forbidden("access.export", entity=entity.plural.to(tx.language))


def _ask(request: AnyRequest, tx: Tx, entity: Entity) -> Ask:
    wanted = wanted_view(tx, entity, request.query_params, kind="list")
    columns = [name for name in wanted.columns if shown(tx, entity, name) and name != entity.definition.title]
    fields = (entity.definition.title, *columns)
    return Ask(
        entity=entity.name, fields=fields, filter=wanted.filter, search=wanted.query, sort=wanted.sort, ids=wanted.ids
    )


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
