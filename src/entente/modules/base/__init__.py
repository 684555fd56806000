"""What every company has: people, organisation, accounts, contacts, activities, documents."""
