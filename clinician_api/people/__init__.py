"""Who is at the screen, and who looked at what."""
