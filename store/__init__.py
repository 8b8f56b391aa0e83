"""PostgreSQL through psycopg 3: the only place that speaks SQL.

Synchronous functions are for ingest and the command line, asynchronous ones for the API; each thing exists once, in the
form its user needs. Functions take a connection and never commit: the caller does, with `pool.transaction`.
"""
