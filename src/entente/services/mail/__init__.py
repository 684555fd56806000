"""Outgoing mail: written down in the caller's transaction, sent at most once by itself, in doubt shown to a person."""
