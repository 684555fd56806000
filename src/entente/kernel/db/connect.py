"""Where the installation's PostgreSQL is: one of its own, or the embedded one that is started on the way."""

from entente.kernel.db.embedded import start_cluster
from entente.settings import Settings

DATABASE = "entente"


def find_conninfo(settings: Settings) -> str:
    """The connection string of the installation's database; the embedded server runs as long as a process uses it."""
    return settings.database_url or start_cluster(settings.data).ensure_database(DATABASE)
