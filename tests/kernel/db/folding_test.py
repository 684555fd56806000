"""Text is folded alike by Python, which writes what is searched, and by the database, which compares it."""

import psycopg
from tests.world.cast import World

from entente.kernel.db.migrate import ENGINE
from entente.kernel.db.tx import in_schema
from entente.kernel.kit.normal import fold
from entente.services.search.finding import search_all

SIGNS = "àâäáãåçéèêëîïíìñôöóòõùûüúÿœæßščřžőűąęėģķļņūÀÉŒÆÇŠaZ09 '\"-_%&@.,;:!?/‘’‛′“”‟″‐‑‒–—―"


def found(world: World, words: str) -> list[str]:
    with world.system() as tx:
        return [hit.title for group in search_all(tx, words) for hit in group.hits]


def test_python_and_the_database_fold_alike(world: World) -> None:
    with psycopg.connect(world.database.conninfo) as connection:
        folded = connection.execute("SELECT s, public.fold(s) FROM unnest(%s::text[]) s", (list(SIGNS),)).fetchall()
    assert {sign: fold(sign) for sign, _ in folded} == dict(folded)


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
