"""Files: sent in as the plain body of a request, given out so that they never run."""

from uuid import UUID

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import NotFound
from entente.services.documents.files import StoredFile, file_of, read_file, store_file
from entente.services.documents.serving import serving_headers

LONGEST_NAME = 255
ANY_TYPE = "application/octet-stream"


def upload(tx: Tx, call: Call) -> Answer:
    """The file as kept; it hangs on the record that `entity` and `record` name, else on the one that will name it."""
    only(call, "name", "entity", "record")
    name = call.query.get("name", "")
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadRequest("api.no_file_name", field="name", count=LONGEST_NAME)
    entity, record = _target(tx, call)
    declared = call.headers.get("content-type", ANY_TYPE).partition(";")[0].strip().lower()
    identity = store_file(tx, name, call.body, entity, record, declared=None if declared == ANY_TYPE else declared)
    location = f"{call.base}/files/{identity}"
    return Answer(status=201, body=_shown(file_of(tx, identity)), headers={"Location": location})


def _target(tx: Tx, call: Call) -> tuple[str | None, UUID | None]:
    entity, record = call.query.get("entity"), call.query.get("record")
    if entity is None and record is None:
        return None, None
    identity = parse_id(record)
    if entity is None or identity is None:
        raise BadRequest("api.half_a_record", field="entity" if entity is None else "record")
    return tx.catalog.entity(entity).name, identity


def download(tx: Tx, call: Call) -> Answer:
    """The content of a file that hangs on a readable record, or is one's own."""
    only(call)
    identity = parse_id(call.path[1])
    if identity is None:
        raise NotFound("not_found")
    file, content = read_file(tx, identity)
    headers = serving_headers(file, download=True)
    tag = headers["ETag"]
    if call.headers.get("if-none-match") == tag:
        return Answer(status=304, headers={"ETag": tag})
    return Answer(body=content, media=headers.pop("Content-Type"), headers=headers)


def _shown(file: StoredFile) -> dict[str, object]:
    return {"id": file.id, "name": file.name, "type": file.mime, "size": file.size, "created_at": file.created_at}
