"""What people write about a patient: notes at a moment or a stretch of a treatment."""
