"""The command line and everything that needs all parts at once."""
