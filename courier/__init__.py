"""Messages to other systems (HL7 over MLLP): made from the record, queued in the database, sent until answered."""
