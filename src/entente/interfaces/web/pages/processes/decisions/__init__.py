"""Decision tables: listed, shaped in a grid, tried out, kept as versions."""
