"""The built-in functions, by group; `table.py` collects them."""
