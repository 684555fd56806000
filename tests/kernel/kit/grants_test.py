"""Roles add up."""

from entente.kernel.kit.grants import Grants, merge_grants

SEES_ALL = Grants(entities={"*": {"read": "all"}, "secret": {"read": "none"}})
KEEPS_OWN = Grants(entities={"thing": {"read": "own", "update": "own"}})


def test_farthest_depth_wins() -> None:
    merged = merge_grants([SEES_ALL, KEEPS_OWN])
    assert merged.depth("thing", "read") == "all"
    assert merged.depth("thing", "update") == "own"
    assert merged.depth("other", "read") == "all"
    assert merged.depth("other", "update") == "none"


def test_own_line_of_an_entity_wins_over_every_entity() -> None:
    assert merge_grants([SEES_ALL]).depth("secret", "read") == "none"
    assert merge_grants([SEES_ALL, Grants(entities={"secret": {"read": "own"}})]).depth("secret", "read") == "own"


def test_most_permissive_level_wins() -> None:
    hides = Grants(entities={"thing": {"read": "all"}}, fields={"thing": {"cost": "hidden", "price": "read"}})
    masks = Grants(entities={"thing": {"read": "own"}}, fields={"thing": {"cost": "masked", "price": "hidden"}})
    assert merge_grants([hides, masks]).fields == {"thing": {"cost": "masked", "price": "read"}}


def test_role_that_reads_without_a_rule_opens_the_field() -> None:
    hides = Grants(entities={"thing": {"read": "all"}}, fields={"thing": {"cost": "hidden"}})
    assert merge_grants([hides, KEEPS_OWN]).fields == {}
    assert merge_grants([hides, Grants(entities={"other": {"read": "all"}})]).fields == {"thing": {"cost": "hidden"}}


def test_global_rights_add_up() -> None:
    merged = merge_grants([Grants(may=frozenset({"import"})), Grants(may=frozenset({"settings"}), is_admin=True)])
    assert merged.may == {"import", "settings"}
    assert merged.is_admin
