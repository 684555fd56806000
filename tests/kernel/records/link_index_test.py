"""The index of a sparse link holds no empty ones, and still finds the records of a link, or of many."""

import pytest
from psycopg.rows import tuple_row
from tests.world.cast import World

OTHERS = """
SELECT indexname FROM pg_indexes WHERE schemaname = 'org_main' AND tablename = 'lead'
AND indexname NOT IN ('lead_created_account_ix', 'lead_pkey')
"""


def test_index_of_a_sparse_link_leaves_out_empty_ones(world: World) -> None:
    with world.acts("james") as tx:
        found = tx.connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'org_main' AND tablename = 'lead'"
            " AND indexdef LIKE '%IS NOT NULL%' ORDER BY indexname"
        ).fetchall()
    assert [name for (name,) in found] == [
        "lead_created_account_ix", "lead_created_contact_ix", "lead_created_opportunity_ix",
        "lead_existing_account_ix", "lead_existing_contact_ix", "lead_web_form_ix",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "condition", "value"),
    [
        ("uuid", "created_account = $1", "gen_random_uuid()"),
        ("uuid[]", "created_account = ANY($1)", "ARRAY[gen_random_uuid(), gen_random_uuid()]"),
        ("text", "created_account IN (SELECT id FROM org_main.account WHERE name = $1)", "'Nobody'"),
    ],
)
def test_generic_plans_find_records_of_a_link_by_the_index(world: World, kind: str, condition: str, value: str) -> None:
    with world.acts("james") as tx, tx.connection.transaction(force_rollback=True):
        run = tx.connection.cursor(row_factory=tuple_row).execute
        for (other,) in run(OTHERS).fetchall():
            run(f"DROP INDEX org_main.{other}".encode())
        run(b"SET LOCAL enable_seqscan = off")
        run(b"SET LOCAL plan_cache_mode = force_generic_plan")
        rows = f"SELECT id FROM org_main.lead WHERE deleted_at IS NULL AND {condition}"
        run(f"PREPARE asked({kind}) AS {rows}".encode())
        plan = "\n".join(line for (line,) in run(f"EXPLAIN EXECUTE asked({value})".encode()).fetchall())
        run(b"DEALLOCATE asked")
    assert "lead_created_account_ix" in plan
    assert any("Index Cond" in line and "created_account" in line for line in plan.splitlines())
