"""Ways of looking at values, one file each; the list of them is in `alerts.ruleset`."""
