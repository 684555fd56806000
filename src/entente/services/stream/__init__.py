"""The life of a record as people follow it: its timeline, notes and mentions, followers and what they are told."""
