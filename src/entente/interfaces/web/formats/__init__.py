"""How values of a declared format are asked for, read from what a form sends, and told in words."""
