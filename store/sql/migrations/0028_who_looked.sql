-- compatible: yes – a table that triggers fill, also for the release before

-- Of which patients a row of the record is: to find who looked at one and what was done. It follows from `audit_event` and
-- proves nothing of itself.
CREATE TABLE audit_patient (
    patient_id int NOT NULL,
    event_id bigint NOT NULL,
    PRIMARY KEY (patient_id, event_id)
);
CREATE INDEX audit_patient_event ON audit_patient (event_id);
CREATE TRIGGER audit_patient_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_patient
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- By the subject: a patient, an alert or a notice of one, or `patients: COUNT`, and then those that `detail` lists. Into no
-- other detail is looked: it may hold text that JSON can carry and PostgreSQL cannot.
CREATE FUNCTION audit_patients(subject text, detail json) RETURNS SETOF int
    LANGUAGE sql STABLE
AS $$
    SELECT substring(subject FROM '^patient:([0-9]{1,9})$')::int
    UNION
    SELECT coalesce(a.patient_id, b.patient_id)
    FROM alert AS a
    LEFT JOIN binding AS b ON b.unit_id = a.unit_id AND b.until IS NULL
    WHERE a.alert_id = substring(subject FROM '^alert:([0-9]{1,18})$')::bigint
    UNION
    SELECT patient_id FROM notice WHERE notice_id = substring(subject FROM '^notice:([0-9]{1,18})$')::bigint
    UNION
    SELECT listed.patient::int
    FROM json_array_elements_text(
        CASE WHEN subject ~ '^patients: [0-9]+$' THEN detail -> 'patients' ELSE '[]' END) AS listed (patient)
    WHERE listed.patient ~ '^[0-9]{1,9}$'
$$;

CREATE FUNCTION audit_event_patients() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    INSERT INTO audit_patient (patient_id, event_id)
    SELECT patient, NEW.event_id FROM audit_patients(NEW.subject, NEW.detail) AS patient WHERE patient IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_event_patients AFTER INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_patients();

INSERT INTO audit_patient (patient_id, event_id)
SELECT patient, event_id FROM audit_event, audit_patients(subject, detail) AS patient WHERE patient IS NOT NULL;

ALTER TABLE audit_patient ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON audit_patient USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = audit_patient.patient_id));
DROP POLICY clinic ON audit_event;
CREATE POLICY clinic ON audit_event FOR SELECT USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM audit_patient AS own WHERE own.event_id = audit_event.event_id));
