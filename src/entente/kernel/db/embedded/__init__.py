"""The PostgreSQL that Entente brings along: installed, started, watched and stopped without a person."""

from entente.kernel.db.embedded.cluster import Cluster, start_cluster

__all__ = ["Cluster", "start_cluster"]
