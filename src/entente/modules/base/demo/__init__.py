"""An invented company that the product can be tried with: its people, its partners, a year of its work."""
