-- compatible: yes – policies bind the API's new role alone, and the views show everybody else what they always showed

-- What the API sees ----------------------------------------------------------------------------------------------------

-- The second wall (decision 40). The API works as the role homehd_api, which owns nothing, and says for whom by
-- homehd.clinic: the number of a clinic, `all`, or nothing at all. Every other role sees what it always saw.
CREATE FUNCTION viewer_sees_all() RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT current_user <> 'homehd_api' OR current_setting('homehd.clinic', true) IS NOT DISTINCT FROM 'all'
$$;

CREATE FUNCTION viewer_clinic() RETURNS int
    LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN current_setting('homehd.clinic', true) ~ '^[0-9]{1,9}$'
        THEN current_setting('homehd.clinic', true)::int END
$$;

CREATE FUNCTION viewer_sees(clinic int) RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT viewer_sees_all() OR coalesce(clinic = viewer_clinic(), false)
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
WHERE viewer_sees(unit.clinic_id);

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
WHERE viewer_sees(CASE WHEN t.patient_id IS NULL THEN unit.clinic_id ELSE patient.clinic_id END);

CREATE OR REPLACE FUNCTION audit_event_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    last audit_event;
BEGIN
    -- Nobody's temporary table may pass for the record.
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    PERFORM pg_advisory_xact_lock(hashtext('homehd audit_event'));
    SELECT * INTO last FROM audit_event ORDER BY event_id DESC LIMIT 1;
    NEW.event_id := coalesce(last.event_id, 0) + 1;
    NEW.previous := coalesce(last.hash, '');
    -- The same in Python: store/audit.py. Lengths, so that no text can pass for a piece of its neighbour.
    NEW.hash := sha256(NEW.previous || convert_to(concat_ws(E'\n',
        NEW.event_id, to_us(NEW.at), length(NEW.actor), NEW.actor, length(NEW.action), NEW.action,
        length(NEW.subject), NEW.subject, NEW.detail::text), 'UTF8'));
    RETURN NEW;
END
$$;

-- Rows are the business of a clinic by their unit, their patient, or what they belong to, and each of those has its own
-- policy. A treatment is its patient's, wherever the unit is now. A notice without a unit is a trouble of the system and
-- holds nothing of a patient. `reading` has no policy: TimescaleDB does not compress what has one, so the API reads
-- homehd_walls.reading instead (store/walls.py). Owners and superusers are bound by none of this.
ALTER TABLE unit ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON unit USING (
    (SELECT viewer_sees_all()) OR clinic_id = (SELECT viewer_clinic()));
ALTER TABLE patient ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient USING (
    (SELECT viewer_sees_all()) OR clinic_id = (SELECT viewer_clinic()));
ALTER TABLE binding ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON binding USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = binding.unit_id));
ALTER TABLE unit_status ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON unit_status USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = unit_status.unit_id));
ALTER TABLE engine_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON engine_state USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = engine_state.unit_id));
ALTER TABLE machine_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON machine_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = machine_event.unit_id));
ALTER TABLE alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON alert USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = alert.unit_id));
ALTER TABLE alert_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON alert_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = alert_event.unit_id));
ALTER TABLE shelving_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON shelving_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = shelving_event.unit_id));
ALTER TABLE unit_service_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON unit_service_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = unit_service_event.unit_id));
ALTER TABLE arrangement ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON arrangement USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = arrangement.patient_id));
ALTER TABLE patient_review ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient_review USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = patient_review.patient_id));
ALTER TABLE between_finding ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON between_finding USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = between_finding.patient_id));
ALTER TABLE treatment ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON treatment USING (
    (SELECT viewer_sees_all()) OR CASE WHEN patient_id IS NULL
        THEN EXISTS (SELECT FROM unit AS own WHERE own.unit_id = treatment.unit_id)
        ELSE EXISTS (SELECT FROM patient AS own WHERE own.patient_id = treatment.patient_id) END);
ALTER TABLE measurement ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON measurement USING (
    (SELECT viewer_sees_all()) OR CASE WHEN patient_id IS NULL
        THEN EXISTS (SELECT FROM unit AS own WHERE own.unit_id = measurement.unit_id)
        ELSE EXISTS (SELECT FROM patient AS own WHERE own.patient_id = measurement.patient_id) END);
ALTER TABLE treatment_summary ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON treatment_summary USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM treatment AS own WHERE own.treatment_id = treatment_summary.treatment_id));
ALTER TABLE treatment_comparison ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON treatment_comparison USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM treatment AS own WHERE own.treatment_id = treatment_comparison.treatment_id));
ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON notice USING (
    (SELECT viewer_sees_all()) OR unit_id IS NULL
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = notice.unit_id));
ALTER TABLE notice_alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON notice_alert USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM notice AS own WHERE own.notice_id = notice_alert.notice_id));
ALTER TABLE notice_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON notice_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM notice AS own WHERE own.notice_id = notice_event.notice_id));
ALTER TABLE notice_step ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON notice_step USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM notice AS own WHERE own.notice_id = notice_step.notice_id));
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON delivery USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM notice AS own WHERE own.notice_id = delivery.notice_id));
ALTER TABLE delivery_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON delivery_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM delivery AS own WHERE own.delivery_id = delivery_event.delivery_id));
ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON audit_event FOR SELECT USING (
    (SELECT viewer_sees_all())
    OR subject IN (SELECT 'patient:' || patient_id FROM patient));
-- Whoever may do something may have it written down; the chain itself reads the row before with its owner's eyes.
CREATE POLICY written ON audit_event FOR INSERT WITH CHECK (true);
