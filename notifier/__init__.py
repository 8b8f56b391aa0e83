"""From an alert to a person who answers: routing, escalation, delivery. `homehd notify`."""
