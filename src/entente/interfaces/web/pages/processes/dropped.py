"""A model that was dropped on a page or chosen there: read, imported, shown on the page of its version."""

from collections.abc import Callable

from litestar import Response
from litestar.datastructures import FormMultiDict, UploadFile

from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread
from entente.kernel.db.tx import Tx
from entente.services.processes.decisions.versions import DecisionVersion
from entente.services.processes.definitions import Definition

Import = Callable[[Tx, bytes], Definition | DecisionVersion]


async def file_in(form: FormMultiDict) -> bytes:
    """The file that a form brings; empty when it brings none."""
    given = form.get("file")
    return await given.read() if isinstance(given, UploadFile) else b""


async def take_file(request: AnyRequest, deed: str, here: str, make: Import) -> Response[str]:
    """Import the file of a form; the browser goes to the page of its version below an address."""
    form = await form_of(request)
    return await in_thread(_take, request, form, await file_in(form), deed, here, make)


def _take(request: AnyRequest, form: FormMultiDict, data: bytes, deed: str, here: str, make: Import) -> Response[str]:
    with asked(request, form, deed=deed) as tx:
        return Response("", status_code=200, headers={"HX-Redirect": f"{here}/{make(tx, data).id}"})
