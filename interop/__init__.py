"""What is on record, in the words of other systems. Pure: it reads nothing and sends nothing."""
