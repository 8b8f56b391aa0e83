"""Review of treatments by exception, signatures, and the report of one treatment."""
