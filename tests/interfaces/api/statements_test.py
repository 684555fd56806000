"""How many statements each budgeted operation sends, with the proof of who is asking (`reference/performance.md`)."""

from typing import Any

import pytest

from entente.kernel.db import statement
from entente.kernel.db.wire import Wire
from tests.interfaces.api.conftest import Ask, Counter

FILTER = "/leads?$filter=status eq 'new' and score ge 0&$orderby=name&$top=20&$count=true"


def lead(ask: Ask, **values: Any) -> Any:
    """A new lead that resembles nobody."""
    return ask("POST", "/leads", {"last_name": "Quesnel", "company_name": "Tanneries", **values}).json()


def sent(statements: Counter, ask: Ask, *request: Any) -> list[str]:
    """What one request sends when the one before has warmed every memory."""
    statements.sent.clear()
    answer = ask(*request)
    assert answer.status_code < 300, answer.text
    return statements.sent


@pytest.mark.parametrize(
    ("path", "most"),
    [(FILTER, 4), ("/leads?$search=tanner&$top=20", 3), ("/leads?$search=tanner&$top=20&$count=true", 4)],
)
def test_a_page_costs_no_more_however_it_is_asked(nadia: Ask, statements: Counter, path: str, most: int) -> None:
    lead(nadia)
    nadia("GET", path)
    assert len(sent(statements, nadia, "GET", path)) <= most, statements.sent


def test_a_read_costs_two_statements(nadia: Ask, statements: Counter) -> None:
    path = f"/leads/{lead(nadia)['id']}"
    nadia("GET", path)
    assert len(sent(statements, nadia, "GET", path)) <= 3, statements.sent


def test_only_what_writes_begins_a_transaction(nadia: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/leads/{lead(nadia)['id']}"
    plain = Wire._await
    begun: list[bytes] = []

    def watched(self: Wire, send: Any, *details: Any) -> Any:
        begun.extend(each for each in details if each == b"BEGIN")
        return plain(self, send, *details)

    monkeypatch.setattr(Wire, "_await", watched)
    for asked in (path, FILTER, "/leads?$search=tanner&$top=20&$count=true"):
        assert nadia("GET", asked).status_code == 200
    assert begun == []
    nadia("PATCH", path, {"status": "nurturing"}, headers={"If-Match": "*"}).raise_for_status()
    assert begun == [b"BEGIN"]


def test_a_conversion_into_three_records_stays_in_its_budget(nadia: Ask, statements: Counter) -> None:
    for _ in range(2):
        made = lead(nadia, first_name="Aude", emails="aude@tanneries.example")
        found = sent(statements, nadia, "POST", f"/leads/{made['id']}/convert", {})
    assert len(found) <= 20, "\n".join(each[:90] for each in found)


def test_a_conversion_asks_nothing_that_it_knows(nadia: Ask, statements: Counter) -> None:
    for _ in range(2):
        made = lead(nadia, first_name="Aude", emails="aude@tanneries.example")
        found = [str(each) for each in sent(statements, nadia, "POST", f"/leads/{made['id']}/convert", {})]
    locked = [each for each in found if ".lead WHERE" in each.replace("\\n", "") and "FOR NO KEY UPDATE" in each]
    assert len(locked) == 1, "the lead is held from the first look on"
    assert not [each for each in found if each.startswith(("SELECT", "b'SELECT")) and "account_contact.id" in each]


def test_nothing_is_compiled_again_for_another_record(nadia: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = statement._compiled

    def counted(made: Any, shape: Any) -> Any:
        compiled.append(str(made))
        return real(made, shape)

    def everything(name: str) -> None:
        made = lead(nadia, first_name=name, emails=f"{name}@tanneries.example")
        path = f"/leads/{made['id']}"
        for asked in (path, FILTER, "/leads?$search=tanner&$top=20", f"{FILTER}&$skip=1"):
            assert nadia("GET", asked).status_code == 200
        nadia("PATCH", path, {"status": "nurturing"}, headers={"If-Match": "*"}).raise_for_status()
        nadia("POST", f"{path}/convert", {}).raise_for_status()

    everything("aude")
    everything("cyr")
    monkeypatch.setattr(statement, "_compiled", counted)
    everything("yves")
    assert compiled == []
