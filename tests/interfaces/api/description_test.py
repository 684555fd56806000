"""The OpenAPI document keeps its word: whatever fits it is answered as it says, for four different people."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from litestar import Litestar
from litestar.testing import TestClient
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.interfaces.api.conftest import Ask, token_of
from tests.world.cast import World

ASKED = os.environ.get("ENTENTE_API_EXAMPLES")
EXAMPLES = int(ASKED or 3)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# When a number of examples is asked for, everybody tries everything; else each has his own part.
PARTS = {
    "admin": ("process", "user", "role", "tag", "saved_view", "pipeline"),
    "nadia": ("lead", "task", "opportunity"),
    "sam": ("contact", "note", "meeting"),
    "rita": ("account", "currency", "document"),
}


def operations(client: TestClient[Litestar], who: str, token: str) -> Iterator[Any]:
    bearer = {"Authorization": f"Bearer {token}"}
    document = client.get("/api/openapi.json", headers=bearer).json()
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        tags = operation.definition.raw.get("tags", [])
        if ASKED or not tags or tags[0] in PARTS[who]:
            yield operation


@pytest.mark.slow
@pytest.mark.parametrize("who", PARTS)
def test_answers_are_as_described(client: TestClient[Litestar], world: World, who: str) -> None:
    token = token_of(world, who)
    statuses: Counter[int] = Counter()
    faults = []
    for operation in operations(client, who, token):
        try:
            _try(client, operation, token, statuses)
        except AssertionError as fault:
            faults.append(f"{operation.label}: {fault}")
    assert not faults, "\n\n".join(faults)
    assert statuses[200] + statuses[201] > 10, statuses


def _try(client: TestClient[Litestar], operation: Any, token: str, statuses: Counter[int]) -> None:
    @seed(20261123)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def sent(case: Any) -> None:
        case.headers["Authorization"] = f"Bearer {token}"
        wanted = case.as_transport_kwargs(base_url="http://testserver.local")
        wanted = {name: value for name, value in wanted.items() if value is not None and name != "cookies"}
        response = client.request(**wanted)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    sent()


def test_document_shows_what_its_reader_may_write(asks: Callable[[str], Ask]) -> None:
    document = asks("nadia")("GET", "/api/openapi.json").json()
    fresh = document["components"]["schemas"]["lead.new"]["properties"]
    assert "last_name" in fresh
    assert "name" not in fresh
    assert "created_at" not in fresh
    assert "/api/v1/leads/{id}/disqualify" in document["paths"]
    french = asks("nadia")("GET", "/api/openapi.json", headers={"Accept-Language": "fr"}).json()
    assert french["components"]["schemas"]["lead"]["title"] == "Prospect"
