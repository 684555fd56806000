"""Field types, one file each: columns, cleaning of what people and programs send, and words."""
