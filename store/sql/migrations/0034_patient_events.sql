-- compatible: yes – a table of its own, which the release before does not know

-- What people wrote about a patient, at a moment or a stretch of time: notes of clinicians, and later what a patient feels
-- and calls. Never changed: a further entry corrects, and says which. `user_id` is null where the patient is the author.
CREATE TABLE patient_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    kind text NOT NULL CHECK (kind IN ('note', 'symptom', 'call')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz CHECK (ends_at > starts_at),
    text text NOT NULL CHECK (text <> '' AND length(text) <= 2000),
    user_id int REFERENCES user_account,
    corrects bigint,
    entered_at timestamptz NOT NULL,
    UNIQUE (patient_id, event_id),
    -- Of the same patient, and once: who corrects a correction corrects the newest.
    FOREIGN KEY (patient_id, corrects) REFERENCES patient_event (patient_id, event_id),
    UNIQUE (corrects)
);
CREATE INDEX patient_event_time ON patient_event (patient_id, starts_at, event_id);
CREATE TRIGGER patient_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON patient_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE patient_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = patient_event.patient_id));
