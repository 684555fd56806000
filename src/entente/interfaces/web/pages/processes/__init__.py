"""Processes: models, their instances and what is done with them."""
