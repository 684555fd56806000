"""Seeds: written once, the customer's own afterwards."""

from tests.world.cast import World

from entente import product
from entente.kernel.records.query import find, titles
from entente.kernel.records.save import save
from entente.kernel.seeding import Seed, plant, read_seeds, seed_id
from entente.services.transfer.links import look_up


def test_planting_again_writes_nothing(world: World) -> None:
    with world.system() as tx:
        assert plant(tx, read_seeds(module.folder for module in product.MODULES)) == 0


def test_what_the_customer_changed_stays(world: World) -> None:
    seeds = [Seed(entity="tag", key="t", values={"name": {"en": "Fair", "fr": "Salon"}})]
    with world.system() as tx:
        tx.language = "fr"
        assert plant(tx, seeds) == 1
        assert find(tx, "tag", seed_id("tag", "t"))["name"] == "Salon"
        save(tx, "tag", {"name": "Foire"}, id=seed_id("tag", "t"))
        assert plant(tx, seeds) == 0
        assert find(tx, "tag", seed_id("tag", "t"))["name"] == "Foire"


def test_seeds_refer_to_each_other_by_key(world: World) -> None:
    seeds = [
        Seed(entity="account", key="a", values={"name": "Lisière"}),
        Seed(entity="contact", key="c", values={"last_name": "Berthier", "account": "@account:a"}),
        Seed(entity="task", key="k", values={"subject": "Appeler", "regarding": "@contact:c"}),
    ]
    with world.system() as tx:
        assert plant(tx, seeds) == 3
        assert find(tx, "contact", seed_id("contact", "c"))["account"] == seed_id("account", "a")
        assert find(tx, "task", seed_id("task", "k"))["regarding"].id == seed_id("contact", "c")


def test_what_came_with_the_product_is_called_in_the_readers_language_until_it_is_renamed(world: World) -> None:
    stage = seed_id("pipeline_stage", "sale_negotiation")
    with world.system() as tx:
        called = {}
        for language in ("en", "fr"):
            tx.language = language
            called[language] = titles(tx, "pipeline_stage", [stage])[stage]
        assert called == {"en": "Negotiation", "fr": "Négociation"}
        words = ["Negotiation", "Négociation"]
        assert set(look_up(tx, tx.catalog.entity("pipeline_stage"), words).values()) == {(stage,)}
        save(tx, "pipeline_stage", {"name": "Dernier tour"}, id=stage)
        for language in ("en", "fr"):
            tx.language = language
            assert titles(tx, "pipeline_stage", [stage]) == {stage: "Dernier tour"}
