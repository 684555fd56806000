"""Seeds: written once, the customer's own afterwards."""

from tests.world.cast import World

from entente import app
from entente.kernel.records.query import find
from entente.kernel.records.save import save
from entente.kernel.seeding import Seed, plant, read_seeds, seed_id


def test_planting_again_writes_nothing(world: World) -> None:
    with world.system() as tx:
        assert plant(tx, read_seeds(module.folder for module in app.MODULES)) == 0


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
