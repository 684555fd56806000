"""Theme and density, chosen in the user's menu."""

from litestar import Response, post
from litestar.datastructures import FormMultiDict

from entente.interfaces.web.appearance import CHOICES, set_appearance
from entente.interfaces.web.asking import AnyRequest, asked, form_of, in_thread


@post("/settings/appearance")
async def change_appearance(request: AnyRequest) -> Response[str]:
    """Remember how the person wants the pages to look."""
    form = await form_of(request)
    return await in_thread(_change, request, form)


def _change(request: AnyRequest, form: FormMultiDict) -> Response[str]:
    with asked(request, form) as tx:
        set_appearance(tx, {name: str(form[name]) for name in CHOICES if name in form})
        return Response("", status_code=204)
