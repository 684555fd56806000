"""Ids in filters are bound: one statement serves all, and each asks for its own."""

from uuid import UUID

import pytest
from tests.world.cast import World

from entente.kernel.access.prepared import prepared
from entente.kernel.db import statement
from entente.kernel.db.lifted_ids import lift_ids, put_ids
from entente.kernel.db.statement import Prepared
from entente.kernel.kit.ids import new_id
from entente.kernel.records import query
from entente.kernel.records.query import Ask, page

A, B = new_id(), new_id()


def test_equal_ids_share_a_place() -> None:
    shape, ids = lift_ids(f'a = "{A}" and (b = "{B}" or c = "{A}")')
    again, others = lift_ids(f'a = "{B}" and (b = "{A}" or c = "{B}")')
    assert (ids, others) == ((A, B), (B, A))
    assert shape == again != lift_ids(f'a = "{A}" and (b = "{B}" or c = "{B}")')[0]


def test_ids_are_put_where_they_were_taken_as_text_as_id_and_in_lists() -> None:
    made = Prepared(b"", {"x": UUID(int=0), "y": str(UUID(int=1)), "z": [UUID(int=1), "t"], "n": 1})
    found = put_ids(made, (A, B))
    assert found is not None
    assert found.binds == {"x": A, "y": str(B), "z": [B, "t"], "n": 1}


def test_an_id_that_is_bound_nowhere_is_noticed() -> None:
    assert put_ids(Prepared(b"", {"x": UUID(int=0)}), (A, B)) is None


@pytest.mark.parametrize("text", ['owner = "{}"', 'owner in ("{}", "{}")', 'lead = null or owner = "{}"'])
def test_one_statement_serves_every_id(world: World, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    if text.startswith("lead"):
        text = 'existing_account = null and owner = "{}"'
    for login in ("james", "nadia"):
        world.has("lead", login, last_name=text)
    built: list[object] = []

    def counted(tx: object, key: object, build: object) -> Prepared:
        return prepared(tx, key, lambda: built.append(key) or build())  # type: ignore[arg-type,func-returns-value,operator]

    monkeypatch.setattr(query, "prepared", counted)
    with world.acts("admin") as tx:
        for login in ("james", "nadia"):
            identity = world.id_of(login)
            found = page(tx, Ask(entity="lead", filter=text.replace("{}", str(identity)))).records
            assert {record["owner"] for record in found} == {identity}
    assert len(built) == 1


def test_statements_of_one_shape_are_compiled_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []
    real = statement._compiled
    monkeypatch.setattr(statement, "_compiled", lambda made, shape: compiled.append(made) or real(made, shape))  # type: ignore[func-returns-value]
    for at in range(9):
        world.has("lead", "james", last_name=f"Page {at}")
    with world.acts("james") as tx:
        after, seen = None, []
        for _ in range(4):
            # `user` means the asker of the moment, and the cursor the last row: both are bound.
            got = page(tx, Ask(entity="lead", filter="owner = user.id", limit=2, after=after, fields=("name",)))
            after = got.next
            seen += [record.id for record in got.records]
    assert len(set(seen)) == 8
    assert len(compiled) <= 2
