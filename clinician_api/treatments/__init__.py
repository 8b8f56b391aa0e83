"""What was measured before now: history, gaps, treatments, limits tried on them."""
