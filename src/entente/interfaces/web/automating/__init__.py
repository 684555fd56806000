"""Automations on the screen: rules as sentences, the editor, dry runs, the run log, the map."""
