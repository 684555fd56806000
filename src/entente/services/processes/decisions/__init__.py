"""Decision tables of DMN 1.x: read, proved, kept as versions, worked out."""
