"""Care teams, whose patients somebody sees, and access that breaks the glass."""
