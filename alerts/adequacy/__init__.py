"""Formulas of dialysis, one idea a file; pure. Outside its range a formula is an error, never a number (`ranges`)."""
