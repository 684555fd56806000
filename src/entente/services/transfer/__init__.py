"""Records in and out of files: reading sheets, mapping their columns, importing with preview and undo, exporting."""
