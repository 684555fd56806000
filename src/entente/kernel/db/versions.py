"""The versions by which processes notice that rights or the catalog changed."""

from entente.kernel.db.tx import Tx, engine_rows


def bump_access(tx: Tx) -> None:
    """Make every cached principal of the organisation stale as soon as the transaction commits."""
    engine_rows(tx, "UPDATE {schema}.state SET access_version = access_version + 1")


def bump_catalog(tx: Tx) -> None:
    """Make every process read the catalog, and what is kept with it, anew once the transaction has committed."""
    engine_rows(tx, "UPDATE {schema}.state SET catalog_version = catalog_version + 1")
