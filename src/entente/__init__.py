"""Entente: customer relations and the processes that carry them."""
