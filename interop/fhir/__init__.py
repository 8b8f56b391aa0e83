"""HL7 FHIR R4 (4.0.1): records of the store to resources, as plain JSON-like dictionaries."""
