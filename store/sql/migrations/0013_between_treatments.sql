-- compatible: yes – tables of its own, a column that may be empty, and triggers that only note for whom there is something new

-- What is arranged for a patient, every version of it: a schedule, the vascular access, a target weight, limits of their
-- own for a rule. It holds from `since` until the next of its kind (of its rule) does. `content` as in telemetry/care.py.
CREATE TABLE arrangement (
    arrangement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    kind text NOT NULL CHECK (kind IN ('schedule', 'access', 'target weight', 'limits')),
    content jsonb NOT NULL,
    since timestamptz NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    entered_at timestamptz NOT NULL
);
CREATE INDEX arrangement_patient ON arrangement (patient_id);
CREATE TRIGGER arrangement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON arrangement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What people measured and entered, of a patient or of a home's water. A later entry for the same moment corrects.
CREATE TABLE measurement (
    measurement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int REFERENCES patient,
    unit_id int REFERENCES unit,
    what text NOT NULL CHECK (what IN
        ('weight-before', 'weight-after', 'access-flow', 'bacteria', 'endotoxin', 'chlorine')),
    value double precision NOT NULL,
    taken_at timestamptz NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    entered_at timestamptz NOT NULL,
    CHECK (num_nonnulls(patient_id, unit_id) = 1)
);
CREATE INDEX measurement_patient ON measurement (patient_id, taken_at);
CREATE INDEX measurement_unit ON measurement (unit_id, taken_at);
CREATE TRIGGER measurement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON measurement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- By what treatments are compared with each other, from the rows stored of them; `revision` is the summary's it goes with.
CREATE TABLE treatment_comparison (
    treatment_id bigint PRIMARY KEY REFERENCES treatment ON DELETE CASCADE,
    revision int NOT NULL,
    systolic_before real,
    systolic_after real,
    flow real,
    venous real,
    arterial real
);

-- Whose findings between treatments are to be looked at anew: noted in the transaction of what is new, taken away in the
-- one that has looked. Rows are only added, so that nobody who stores waits for who looks.
CREATE TABLE review_mark (
    mark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL
);
CREATE INDEX review_mark_patient ON review_mark (patient_id);

CREATE FUNCTION note_for_review() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.patient_id IS NOT NULL THEN
        INSERT INTO review_mark (patient_id) VALUES (OLD.patient_id);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.patient_id IS NOT NULL THEN
        INSERT INTO review_mark (patient_id) VALUES (NEW.patient_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER treatment_review AFTER INSERT OR DELETE OR UPDATE OF patient_id, started_at, ended_at, revision ON treatment
    FOR EACH ROW EXECUTE FUNCTION note_for_review();
CREATE TRIGGER arrangement_review AFTER INSERT ON arrangement
    FOR EACH ROW EXECUTE FUNCTION note_for_review();
CREATE TRIGGER measurement_review AFTER INSERT ON measurement
    FOR EACH ROW EXECUTE FUNCTION note_for_review();
CREATE TRIGGER patient_review AFTER UPDATE ON patient
    FOR EACH ROW EXECUTE FUNCTION note_for_review();
CREATE TRIGGER binding_review AFTER INSERT OR UPDATE ON binding
    FOR EACH ROW EXECUTE FUNCTION note_for_review();

CREATE FUNCTION note_summary_for_review() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO review_mark (patient_id)
    SELECT patient_id FROM treatment WHERE treatment_id = NEW.treatment_id AND patient_id IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER treatment_summary_review AFTER INSERT OR UPDATE ON treatment_summary
    FOR EACH ROW EXECUTE FUNCTION note_summary_for_review();

CREATE FUNCTION note_water_for_review() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO review_mark (patient_id)
    SELECT patient_id FROM binding WHERE unit_id = NEW.unit_id AND until IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER measurement_water_review AFTER INSERT ON measurement
    FOR EACH ROW WHEN (NEW.unit_id IS NOT NULL) EXECUTE FUNCTION note_water_for_review();

-- When a patient was last looked at, and when time alone makes it necessary again. Not before `not_before`: it failed.
CREATE TABLE patient_review (
    patient_id int PRIMARY KEY REFERENCES patient,
    reviewed_at timestamptz NOT NULL,
    due_at timestamptz,
    not_before timestamptz
);
CREATE INDEX patient_review_due ON patient_review (due_at) WHERE due_at IS NOT NULL;

-- What each version of a rule found about each treatment, planned start, week or value: once. It is found anew when its
-- `basis` has changed (rows that came late, a weight entered afterwards), and then has a new number.
CREATE TABLE between_finding (
    finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    rule text NOT NULL,
    rule_version text NOT NULL,
    about text NOT NULL,
    basis text NOT NULL,
    time timestamptz NOT NULL,
    found_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('normal', 'pending', 'active', 'not evaluated')),
    priority text CHECK (priority IN ('low', 'medium', 'high')),
    reason text NOT NULL,
    inputs jsonb NOT NULL,
    limits jsonb NOT NULL,
    UNIQUE (patient_id, rule, rule_version, about)
);
CREATE INDEX between_finding_last ON between_finding (patient_id, rule, finding_id);

-- Whose alert it is, where a rule between treatments raised it: a unit may serve another patient by then.
ALTER TABLE alert ADD COLUMN patient_id int REFERENCES patient;
CREATE INDEX alert_patient_open ON alert (patient_id) WHERE patient_id IS NOT NULL AND state <> 'normal';

CREATE INDEX binding_patient ON binding (patient_id, since);

INSERT INTO review_mark (patient_id) SELECT patient_id FROM patient;
