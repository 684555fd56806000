"""What an entity, a field and a screen are: frozen structs with one format in YAML, jsonb and the API."""
