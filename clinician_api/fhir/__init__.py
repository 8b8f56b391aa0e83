"""The read-only FHIR R4 façade: what is found, for whom, and how it is answered."""
