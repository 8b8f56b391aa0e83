"""Running the system: accounts, the record of deeds, and how the services are."""
