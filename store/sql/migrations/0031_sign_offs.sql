-- compatible: yes – tables of its own that triggers fill, also for the release before

-- Who signed which treatment, as it stood then; or asked for a doctor. Append-only. No reference to the treatment: one that
-- turns out to be part of another takes no signature with it. `revision`: the treatment's, `summary_revision` that of its
-- figures, null without any. `rules`: version of the reasons (evaluation/reasons.py). `seen`: figures and reasons as they
-- were shown, so that it can be said what has changed since.
CREATE TABLE sign_off (
    sign_off_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    treatment_id bigint NOT NULL,
    unit_id int NOT NULL REFERENCES unit,
    patient_id int REFERENCES patient,
    kind text NOT NULL CHECK (kind IN ('signed', 'needs a doctor')),
    at timestamptz NOT NULL,
    user_id int NOT NULL REFERENCES user_account,
    note text NOT NULL CHECK (kind = 'signed' OR note <> ''),
    in_bulk boolean NOT NULL,
    revision int NOT NULL,
    summary_revision int,
    rules text NOT NULL,
    seen jsonb NOT NULL
);
CREATE INDEX sign_off_treatment ON sign_off (treatment_id, sign_off_id);
CREATE TRIGGER sign_off_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sign_off
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What about an ended treatment nobody has signed yet: noted in the transaction of what is new, taken away in the one that
-- signs, and only what was there when it looked. Rows are only added, so that nobody who stores waits for who signs.
CREATE TABLE sign_off_mark (
    mark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    treatment_id bigint NOT NULL REFERENCES treatment ON DELETE CASCADE,
    why text NOT NULL CHECK (why IN ('treatment', 'summary', 'alert', 'machine alarm', 'weight', 'prescription'))
);
CREATE INDEX sign_off_mark_treatment ON sign_off_mark (treatment_id, mark_id);

CREATE FUNCTION note_treatment_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO sign_off_mark (treatment_id, why) VALUES (NEW.treatment_id, 'treatment');
    RETURN NULL;
END
$$;
CREATE TRIGGER treatment_sign_off_new AFTER INSERT ON treatment
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL) EXECUTE FUNCTION note_treatment_for_sign_off();
CREATE TRIGGER treatment_sign_off AFTER UPDATE OF patient_id, started_at, ended_at, revision ON treatment
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL) EXECUTE FUNCTION note_treatment_for_sign_off();

CREATE FUNCTION note_summary_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    mark bigint;
BEGIN
    INSERT INTO sign_off_mark (treatment_id, why) VALUES (NEW.treatment_id, 'summary') RETURNING mark_id INTO mark;
    -- One new note says what a hundred late batches said. Whoever signs takes notes away alone, too (lock_sign_off).
    PERFORM pg_advisory_xact_lock(hashtextextended('homehd sign-off ' || NEW.treatment_id, 0));
    DELETE FROM sign_off_mark WHERE treatment_id = NEW.treatment_id AND mark_id < mark AND why IN ('treatment', 'summary');
    RETURN NULL;
END
$$;
CREATE TRIGGER treatment_summary_sign_off AFTER INSERT OR UPDATE ON treatment_summary
    FOR EACH ROW EXECUTE FUNCTION note_summary_for_sign_off();

-- What happened at a unit in a treatment that is over, noted late: the last one that began before is the only one it can be.
CREATE FUNCTION note_moment_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO sign_off_mark (treatment_id, why)
    SELECT treatment_id, TG_ARGV[0]
    FROM (
        SELECT treatment_id, ended_at FROM treatment WHERE unit_id = NEW.unit_id AND started_at <= NEW.time
        ORDER BY started_at DESC LIMIT 1
    ) AS last
    WHERE ended_at >= NEW.time;
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_event_sign_off AFTER INSERT ON alert_event
    FOR EACH ROW WHEN (NEW.actor IS NULL AND NEW.state LIKE 'active%') EXECUTE FUNCTION note_moment_for_sign_off('alert');
-- 4: it came late (telemetry.messages.Flag).
CREATE TRIGGER machine_event_sign_off AFTER INSERT ON machine_event
    FOR EACH ROW WHEN (NEW.kind = 'alarm' AND NEW.flags & 4 <> 0)
    EXECUTE FUNCTION note_moment_for_sign_off('machine alarm');

-- As far from a treatment as a weight can be and still be its own (alerts/between/weights.py). Whoever enters one, or
-- arranges something, may not write marks: the owner does.
CREATE FUNCTION note_weight_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    INSERT INTO sign_off_mark (treatment_id, why)
    SELECT treatment_id, 'weight' FROM treatment
    WHERE patient_id = NEW.patient_id AND started_at BETWEEN NEW.taken_at - interval '2 days' AND NEW.taken_at + interval '6 hours'
        AND ended_at >= NEW.taken_at - interval '6 hours';
    RETURN NULL;
END
$$;
CREATE TRIGGER measurement_sign_off AFTER INSERT ON measurement
    FOR EACH ROW WHEN (NEW.what IN ('weight-before', 'weight-after')) EXECUTE FUNCTION note_weight_for_sign_off();

-- Arranged for a time that is past. Not for longer ago than late readings come.
CREATE FUNCTION note_arrangement_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    INSERT INTO sign_off_mark (treatment_id, why)
    SELECT treatment_id, 'prescription' FROM treatment
    WHERE patient_id = NEW.patient_id AND ended_at IS NOT NULL AND started_at >= NEW.since
        AND started_at >= NEW.entered_at - interval '35 days';
    RETURN NULL;
END
$$;
CREATE TRIGGER arrangement_sign_off AFTER INSERT ON arrangement
    FOR EACH ROW WHEN (NEW.kind IN ('schedule', 'target weight', 'prescription'))
    EXECUTE FUNCTION note_arrangement_for_sign_off();

-- Signing begins with this release: what ended within the last month waits for it, what is older does not.
INSERT INTO sign_off_mark (treatment_id, why)
SELECT treatment_id, 'treatment' FROM treatment WHERE ended_at >= now() - interval '35 days';

ALTER TABLE sign_off ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON sign_off USING (
    (SELECT viewer_sees_all()) OR CASE WHEN patient_id IS NULL
        THEN EXISTS (SELECT FROM unit AS own WHERE own.unit_id = sign_off.unit_id)
        ELSE EXISTS (SELECT FROM patient AS own WHERE own.patient_id = sign_off.patient_id) END);
ALTER TABLE sign_off_mark ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON sign_off_mark USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM treatment AS own WHERE own.treatment_id = sign_off_mark.treatment_id));
