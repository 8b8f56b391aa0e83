"""The patient's own page: who sees them, and how they are heard."""
