"""What an automation can do: one kind of step each, declared in `kinds`, done in the file of its subject."""
