"""Selling: prospects, opportunities and the sales processes that they go through."""
