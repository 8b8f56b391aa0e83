"""One patient's treatments as a whole: figures from one to the next, and which planned ones took place."""
