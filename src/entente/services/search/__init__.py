"""Looking for anything: records of all entities in one statement, and the palette of records, places and deeds."""
