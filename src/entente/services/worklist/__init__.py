"""The worklist: whose hands a task is in, what they may do with it, and when it is decided."""
