"""Alerts that a person raises: no reading is judged, a press is believed."""
