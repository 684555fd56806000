"""The token engine: pure over a state in memory, with the outside behind one value."""
