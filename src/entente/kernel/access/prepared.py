"""Statements that were built and compiled once for everyone with equal rights."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

import sqlalchemy as sa

from entente.kernel.db.statement import Prepared, prepare
from entente.kernel.db.tx import Tx
from entente.kernel.metadata.catalog import Content

MOST = 4096

_kept: OrderedDict[tuple[Content, bytes, Hashable], Prepared] = OrderedDict()
_lock = Lock()


def prepared(tx: Tx, key: Hashable, build: Callable[[], sa.sql.ClauseElement]) -> Prepared:
    """The compiled statement of a key under the catalog and the principal's rights; values are bound when it runs."""
    full = (tx.catalog.content, tx.principal.rights, key)
    found = _kept.get(full)
    if found is None:
        found = prepare(build())
        with _lock:
            _kept[full] = found
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    return found
