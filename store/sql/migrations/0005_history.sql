-- The few events that tell why readings are missing, found without walking through alarms and phases.
CREATE INDEX machine_event_gap ON machine_event (unit_id, time) WHERE kind IN ('link', 'agent');
