"""Rules between treatments: they run on summaries, schedules and measurements, not on readings. Pure."""
