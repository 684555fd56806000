"""Files of records: sent in one by one, given out so that they never run."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from entente.interfaces.web.around.attached import attachments, known_by_name, take_in
from entente.interfaces.web.around.composing import Sent
from entente.interfaces.web.around.versioned import bring_back, has_versions, take_version, version_lines
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread, part
from entente.interfaces.web.pages.stream import sent_files
from entente.kernel.kit.refusal import NotFound
from entente.kernel.records.query import find
from entente.services.documents.files import read_file
from entente.services.documents.serving import serving_headers


@get("/files/{identity:uuid}", sync_to_thread=True)
def show_file(request: AnyRequest, identity: FromPath[UUID]) -> Response[bytes]:
    """The content of a file that may be read with its record."""
    with asked(request) as tx:
        file, content = read_file(tx, identity)
        headers = serving_headers(file, download="download" in request.query_params)
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(b"", status_code=304, headers={"ETag": headers["ETag"]})
        return Response(content, media_type=headers.pop("Content-Type"), headers=headers)


@post("/{path:str}/{identity:uuid}/files")
async def take_file(request: AnyRequest, path: FromPath[str], identity: FromPath[UUID]) -> Response[str]:
    """Hang a file on a record; the answer is the list of its files, or what to do with a name that is taken."""
    form = await form_of(request)
    files = await sent_files(form, "file")
    return await in_thread(_take_file, request, path, identity, form, files)


def _take_file(
    request: AnyRequest, path: str, identity: UUID, form: FormMultiDict, files: Sequence[Sent]
) -> Response[str]:
    with asked(request, form) as tx:
        entity = tx.catalog.at_path(path)
        find(tx, entity.name, identity, links=False)
        if has_versions(entity):
            for each in files:
                take_version(tx, identity, each.name, each.data)
            return part(request, tx, "pages/files.html", files=version_lines(tx, identity))
        choice = str(form.get("same_name") or "")
        for each in files:
            known = None if choice else known_by_name(tx, entity, identity, each.name)
            if known:
                return part(request, tx, "pages/same_name.html", name=known[0], number=known[1], status=409)
        same_name: Literal["version", "both"] = "version" if choice == "version" else "both"
        for each in files:
            take_in(tx, entity, identity, each.name, each.data, each.mime, same_name)
        return part(request, tx, "pages/files.html", files=attachments(tx, entity, identity))


@post("/{path:str}/{identity:uuid}/versions/{version:uuid}/restore")
async def restore(
    request: AnyRequest, path: FromPath[str], identity: FromPath[UUID], version: FromPath[UUID]
) -> Response[str]:
    """Make an old version the newest; the answer is the list of versions."""
    form = await form_of(request)
    return await in_thread(_restore, request, path, identity, version, form)


def _restore(request: AnyRequest, path: str, identity: UUID, version: UUID, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        if not has_versions(tx.catalog.at_path(path)):
            raise NotFound("file.not_found")
        bring_back(tx, identity, version)
        answer = part(request, tx, "pages/files.html", files=version_lines(tx, identity))
        answer.headers["HX-Trigger"] = "record-saved, timeline-changed"
        return answer
