"""What a record is, who may touch it and how it is saved; names no business word."""
