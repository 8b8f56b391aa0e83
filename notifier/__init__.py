"""Telling people: what a page says, the channels that carry it, when it is tried again, how many at once."""
