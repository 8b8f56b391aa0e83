"""What `homehd calc` offers: which formulas under which names, and what each is given."""
