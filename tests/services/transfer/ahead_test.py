"""Rows that are drafted while those before them are written become the same records, refusals and journal lines."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from threading import Event
from typing import Any

import pytest
from tests.services.transfer.importing_test import contacts, counts, done, record, started, work
from tests.world.cast import World

from entente.kernel.db import copying
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.records import writing
from entente.kernel.records.query import Ask, page
from entente.kernel.records.record import Record
from entente.kernel.records.save import Write, save
from entente.services.transfer import ahead, import_jobs
from entente.services.transfer.ahead import one_ahead
from entente.services.transfer.import_jobs import import_rows
from entente.services.transfer.importing import run_import
from entente.services.transfer.rows import Plan
from entente.services.transfer.sheet import SheetRow
from entente.services.transfer.writing_rows import Outcome

ROWS = (
    "Nom;E-mail\n"
    + "".join(f"N{n};{'no address' if n == 4 else f'n{n}@x.example'}\n" for n in range(10))
    + ";nobody@x.example\n"
)
TOLD = """
SELECT record, version, changes->'last_name'->>1 AS last_name FROM {schema}.journal
WHERE entity = 'contact' AND deed = 'create' AND via = 'import' ORDER BY id
"""


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_jobs, "BATCH", 3)


@pytest.fixture
def written_ahead(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of rows of the batches that were drafted ahead and written so."""
    sizes: list[int] = []

    def noting(
        tx: Tx, plan: Plan, drafted: ahead.Drafted, rows: Sequence[SheetRow], meanwhile: Callable[[], None]
    ) -> list[Outcome] | None:
        outcomes = ahead.write_drafted(tx, plan, drafted, rows, meanwhile)
        if outcomes is not None:
            sizes.append(len(rows))
        return outcomes

    monkeypatch.setattr(import_jobs, "write_drafted", noting)
    return sizes


def test_rows_without_rules_are_drafted_ahead_with_a_journal_line_each(
    world: World, small_batches: None, written_ahead: list[int]
) -> None:
    made = done(world, started(world, ROWS, rules=False))
    assert (made["status"], made["done"], counts(made)) == ("done", 11, (9, 0, 0, 2))
    assert written_ahead == [3, 3, 3, 2]
    with world.system() as tx:
        told = engine_rows(tx, TOLD)
    assert [line["last_name"] for line in told] == [f"N{n}" for n in range(10) if n != 4]
    found = {contact.id: contact for contact in contacts(world)}
    assert {line["record"] for line in told} == set(found)
    assert {contact.version for contact in found.values()} == {1}
    assert {contact["owner"] for contact in found.values()} == {world.id_of("james")}


def test_with_rules_nothing_is_drafted_ahead(world: World, small_batches: None, written_ahead: list[int]) -> None:
    assert counts(done(world, started(world, ROWS))) == (9, 0, 0, 2)
    assert written_ahead == []


def test_a_value_that_is_taken_refuses_its_row_alone(
    world: World, small_batches: None, written_ahead: list[int]
) -> None:
    with world.acts("admin") as tx:
        save(tx, "business_unit", {"name": "Unit 2"})
    text = "Name\n" + "".join(f"Unit {n}\n" for n in range(1, 7))
    made = done(world, started(world, text, "admin", "business_unit", rules=False), "admin")
    assert counts(made) == (5, 0, 0, 1)
    assert written_ahead == [3]


def test_a_row_may_link_to_one_of_a_batch_before(
    world: World, monkeypatch: pytest.MonkeyPatch, written_ahead: list[int]
) -> None:
    monkeypatch.setattr(import_jobs, "BATCH", 1)
    job = started(world, "Nom;Société mère\nKerv Groupe;\nKerv Brest;Kerv Groupe\n", entity="account", rules=False)
    assert counts(done(world, job)) == (2, 0, 0, 0)
    assert written_ahead == []
    with world.acts("james") as tx:
        found = page(tx, Ask(entity="account", filter='starts with(name, "Kerv")')).records
    ids = {account["name"]: account.id for account in found}
    parents = {account["name"]: account["parent"] for account in found}
    assert parents["Kerv Brest"] == ids["Kerv Groupe"]


def test_code_that_writes_while_it_completes_a_record_does_so_in_the_transaction_of_its_batch(
    world: World, monkeypatch: pytest.MonkeyPatch, small_batches: None, written_ahead: list[int]
) -> None:
    tried = []

    def writing_too(tx: Tx, entity: str, write: Write) -> Record:
        tried.append(entity)
        return save(tx, entity, write.values)

    monkeypatch.setattr(ahead, "draft", writing_too)
    assert counts(done(world, started(world, ROWS, rules=False))) == (9, 0, 0, 2)
    assert (tried, written_ahead) == (["contact"], [])
    assert len(contacts(world)) == 9


def test_a_crash_between_drafted_batches_neither_loses_nor_doubles_a_row(
    world: World, monkeypatch: pytest.MonkeyPatch, small_batches: None
) -> None:
    job = started(world, ROWS, rules=False)
    with world.acts("james") as tx:
        run_import(tx, job)
    writes = []

    def crashing(*arguments: Any) -> list[Outcome] | None:
        writes.append(1)
        if len(writes) == 3:
            raise ConnectionError("power cut")
        return ahead.write_drafted(*arguments)

    monkeypatch.setattr(import_jobs, "write_drafted", crashing)
    with pytest.raises(ConnectionError):
        work(world, import_rows, job)
    assert (record(world, job)["done"], len(contacts(world))) == (6, 5)
    work(world, import_rows, job)
    assert (record(world, job)["status"], len(contacts(world))) == ("done", 9)


SIREN = "732829320"


@pytest.mark.parametrize("apart", [1, 3, 4])
def test_what_a_rule_blocks_is_refused_however_far_apart_the_rows_stand(
    world: World, small_batches: None, apart: int
) -> None:
    others = "".join(f"Other {n};\n" for n in range(apart - 1))
    text = f"Nom;SIREN\nFirst;{SIREN}\n{others}Second;{SIREN}\n"
    job = started(world, text, entity="account", rules=False)
    assert counts(done(world, job)) == (apart, 0, 0, 1)
    with world.acts("james") as tx:
        found = page(tx, Ask(entity="account", filter=f'siren = "{SIREN}"')).records
    assert [account["name"] for account in found] == ["First"]


def test_duplicates_that_may_be_created_are_refused_where_a_rule_blocks_them(world: World) -> None:
    text = f"Nom;SIREN\nFirst;{SIREN}\nSecond;{SIREN}\n"
    job = started(world, text, entity="account", duplicates="create")
    assert counts(done(world, job)) == (1, 0, 0, 1)


def test_the_next_batch_is_drafted_once_the_rows_of_this_one_are_on_their_way(
    world: World, monkeypatch: pytest.MonkeyPatch, small_batches: None
) -> None:
    seen: list[str] = []
    copied, drafting = copying.copy_meanwhile, ahead.draft_rows

    def noted_copy(tx: Tx, table: str, names: Sequence[str], portions: Any, meanwhile: Callable[[], Any]) -> Any:
        def noted() -> Any:
            seen.append("on their way")
            return meanwhile()

        return copied(tx, table, names, portions, noted)

    def noted_drafting(tx: Tx, plan: Plan, rows: Sequence[SheetRow]) -> ahead.Drafted:
        seen.append(f"drafted from {rows[0].number}")
        return drafting(tx, plan, rows)

    monkeypatch.setattr(writing, "copy_meanwhile", noted_copy)
    monkeypatch.setattr(import_jobs, "draft_rows", noted_drafting)
    done(world, started(world, ROWS, rules=False))
    assert seen == [
        *("drafted from 2", "on their way", "drafted from 5", "on their way", "drafted from 8", "on their way"),
        "drafted from 11",
    ]


def test_an_item_is_made_when_it_is_let_or_asked_for_and_not_before() -> None:
    begun: list[int] = []
    second = Event()

    def items() -> Iterator[int]:
        for n in range(1, 4):
            begun.append(n)
            if n == 2:
                second.set()
            yield n

    with closing(one_ahead(items())) as ahead_of:
        one, let = next(ahead_of)
        assert (one, begun) == (1, [1])
        let()
        assert second.wait(10)
        assert [next(ahead_of)[0], begun] == [2, [1, 2]]
        assert next(ahead_of)[0] == 3


def test_what_cannot_be_made_is_told_when_its_turn_comes() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ConnectionError

    ahead_of = one_ahead(items())
    assert [next(ahead_of)[0], next(ahead_of)[0]] == [1, 2]
    with pytest.raises(ConnectionError):
        next(ahead_of)


def test_threads_take_short_turns_until_the_last_import_has_ended() -> None:
    usual = sys.getswitchinterval()
    with closing(one_ahead(iter("ab"))) as first:
        next(first)
        with closing(one_ahead(iter("cd"))) as second:
            next(second)
            assert sys.getswitchinterval() < usual / 10
        assert sys.getswitchinterval() < usual / 10
    assert sys.getswitchinterval() == usual
