"""Who may see and do what: roles compiled to one WHERE, field rules, sharing, and the reason why."""
