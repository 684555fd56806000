"""Search finds what may be read, best first, in one statement that uses the trigram index."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from psycopg import RawCursor
from tests.world.cast import World

from entente.kernel.db.statement import prepare
from entente.kernel.db.tx import Tx, engine_rows
from entente.kernel.metadata.types.links import Ref
from entente.kernel.records.save import delete, save
from entente.services.search.finding import search_all
from entente.services.search.palette import palette
from entente.services.search.statement import find_statement


def titles(tx: Tx, words: str, entity: str = "account") -> list[str]:
    return [hit.title for group in search_all(tx, words) if group.entity == entity for hit in group.hits]


@pytest.fixture
def accounts(world: World) -> dict[str, UUID]:
    names = ("Le Goff Guivarch", "Guivarch Menuiserie", "Menuiserie Aguivarche", "Éts Ménage 100%", "Xavier")
    return {name: world.has("account", "james", name=name) for name in names}


def test_best_hits_come_first(world: World, accounts: dict[str, UUID]) -> None:
    with world.acts("james") as tx:
        assert titles(tx, "guivarch") == ["Guivarch Menuiserie", "Le Goff Guivarch", "Menuiserie Aguivarche"]


def test_newer_hits_come_before_older_ones_of_equal_rank(world: World) -> None:
    with world.system() as tx:
        for day, name in ((1, "Dupont un"), (3, "Dupont trois"), (2, "Dupont deux")):
            save(tx, "account", {"name": name, "created_at": f"2026-01-0{day}T00:00:00Z"}, trusted=True)
        assert titles(tx, "dupont") == ["Dupont trois", "Dupont deux", "Dupont un"]


def test_accents_case_and_order_of_words_do_not_matter(world: World, accounts: dict[str, UUID]) -> None:
    with world.acts("james") as tx:
        assert titles(tx, "MENAGE ets") == ["Éts Ménage 100%"]
        assert titles(tx, "100%") == ["Éts Ménage 100%"]
        assert titles(tx, "1__%") == titles(tx, "   ") == titles(tx, "\\") == []


def test_short_words_begin_titles(world: World, accounts: dict[str, UUID]) -> None:
    with world.acts("james") as tx:
        assert titles(tx, "xa") == ["Xavier"]
        assert titles(tx, "vi") == []


def stranger_cannot_find_records_of_others(world: World, accounts: dict[str, UUID]) -> None:
    with world.acts("stranger") as tx:
        assert titles(tx, "guivarch") == []
    with world.acts("helene") as tx:
        assert len(titles(tx, "guivarch")) == 3


def test_statement_kept_for_one_person_serves_another_with_his_own_records(world: World) -> None:
    world.has("account", "james", name="Partagé Nord")
    world.has("account", "nadia", name="Partagé Sud")
    rights: dict[str, Any] = {"account": {"read": "own"}}
    found = {}
    for login in ("james", "nadia"):
        with world.acts(login) as tx:
            mine = tx.acting_as(msgspec.structs.replace(tx.principal, grants=rights))
            found[login] = titles(mine, "partage")
    assert found == {"james": ["Partagé Nord"], "nadia": ["Partagé Sud"]}


def test_deleted_records_are_not_found(world: World, accounts: dict[str, UUID]) -> None:
    with world.acts("james") as tx:
        delete(tx, "account", accounts["Xavier"], trusted=True)
        assert titles(tx, "xavier") == []


def test_hidden_words_find_nothing(world: World) -> None:
    world.has("contact", "james", last_name="Prigent", emails=["secret@client.example"])
    with world.acts("helene") as tx:
        assert titles(tx, "secret@client", "contact") == ["Prigent"]
        rules: dict[str, Any] = {"contact": {"emails": "hidden"}}
        reader = tx.acting_as(msgspec.structs.replace(tx.principal, field_rules=rules))
        assert titles(reader, "secret@client", "contact") == []
        assert titles(reader, "prigent", "contact") == ["Prigent"]


def test_subtitle_names_the_linked_record_only_to_who_may_read_it(world: World) -> None:
    account = world.has("account", "james", name="Discret")
    with world.system() as tx:
        save(
            tx,
            "task",
            {"subject": "Rappeler vite", "regarding": Ref("account", account), "owner": world.id_of("nadia")},
        )
    subtitles = {}
    for login in ("helene", "nadia"):
        with world.acts(login) as tx:
            reader = tx.acting_as(msgspec.structs.replace(tx.principal, grants={"task": {"read": "own"}}))
            asked = reader if login == "nadia" else tx
            subtitles[login] = [hit.subtitle for group in search_all(asked, "rappeler") for hit in group.hits]
    assert subtitles == {"helene": ["Discret"], "nadia": [""]}


def test_search_is_one_statement(world: World, accounts: dict[str, UUID], counted: list[Any]) -> None:
    with world.acts("james") as tx:
        search_all(tx, "guivarch")
        counted.clear()
        search_all(tx, "menuiserie")
        assert len(counted) == 1


def test_plan_uses_the_trigram_index(world: World) -> None:
    with world.acts("james") as tx:
        engine_rows(
            tx,
            "INSERT INTO {schema}.account (id, name, search_text, owner, created_at, modified_at, version)"
            " SELECT gen_random_uuid(), 'Client ' || md5(n::text), 'client ' || md5(n::text), %(owner)s,"
            " now(), now(), 1"
            " FROM generate_series(1, 20000) n",
            owner=world.id_of("james"),
        )
        tx.connection.execute("ANALYZE")
        statement = prepare(find_statement(tx, 1, anchored=False))
        binds = {
            "word_0": "%abcde%",
            "whole": "abcde",
            "beyond": "abcde\U0010ffff",
            "prefix": "abcde%",
            "inside": "% abcde%",
        }
        values = statement.values(tx.principal.standing, binds, {"hits": 5})
        plan = "\n".join(line for (line,) in RawCursor(tx.connection).execute(b"EXPLAIN " + statement.sql, values))
    assert "account_search_ix" in plan
    assert "Seq Scan on account  (" not in plan


def test_palette_leads_to_records_places_and_deeds(world: World, accounts: dict[str, UUID]) -> None:
    with world.acts("james") as tx:
        entries = palette(tx, "xavier")
        assert [(each.kind, each.title, each.record) for each in entries] == [("record", "Xavier", accounts["Xavier"])]
        found = {(each.kind, each.entity) for each in palette(tx, "account")}
        assert {("list", "account"), ("create", "account"), ("view", "account")} <= found
        tx.language = "fr"
        assert "Comptes" in [each.title for each in palette(tx, "compt") if each.kind == "list"]


def test_palette_offers_only_what_the_person_may_do(world: World) -> None:
    task = world.has("task", "james", subject="Rappeler")
    with world.acts("james") as tx:
        names = {each.name for each in palette(tx, "", Ref("task", task)) if each.kind == "action"}
        assert "complete" in names
        assert "reopen" not in names
    with world.acts("stranger") as tx:
        assert [each for each in palette(tx, "", Ref("task", task)) if each.kind == "action"] == []
        assert [each for each in palette(tx, "") if each.kind == "create" and each.entity == "account"] == []
