"""Text is folded alike by Python, which writes what is searched, and by the database, which compares it."""

import unicodedata
from random import Random

import msgspec
import psycopg
import pytest
from tests.world.cast import World

from entente.kernel.db.indexing import build_indexes
from entente.kernel.db.migrate import ENGINE
from entente.kernel.db.tx import in_schema
from entente.kernel.jobs.queue import Order
from entente.kernel.kit.normal import fold, name_key
from entente.kernel.records.upkeep import rebuild_match_keys
from entente.services.search.finding import search_all

# Of planes 0 and 1, what this Python knows; the database may know more.
UNKNOWN = ("Cn", "Cs")
SIGNS = [chr(code) for code in range(1, 0x20000) if unicodedata.category(chr(code)) not in UNKNOWN]
FOLDED = """
SELECT d.relname, pg_relation_filenode(i.indexrelid) FROM pg_index i JOIN pg_class d ON d.oid = i.indexrelid
WHERE d.relnamespace = 'org_main'::regnamespace AND strpos(pg_get_indexdef(i.indexrelid), 'fold(') > 0
"""


def found(world: World, words: str) -> list[str]:
    with world.system() as tx:
        return [hit.title for group in search_all(tx, words) for hit in group.hits]


def folded_by_database(world: World, texts: list[str]) -> dict[str, str]:
    with psycopg.connect(world.database.conninfo) as connection:
        return dict(connection.execute("SELECT s, public.fold(s) FROM unnest(%s::text[]) s", (texts,)).fetchall())


def test_python_and_the_database_fold_every_sign_alike(world: World) -> None:
    assert len(SIGNS) > 80_000
    assert {sign: fold(sign) for sign in SIGNS} == folded_by_database(world, SIGNS)


def test_python_and_the_database_fold_texts_alike(world: World) -> None:
    """What several signs make together: accents that follow their letter, sigma at the end of a word."""
    chosen = Random(20261123)
    often = "eLoOσΣŁ\u0301\u0323\u3099’ß"
    texts = ["".join(chosen.choice(chosen.choice((often, SIGNS[:1500], SIGNS))) for _ in range(8)) for _ in range(5000)]
    assert {text: fold(text) for text in texts} == folded_by_database(world, texts)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Łukasz Ødegård", "lukasz odegard"),
        ("Đorđe Ħal Ŧor", "dorde hal tor"),
        ("Straße STRASSE GROẞ", "strasse strasse gross"),
        ("Œuvre Æsir þórr ǽ", "oeuvre aesir thorr ae"),
        ("E\u0301lodie Élodie", "elodie elodie"),
        ("ΟΔΥΣΣΕΥΣ Οδυσσεύς", "οδυσσευσ οδυσσευσ"),
        ("𝐀ｂ ﬁn N°\u202f5", "ab fin n° 5"),
        ("がか", "か\u3099か"),
    ],
)
def test_letters_are_plain(written: str, plain: str) -> None:
    assert fold(written) == plain


def test_a_name_is_found_with_the_apostrophe_of_any_keyboard(world: World) -> None:
    world.has("account", "james", name="L’Orangerie – Vitré")
    world.has("account", "james", name="D'Orbigny")
    for typed in ("l’orang", "l'orang", "L'Orangerie - Vitré", "orangerie – v"):
        assert found(world, typed) == ["L’Orangerie – Vitré"], typed
    assert found(world, "d’orb") == ["D'Orbigny"]


def test_what_was_written_before_is_found_too(world: World) -> None:
    world.has("account", "james", name="Chez L’Orangerie")
    with psycopg.connect(world.database.conninfo) as connection:
        connection.execute("UPDATE org_main.account SET search_text = translate(search_text, '''', '’')")
    assert found(world, "l'orang") == []
    with psycopg.connect(world.database.conninfo) as connection:
        connection.execute(in_schema("org_main", (ENGINE / "0007_typed_signs.sql").read_text()))
    assert found(world, "l'orang") == ["Chez L’Orangerie"]


def test_names_with_strokes_meet_their_plain_spelling(world: World) -> None:
    world.has("account", "james", name="Łódź Bjørn Großmann")
    assert found(world, "lodz bjorn gross") == ["Łódź Bjørn Großmann"]
    assert name_key("Bjørn Łapiński") == name_key("BJORN LAPINSKI")


def test_what_was_folded_before_strokes_is_folded_anew(world: World) -> None:
    lodz = world.has("account", "james", name="Łódź")
    with psycopg.connect(world.database.conninfo) as connection:
        connection.execute(
            "UPDATE org_main.account SET search_text = 'łodz', match_keys = ARRAY['old'] WHERE id = %s", (lodz,)
        )
        connection.execute("DELETE FROM public.procrastinate_jobs")
        before: dict[str, int] = dict(connection.execute(FOLDED).fetchall())
        connection.execute(in_schema("org_main", (ENGINE / "0009_strokes.sql").read_text()))
        after: dict[str, int] = dict(connection.execute(FOLDED).fetchall())
        orders = connection.execute("SELECT task_name, args FROM public.procrastinate_jobs").fetchall()
    assert before.keys() == after.keys()
    assert not before.items() & after.items()
    assert {name for name, _ in orders} == {"records.rematch"}
    made = [msgspec.convert(args, Order) for _, args in orders]
    assert {each.organisation for each in made} == {"main"}
    assert {"account", "contact", "lead"} <= {each.arguments["entity"] for each in made}
    with world.system() as tx:
        rebuild_match_keys(tx, "account")
    with psycopg.connect(world.database.conninfo) as connection:
        kept = connection.execute(
            "SELECT search_text, match_keys FROM org_main.account WHERE id = %s", (lodz,)
        ).fetchone()
    assert kept is not None
    assert kept[0].split()[0] == "lodz"
    assert any("lodz" in key for key in kept[1])


def test_large_indexes_are_folded_anew_beside_the_work(world: World) -> None:
    text = (ENGINE / "0009_strokes.sql").read_text()
    assert text.count("> 8000000") == 1
    with psycopg.connect(world.database.conninfo) as connection:
        before: dict[str, int] = dict(connection.execute(FOLDED).fetchall())
        connection.execute(in_schema("org_main", text.replace("> 8000000", ">= 0")))
        wanted = {name for (name,) in connection.execute("SELECT name FROM org_main.pending_index").fetchall()}
        assert wanted == before.keys()
        assert dict(connection.execute(FOLDED).fetchall()) == before
    assert build_indexes(world.database.conninfo, "org_main") == len(before)
    with psycopg.connect(world.database.conninfo) as connection:
        after: dict[str, int] = dict(connection.execute(FOLDED).fetchall())
    assert after.keys() == before.keys()
    assert not after.items() & before.items()
