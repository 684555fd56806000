"""Forms that people outside fill in, defined as data over the fields of an entity."""
