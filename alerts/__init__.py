"""From readings to findings: rules as data, a pure numpy engine, and the life of a condition."""
