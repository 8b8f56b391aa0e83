"""What every route stands on: addresses, errors, conditional answers, limits."""
