"""Moves on the drawing board: whatever one does, every field stays on the form once."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from entente.kernel.kit.words import Text
from entente.kernel.metadata.forms import FormDef, FormField, Section, names_in
from entente.services.forms.differences import differences
from entente.services.forms.layout import (
    add_field,
    change_field,
    move_field,
    move_section,
    place_field,
    remove_field,
)

WORD = Text("Word", "Mot")
NAMES = ("a", "b", "c", "d", "e", "f")
FORM = FormDef(
    key="record",
    sections=(
        Section(key="one", label=WORD, fields=("a", "b", "c"), columns=2),
        Section(key="two", label=WORD, fields=("d", FormField(field="e", required=True))),
        Section(key="three", label=WORD, fields=("f",), columns=2),
    ),
)
ways = st.sampled_from(["up", "down", "left", "right"])
moves = st.lists(
    st.one_of(
        st.tuples(st.just(move_field), st.sampled_from(NAMES), ways),
        st.tuples(st.just(move_section), st.sampled_from(["one", "two", "three"]), ways),
        st.tuples(
            st.just(place_field), st.sampled_from(NAMES), st.sampled_from(["one", "two", "three"]), st.integers(0, 9)
        ),
    ),
    max_size=20,
)


@given(moves)
def test_no_move_loses_a_field(made: list[Any]) -> None:
    form: Any = FORM
    for move, *arguments in made:
        form = move(form, *arguments)
        assert sorted(names_in(form.sections)) == list(NAMES)
        assert next(each for each in form.sections if "e" in each.names).questions
    kept = {each.field: each for section in form.sections for each in section.questions}
    assert kept["e"].required
    assert {each.how for each in differences(FORM, form)} <= {"moved"}


def test_left_and_right_undo_each_other_within_a_section() -> None:
    there = move_field(FORM, "b", "right")
    assert move_field(there, "b", "left") == FORM


def test_only_what_moved_is_told() -> None:
    told = differences(FORM, place_field(FORM, "e", "one", 0))
    assert {(each.name, each.how) for each in told} == {("e", "moved")}


def test_field_enters_the_next_section_at_its_near_edge() -> None:
    assert move_field(FORM, "c", "right").sections[1].names == ("c", "d", "e")
    assert move_field(FORM, "d", "up").sections[0].names == ("a", "b", "c", "d")
    assert move_field(FORM, "a", "down").sections[0].names == ("b", "c", "a")


def test_plain_field_stays_a_plain_name() -> None:
    changed = change_field(FORM, "a", required=True)
    assert changed.sections[0].fields[0] == FormField(field="a", required=True)
    assert change_field(changed, "a", required=False) == FORM
    assert add_field(remove_field(FORM, "a"), FormField(field="a"), "one", 0) == FORM
