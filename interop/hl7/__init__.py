"""HL7 v2.6 messages of IHE's Patient Care Device profiles, and the envelope they travel in. Pure: text in, text out."""
