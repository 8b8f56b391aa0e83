"""One noun per file; each has a `router`."""
