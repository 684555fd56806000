"""The versions by which processes notice that rights or the catalog changed."""

from entente.kernel.db.tx import Tx, engine_rows


def bump_access(tx: Tx) -> None:
    """Make every cached principal of the organisation stale as soon as the transaction commits."""
    engine_rows(tx, "UPDATE {schema}.state SET access_version = access_version + 1")
