"""The stages before the database: defaults, owner, required fields, and conditions on them."""

import msgspec
import pytest
from tests.world.cast import World

from entente.kernel.kit.refusal import Forbidden, Invalid, Refused
from entente.kernel.records.query import find
from entente.kernel.records.save import save


def faults(refusal: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str | None]]:
    found = refusal.value.faults if isinstance(refusal.value, Invalid) else (refusal.value,)
    return {(each.code, each.field) for each in found}


def test_left_out_fields_take_their_defaults_and_the_writer_owns_it(world: World) -> None:
    with world.acts("james") as tx:
        made = find(tx, "lead", save(tx, "lead", {"last_name": "Berthier"}).id)
        mine = tx.principal
    assert (made["priority"], made["score"], made["do_not_call"]) == ("normal", 0, False)
    assert (made["owner"], made["team"], made["unit"]) == (mine.user_id, mine.team_ids[0], mine.unit_id)


def test_emptied_field_does_not_take_its_default_again(world: World) -> None:
    with world.acts("james") as tx:
        assert find(tx, "lead", save(tx, "lead", {"last_name": "Berthier", "language": None}).id)["language"] is None


def test_field_is_required_when_its_condition_says_so(world: World) -> None:
    with world.acts("admin") as tx, pytest.raises(Refused) as refusal:
        save(tx, "lead", {"last_name": "Berthier", "status": "dead"})
    assert ("field.required", "disqualify_reason") in faults(refusal)
    with world.acts("james") as tx, pytest.raises(Refused) as missing:
        save(tx, "task", {"status": None})
    assert faults(missing) == {("field.required", "subject"), ("field.required", "status")}


def test_only_who_may_assign_gives_a_record_to_another(world: World) -> None:
    rights = {**world.principal("james").grants["lead"], "assign": "none"}
    limited = msgspec.structs.replace(world.principal("james"), grants={"lead": rights, "user": {"read": "all"}})
    with world.database.begin(limited) as tx, pytest.raises(Forbidden):
        save(tx, "lead", {"last_name": "Berthier", "owner": world.id_of("bastien")})
    with world.acts("helene") as tx:
        assert save(tx, "lead", {"last_name": "B", "owner": world.id_of("bastien")})["owner"] == world.id_of("bastien")
