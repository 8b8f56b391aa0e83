-- compatible: yes – tables of their own; what the release before records of alerts is noted by the trigger, where anybody is to be told

-- What goes to other systems as HL7 (decision 67) ------------------------------------------------------------------------

-- The API has nothing to do with any of it, and no rights on it: other systems are the operators' business.

-- Who is told. From the settings of `homehd hl7`, which enters them; nobody else does. `retired_at`: no longer named there.
-- `clinic_id` null: of all clinics. `stopped_at`: it has refused a message (`stopped_by`), and nothing more is sent until an
-- operator lets it go on (`released_at`, the last time). `left_out`: readings that were not queued because too much waits.
CREATE TABLE hl7_destination (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    alerts boolean NOT NULL,
    readings_every_s int CHECK (readings_every_s BETWEEN 10 AND 3600),
    clinic_id int REFERENCES clinic,
    since timestamptz NOT NULL,
    retired_at timestamptz,
    stopped_at timestamptz,
    stopped_by bigint,
    stopped_why text NOT NULL DEFAULT '' CHECK ((stopped_why = '') = (stopped_at IS NULL)),
    released_at timestamptz,
    left_out bigint NOT NULL DEFAULT 0,
    left_out_at timestamptz
);

-- Totals that are new are found by when they were computed.
CREATE INDEX treatment_summary_computed ON treatment_summary (computed_at);

-- Steps of alerts of which no message has been made yet: noted in their own transaction, taken away in the one that has
-- made the message.
CREATE TABLE hl7_due (
    destination text NOT NULL REFERENCES hl7_destination,
    event_id bigint NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (destination, event_id)
);

-- How far a destination has been told of a treatment: readings up to `told_at`, what it came to as of `totals_at`.
CREATE TABLE hl7_treatment (
    destination text NOT NULL REFERENCES hl7_destination,
    treatment_id bigint NOT NULL REFERENCES treatment ON DELETE CASCADE,
    told_at timestamptz,
    totals_at timestamptz,
    PRIMARY KEY (destination, treatment_id)
);

-- The outbox. `body` is sent as it stands, however often. `control_id` is random: after a database came back from a backup
-- a number would name another message, and a receiver would take that for a double. `about`: what it was made of, so that
-- nothing is told twice. `lane` 0: alerts, 1: readings; what is first in the lowest lane goes next. `refused`: how often the
-- receiver said that it could not. `state`, `priority`: of the alert as this message tells it.
CREATE TABLE hl7_message (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination text NOT NULL REFERENCES hl7_destination,
    control_id text NOT NULL UNIQUE CHECK (length(control_id) BETWEEN 1 AND 20),
    about text NOT NULL,
    lane smallint NOT NULL CHECK (lane IN (0, 1)),
    alert_id bigint,
    state text,
    priority text,
    body text NOT NULL,
    queued_at timestamptz NOT NULL,
    outcome text NOT NULL DEFAULT 'waiting' CHECK (outcome IN ('waiting', 'delivered', 'parked', 'skipped')),
    attempts int NOT NULL DEFAULT 0,
    refused int NOT NULL DEFAULT 0,
    tried_at timestamptz,
    next_try_at timestamptz,
    settled_at timestamptz,
    answer text NOT NULL DEFAULT '',
    UNIQUE (destination, about)
);
CREATE INDEX hl7_message_next ON hl7_message (destination, lane, message_id) WHERE outcome = 'waiting';
CREATE INDEX hl7_message_parked ON hl7_message (destination) WHERE outcome = 'parked';
CREATE INDEX hl7_message_alert ON hl7_message (destination, alert_id, message_id) WHERE alert_id IS NOT NULL;
CREATE INDEX hl7_message_settled ON hl7_message (settled_at) WHERE settled_at IS NOT NULL;

-- With its owner's eyes: whoever writes of an alert, the API among them, sees nothing of who else is told.
CREATE FUNCTION alert_event_to_hl7() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    -- Nobody's temporary table may pass for ours.
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    INSERT INTO hl7_due (destination, event_id)
    SELECT d.name, NEW.event_id FROM hl7_destination AS d WHERE d.alerts AND d.retired_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_event_to_hl7 AFTER INSERT ON alert_event
    FOR EACH ROW EXECUTE FUNCTION alert_event_to_hl7();
