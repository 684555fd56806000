"""The rules of a form hold for programs too; forms and their versions are kept from those who may not design."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from entente.kernel.metadata.forms import Rule
from entente.services.forms.designing import design_of, keep_draft, publish
from tests.interfaces.api.conftest import Ask
from tests.world.cast import World

RULES = (
    Rule(when='priority = "urgent"', then="require", fields=("need",)),
    Rule(when='priority = "high"', then="lock", fields=("source",)),
)


@pytest.fixture(scope="module", autouse=True)
def ruled(world: World) -> None:
    with world.acts("admin") as tx:
        design = design_of(tx, "record", "lead")
        publish(tx, keep_draft(tx, design, msgspec.structs.replace(design.form, rules=RULES), design.stamp))


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    body = answer.json()
    return {each["field"]: each["code"] for each in body.get("errors") or [body]}


def test_program_meets_the_rules(nadia: Ask) -> None:
    assert faults(nadia("POST", "/leads", {"last_name": "A", "priority": "urgent"})) == {"need": "field.required"}
    made = nadia("POST", "/leads", {"last_name": "A", "priority": "high"})
    assert made.status_code == 201
    url = f"/leads/{made.json()['id']}"
    seen = {"If-Match": made.headers["etag"]}
    assert faults(nadia("PATCH", url, {"source": "web"}, seen)) == {"source": "field.locked_by_rule"}
    assert nadia("PATCH", url, {"priority": "normal", "source": "web"}, seen).status_code == 200


def test_administrator_meets_them_too(admin: Ask) -> None:
    assert faults(admin("POST", "/leads", {"last_name": "A", "priority": "urgent"})) == {"need": "field.required"}


def test_forms_are_kept_from_others(asks: Callable[[str], Ask], admin: Ask) -> None:
    assert admin("GET", "/form-versions").json()["value"]
    for login in ("nadia", "helene", "stranger"):
        other = asks(login)
        assert other("GET", "/form-versions").json().get("value", []) == []
        made = other("POST", "/form-versions", {"title": "x", "number": 9, "definition": {}})
        assert made.status_code == 403
