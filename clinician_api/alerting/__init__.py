"""Alerts and what was made of them, as a screen sees them."""
