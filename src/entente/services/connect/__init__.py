"""How other machines are served: each request once, each change told as it happens."""
