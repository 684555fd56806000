"""Records: read by one query, written by one path, told by one journal, moved by actions."""
