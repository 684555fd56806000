"""The address of a dialog, opened by itself, answers with the page under it; the page fetches the dialog as ever."""

import pytest

from entente.interfaces.web.beneath import page_under
from tests.interfaces.browser import Browser, Client
from tests.world.cast import World

ONE = "01a20389-dcd2-791c-8c11-127c1411937e"
OTHER = "01a20389-dcd2-791c-8c11-127c1411937f"


@pytest.mark.parametrize(
    ("dialog", "under"),
    [
        ("/leads/new", "/leads"),
        (f"/leads/{ONE}/edit", f"/leads/{ONE}"),
        (f"/leads/{ONE}/share", f"/leads/{ONE}"),
        (f"/leads/{ONE}/share/{OTHER}/end", f"/leads/{ONE}/share/{OTHER}"),
        (f"/processes/{ONE}/start", "/processes/start"),
        (f"/processes/instances/{ONE}/repair/retry", f"/processes/instances/{ONE}"),
        ("/inbox/do/redirect", "/inbox"),
        ("/settings/forms/new", "/settings/forms"),
        ("/create", "/"),
    ],
)
def test_every_dialog_has_a_page_under_it(dialog: str, under: str) -> None:
    assert page_under(dialog) == under


def test_whoever_opens_the_address_of_a_dialog_gets_a_whole_page(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    lead = world.has("lead", "james", last_name="Hélias")
    for path, under in (
        (f"/leads/{lead}/edit", f"/leads/{lead}"),
        ("/leads/new?last_name=Cox", "/leads"),
        ("/create", "/"),
    ):
        page = james.get(path, accept="text/html,application/xhtml+xml").text
        assert page.startswith("<!doctype html>"), path
        assert 'id="sidebar"' in page
        assert f'hx-get="{path}"' in page
        assert f'hx-get="{under}"' in page
        fragment = james.get(path, **{"accept": "text/html", "hx-request": "true"}).text
        assert "<!doctype" not in fragment
        assert 'id="dialog-title"' in fragment or "<form" in fragment or "menu" in fragment
    assert james.get(f"/leads/{ONE}/edit", accept="text/html").status_code == 404


def test_the_preview_of_a_record_opened_by_itself_is_its_page(client: Client, world: World) -> None:
    james = Browser(client, world, "james")
    lead = world.has("lead", "james", last_name="Hélias")
    opened = james.get(f"/leads/{lead}/preview", accept="text/html")
    assert (opened.status_code, opened.headers.get("location")) == (303, f"/leads/{lead}")
    fragment = james.get(f"/leads/{lead}/preview", **{"accept": "text/html", "hx-request": "true"})
    assert fragment.status_code == 200
    assert "<!doctype" not in fragment.text
    past = james.get(f"/leads/{lead}/past?day=2026-01-01", accept="text/html").text
    assert 'hx-target="#drawer"' in past
    assert f'hx-get="/leads/{lead}"' in past
