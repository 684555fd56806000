"""Files: sent in as the plain body of a request, given out so that they never run."""

from typing import Any
from uuid import UUID

import msgspec

from entente.interfaces.api.call import Answer, Call, only
from entente.interfaces.html.http.refusals import BadRequest
from entente.kernel.db.tx import Tx
from entente.kernel.kit.ids import parse_id
from entente.kernel.kit.refusal import NotFound
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.query import find
from entente.services.documents.files import StoredFile, file_of, read_file, store_file
from entente.services.documents.serving import serving_headers
from entente.services.documents.versions import SameName, file_document

LONGEST_NAME = 255
ANY_TYPE = "application/octet-stream"


def upload(tx: Tx, call: Call) -> Answer:
    """The file as kept; it hangs on the record that `entity` and `record` name, else on the one that will name it.

    With `same_name` it is filed there as a document, or as a version of the one that has its name.
    """
    only(call, "name", "entity", "record", "same_name")
    name = call.query.get("name", "")
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadRequest("api.no_file_name", field="name", count=LONGEST_NAME)
    entity, record = _target(tx, call)
    if "same_name" in call.query:
        return _filed(tx, call, name, entity, record)
    declared = call.headers.get("content-type", ANY_TYPE).partition(";")[0].strip().lower()
    identity = store_file(tx, name, call.body, entity, record, declared=None if declared == ANY_TYPE else declared)
    location = f"{call.base}/files/{identity}"
    return Answer(status=201, body=_shown(file_of(tx, identity)), headers={"Location": location})


def _filed(tx: Tx, call: Call, name: str, entity: str | None, record: UUID | None) -> Answer:
    """The file as version of a document on the record, of a new one or of its namesake as `same_name` says."""
    if entity is None or record is None:
        raise BadRequest("api.half_a_record", field="record")
    try:
        same_name: SameName = msgspec.convert(call.query["same_name"], SameName)
    except msgspec.ValidationError:
        raise BadRequest("api.same_name", field="same_name") from None
    document = find(tx, "document", file_document(tx, Ref(entity, record), name, call.body, same_name))
    version = find(tx, "document_version", document["current_version"])
    file: dict[str, Any] = _shown(file_of(tx, version["file"]))
    body = {**file, "document": document.id, "version": version["number"]}
    return Answer(status=201, body=body, headers={"Location": f"{call.base}/files/{file['id']}"})


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
