"""A patient's prescription and own limits: what holds, what was, what is proposed, and what the past says to it."""
