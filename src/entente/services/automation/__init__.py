"""What happens by itself when records change, by rules that people declare."""
