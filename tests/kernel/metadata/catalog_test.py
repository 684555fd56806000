"""The catalog: one format in three carriers, layers on top of each other, and nothing wrong that starts."""

from typing import Any

import msgspec
import pytest

from entente import product
from entente.kernel.db.store import STRUCTS, with_customer_layer
from entente.kernel.kit.words import Text
from entente.kernel.metadata.catalog import Catalog, Sources
from entente.kernel.metadata.code import ActionDef, Behaviour
from entente.kernel.metadata.entity import EntityDef, Extension, FieldDef
from entente.kernel.metadata.forms import EntityForm, FormDef, Section
from entente.kernel.metadata.plan import shape_of

LABEL = Text("Boat", "Bateau")
ODD: dict[str, FieldDef] = {'a" text, "b': FieldDef(type="text", label=LABEL)}
STANDARD = product.all_sources()


def boat(name: str = "boat", path: str = "boats", **fields: FieldDef) -> EntityDef:
    own = {"name": FieldDef(type="text", label=LABEL), **fields}
    return EntityDef(entity=name, label=LABEL, plural=LABEL, path=path, access="open", fields=own)


def built(*entities: EntityDef, **sources: Any) -> Catalog:
    return Catalog(Sources(entities=entities, **sources), schema="org_t", version=1)


def user(**fields: FieldDef) -> EntityDef:
    return boat("user", "users", **fields)


def shown(made: Any) -> str:
    return str(next(getattr(made, name) for name in ("entity", "extends", "screens") if hasattr(made, name)))


@pytest.mark.parametrize("made", [*STANDARD.entities, *STANDARD.extensions, *STANDARD.screens], ids=shown)
def test_declaration_is_the_same_in_yaml_json_and_memory(made: Any) -> None:
    kind = type(made)
    from_yaml = msgspec.yaml.decode(msgspec.yaml.encode(made), type=kind)
    from_json = msgspec.json.decode(msgspec.json.encode(made), type=kind)
    from_row = msgspec.convert(msgspec.to_builtins(made), kind)
    assert from_yaml == from_json == from_row == made


def test_every_kind_of_declaration_has_a_row_form() -> None:
    standard = {type(made) for made in (*STANDARD.entities, *STANDARD.extensions, *STANDARD.screens)}
    assert standard | {EntityForm} == set(STRUCTS.values())


def test_form_of_the_customer_stands_in_for_the_shipped_one() -> None:
    form = FormDef(key="quick", sections=(Section(key="a", label=LABEL, fields=("last_name",)),))
    layers: dict[str, list[Any]] = {kind: [] for kind in STRUCTS}
    layered = with_customer_layer(STANDARD, {**layers, "form": [EntityForm(entity="lead", form=form)]})
    (screens,) = [made for made in layered.screens if made.screens == "lead"]
    (shipped,) = [made for made in STANDARD.screens if made.screens == "lead"]
    assert {made.key: made for made in screens.forms} == {**{made.key: made for made in shipped.forms}, "quick": form}
    assert screens.lists == shipped.lists


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({"type": "text", "label": {"en": "a", "fr": "a"}, "colour": "red"}, FieldDef)


def test_extensions_add_to_what_a_field_may_point_to() -> None:
    def regarding(*to: str) -> FieldDef:
        return FieldDef(type="polymorphic", label=LABEL, to=to)

    crew, quay = boat("crew", "crews"), boat("quay", "quays")
    log = boat("log", "logs", regarding=regarding("boat"))
    extensions = tuple(Extension(extends="log", fields={"regarding": regarding(name)}) for name in ("crew", "quay"))
    made = built(user(), boat(), crew, quay, log, extensions=extensions)
    assert made.entity("log").field("regarding").definition.to == ("boat", "crew", "quay")


def test_layers_lie_on_each_other_and_know_their_origin() -> None:
    extension = Extension(extends="boat", fields={"port": FieldDef(type="text", label=LABEL)})
    theirs = Extension(extends="boat", fields={"port": FieldDef(type="text", label=Text("Harbour", "Port"))},
                       origin="customer")  # fmt: skip
    layered = with_customer_layer(
        Sources(entities=(user(), boat()), extensions=(extension,)),
        {"entity": [boat("mast", "masts")], "extension": [theirs], "screens": []},
    )
    catalog = Catalog(layered, schema="org_t", version=1)
    port = catalog.entity("boat").fields["port"].definition
    assert (port.label.en, port.origin) == ("Harbour", "customer")
    assert catalog.entity("boat").fields["name"].definition.origin == "standard"
    assert "mast" in shape_of(catalog)


def act(tx: Any, record: Any) -> None:
    """Nothing."""


FAULTY: list[tuple[str, dict[str, Any], str]] = [
    ("link into nowhere", {"entities": (boat(to=FieldDef(type="link", to="ghost", label=LABEL)),)}, "'ghost'"),
    ("unknown type", {"entities": (boat(odd=FieldDef(type="colour", label=LABEL)),)}, "colour"),
    ("computed without writer", {"entities": (boat(sum=FieldDef(type="integer", label=LABEL, computed=True)),)},
     "0 writers"),
    ("a table that is no name", {"entities": (boat('x" (id int); DROP TABLE y; --'),)}, "no name of an entity"),
    ("a column that is no name", {"entities": (boat("boat", "boats", **ODD),)},
     "no name of a field"),
    ("a column of the engine", {"entities": (boat(deleted_at=FieldDef(type="datetime", label=LABEL)),)},
     "no name of a field"),
    ("a pattern that reads objects",
     {"entities": (boat(code=FieldDef(type="auto_number", label=LABEL, pattern="{number.__class__}")),)}, "pattern"),
    ("a pattern that fills the memory",
     {"entities": (boat(code=FieldDef(type="auto_number", label=LABEL, pattern="{number:0999999999}")),)}, "pattern"),
    ("twice the same entity", {"entities": (boat(), boat(path="ships"))}, "'boat' is declared 2 times"),
    ("twice the same path", {"entities": (boat(), boat("ship"))}, "'boats' is declared 2 times"),
    ("access through nothing",
     {"entities": (msgspec.structs.replace(boat(), access="through", through="ghost"),)}, "unknown field 'ghost'"),
    ("title of nothing", {"entities": (msgspec.structs.replace(boat(), title="ghost"),)}, "'ghost'"),
    ("code of nothing", {"behaviours": (Behaviour(entity="ghost", stage="check", function=act),)}, "'ghost'"),
    ("action of nothing", {"actions": (ActionDef(entity="ghost", name="act", function=act),)}, "'ghost'"),
    ("derive of nothing",
     {"behaviours": (Behaviour(entity="boat", stage="derive", function=act, sets=("ghost",)),)}, "ghost"),
]  # fmt: skip


@pytest.mark.parametrize(("sources", "fault"), [(made, fault) for _, made, fault in FAULTY],
                         ids=[name for name, _, _ in FAULTY])  # fmt: skip
def test_wrong_declaration_does_not_start(sources: dict[str, Any], fault: str) -> None:
    entities = sources.get("entities", (boat(),))
    with pytest.raises(ValueError, match=fault.replace("(", r"\(")):
        built(user(), *entities, **{name: value for name, value in sources.items() if name != "entities"})


def test_product_as_shipped_is_a_catalog_with_a_shape() -> None:
    catalog = Catalog(STANDARD, schema="org_t", version=1)
    assert set(catalog.entities) <= set(shape_of(catalog))
