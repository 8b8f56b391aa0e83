"""Who is on call: turns, overrides, shifts, gaps and what to say of them before it matters. Pure; time is handed in."""
