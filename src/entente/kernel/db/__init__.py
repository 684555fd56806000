"""PostgreSQL: the pool, the transaction that everything below an interface works in, statements, migrations."""
