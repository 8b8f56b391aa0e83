"""Who is on call, how they are reached, what it asks of them."""
