-- compatible: yes – new tables, columns with defaults, and policies that the release before fulfils by its clinic

-- Care teams, and access that breaks the glass (decision 43) ----------------------------------------------------------

-- `by_team`: clinical accounts of the clinic see the patients of their teams only, and those who are in none.
ALTER TABLE clinic ADD COLUMN by_team boolean NOT NULL DEFAULT false;

CREATE TABLE care_team (
    team_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clinic_id int NOT NULL REFERENCES clinic,
    name text NOT NULL CHECK (name <> ''),
    added_at timestamptz NOT NULL,
    removed_at timestamptz
);
CREATE UNIQUE INDEX care_team_name ON care_team (clinic_id, lower(name)) WHERE removed_at IS NULL;

-- Whose account belongs to it, also of another clinic; `until` null: until taken out.
CREATE TABLE team_member (
    team_id int NOT NULL REFERENCES care_team,
    user_id int NOT NULL REFERENCES user_account,
    until timestamptz,
    PRIMARY KEY (team_id, user_id)
);

CREATE TABLE team_patient (
    team_id int NOT NULL REFERENCES care_team,
    patient_id int NOT NULL REFERENCES patient,
    removed_at timestamptz,
    PRIMARY KEY (team_id, patient_id)
);
CREATE INDEX team_patient_patient ON team_patient (patient_id);

-- The only patients this screen shows are those of its team.
ALTER TABLE kiosk ADD COLUMN team_id int REFERENCES care_team;

-- Somebody has opened access to a patient who was not theirs: why, how long, and what a reviewer said of it.
CREATE TABLE break_glass (
    glass_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int NOT NULL REFERENCES user_account,
    patient_id int NOT NULL REFERENCES patient,
    reason text NOT NULL CHECK (length(reason) >= 10),
    opened_at timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > opened_at),
    ended_at timestamptz CHECK (ended_at >= opened_at),
    reviewed_by int REFERENCES user_account CHECK (reviewed_by <> user_id),
    reviewed_at timestamptz CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    judged_right boolean CHECK ((judged_right IS NULL) = (reviewed_by IS NULL)),
    note text NOT NULL DEFAULT '',
    CHECK (judged_right IS NOT false OR note <> '')
);
CREATE INDEX break_glass_patient ON break_glass (patient_id);
CREATE INDEX break_glass_open ON break_glass (until) WHERE ended_at IS NULL;

-- It can be ended and reviewed, once each; what it was stays.
CREATE FUNCTION break_glass_stays() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.user_id, OLD.patient_id, OLD.reason, OLD.opened_at, OLD.until)
                IS NOT DISTINCT FROM (NEW.user_id, NEW.patient_id, NEW.reason, NEW.opened_at, NEW.until)
            AND (OLD.ended_at IS NULL OR OLD.ended_at IS NOT DISTINCT FROM NEW.ended_at)
            AND (OLD.reviewed_by IS NULL OR (OLD.reviewed_by, OLD.reviewed_at, OLD.judged_right, OLD.note)
                IS NOT DISTINCT FROM (NEW.reviewed_by, NEW.reviewed_at, NEW.judged_right, NEW.note)) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'break_glass keeps what happened: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER break_glass_stays BEFORE UPDATE OR DELETE ON break_glass
    FOR EACH ROW EXECUTE FUNCTION break_glass_stays();

-- The second wall learns of single patients: homehd.patients are those who are seen beside (homehd.clinic) or instead of
-- (homehd.team, the same clinic by team) a whole clinic.
CREATE FUNCTION viewer_team_clinic() RETURNS int
    LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN current_setting('homehd.team', true) ~ '^[0-9]{1,9}$'
        THEN current_setting('homehd.team', true)::int END
$$;

CREATE FUNCTION viewer_patients() RETURNS SETOF int
    LANGUAGE sql STABLE ROWS 100
AS $$
    SELECT unnest(string_to_array(nullif(current_setting('homehd.patients', true), ''), ',')::int[])
$$;

-- The homes that serve these patients now; and, by team, those of the clinic that serve nobody: they show no patient, and
-- an alert of theirs is everybody's. With its owner's eyes, since the policies of what it reads ask it.
CREATE FUNCTION viewer_units() RETURNS SETOF int
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
    SELECT unit_id FROM binding WHERE until IS NULL AND patient_id IN (SELECT viewer_patients())
    UNION ALL
    SELECT u.unit_id FROM unit AS u
    WHERE u.clinic_id = viewer_team_clinic()
        AND NOT EXISTS (SELECT FROM binding AS b WHERE b.unit_id = u.unit_id AND b.until IS NULL)
$$;

CREATE OR REPLACE VIEW alert_current AS
SELECT
    alert.alert_id, alert.unit_id, unit.name AS unit, unit.clinic_id, alert.rule, finding.rule_version, alert.priority,
    alert.state, alert.since, finding.time, alert.changed_at, finding.reason, finding.inputs, finding.limits, alert.late,
    alert.acknowledged_by, user_account.name AS acknowledged_name, alert.acknowledged_at, alert.last_event_id,
    notice.notice_id, notice.state AS notice_state, answerable.name AS answerable_name, notice.accepted_until,
    notice.reason AS notice_reason, notice_alert.stage AS told_stage, notice_alert.reason AS told_reason,
    notice.last_event_id AS notice_event_id
FROM alert
JOIN unit USING (unit_id)
JOIN alert_event AS finding ON finding.event_id = alert.finding_event_id
LEFT JOIN user_account ON user_account.user_id = alert.acknowledged_by
LEFT JOIN notice_alert ON notice_alert.alert_id = alert.alert_id
LEFT JOIN notice ON notice.notice_id = notice_alert.notice_id
LEFT JOIN user_account AS answerable ON answerable.user_id = notice.accepted_by
WHERE viewer_sees(unit.clinic_id) OR alert.unit_id IN (SELECT viewer_units());

CREATE OR REPLACE VIEW treatment_report AS
SELECT
    t.treatment_id, unit.name AS unit,
    CASE WHEN t.patient_id IS NULL THEN unit.clinic_id ELSE patient.clinic_id END AS clinic_id, t.patient_id,
    patient.display_name AS patient, t.revision, to_us(t.changed_at) AS changed_us, to_us(t.started_at) AS start_us,
    to_us(t.ended_at) AS end_us, t.end_known, t.derived, t.unusual, t.interruptions, s.revision AS summary_revision,
    s.version, to_us(s.computed_at) AS computed_us, s.readings, s.treated_s, s.unseen_s,
    s.machine_time_min::float8 AS machine_time_min, s.volume_removed_ml::float8 AS volume_removed_ml,
    s.blood_processed_l::float8 AS blood_processed_l, s.spktv::float8 AS spktv, s.ektv::float8 AS ektv, s.signals,
    t.unit_id, t.started_at
FROM treatment AS t
JOIN unit USING (unit_id)
LEFT JOIN patient USING (patient_id)
LEFT JOIN treatment_summary AS s USING (treatment_id)
WHERE viewer_sees(CASE WHEN t.patient_id IS NULL THEN unit.clinic_id ELSE patient.clinic_id END)
    OR CASE WHEN t.patient_id IS NULL THEN t.unit_id IN (SELECT viewer_units())
        ELSE t.patient_id IN (SELECT viewer_patients()) END;

DROP POLICY clinic ON unit;
CREATE POLICY clinic ON unit USING (
    (SELECT viewer_sees_all()) OR clinic_id = (SELECT viewer_clinic()) OR unit_id IN (SELECT viewer_units()));
DROP POLICY clinic ON patient;
CREATE POLICY clinic ON patient USING (
    (SELECT viewer_sees_all()) OR clinic_id = (SELECT viewer_clinic()) OR patient_id IN (SELECT viewer_patients()));
-- Whom a home served before is not told to who sees it for the one it serves now.
DROP POLICY clinic ON binding;
CREATE POLICY clinic ON binding USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = binding.unit_id AND own.clinic_id = (SELECT viewer_clinic()))
    OR patient_id IN (SELECT viewer_patients()));
ALTER TABLE team_patient ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON team_patient USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = team_patient.patient_id));
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON break_glass USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = break_glass.patient_id));
