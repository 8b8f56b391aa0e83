"""Paging people while the database is away (decision 36)."""
