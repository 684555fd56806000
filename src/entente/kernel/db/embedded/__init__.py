"""The PostgreSQL that Entente brings along: installed, started, watched and stopped without a person."""

from entente.kernel.db.embedded.cluster import Cluster, start_cluster
from entente.kernel.db.embedded.place import forget_place

__all__ = ["Cluster", "forget_place", "start_cluster"]
