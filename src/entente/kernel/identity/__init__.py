"""Who someone is: passwords, sessions, API tokens, one-time links, and the principal that they lead to."""
