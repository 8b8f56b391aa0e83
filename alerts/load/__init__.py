"""What alerts ask of people: how many, how fast, how often for nothing. Pure; rows and times are handed in."""
