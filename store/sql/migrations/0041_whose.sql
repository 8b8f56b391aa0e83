-- compatible: yes – columns that triggers fill, and policies that show the release before less of who had a unit first

-- Whose it is what a home did while it served one patient after the other (decision 58) ----------------------------------

-- Whom a home served, from when to when (null: it goes on). A treatment that ran when its patient was taken off the home is
-- theirs to its end, unless the next one came. With the eyes of who asks.
CREATE VIEW tenure WITH (security_invoker = true) AS
SELECT b.unit_id, b.patient_id, b.since, b.until IS NULL AS stands, CASE WHEN b.until IS NOT NULL THEN nullif(least(
    greatest(b.until, (
        SELECT max(coalesce(t.ended_at, 'infinity')) FROM treatment AS t
        WHERE t.unit_id = b.unit_id AND t.patient_id = b.patient_id
            AND t.started_at >= b.until - interval '2 days' AND t.started_at < b.until)),
    (SELECT min(n.since) FROM binding AS n WHERE n.unit_id = b.unit_id AND n.since >= b.until)), 'infinity') END AS until
FROM binding AS b;

-- Whom a home served at a time; null: nobody.
CREATE FUNCTION served(home int, at timestamptz) RETURNS int
    LANGUAGE sql STABLE
AS $$
    SELECT patient_id FROM tenure WHERE unit_id = home AND since <= at AND (until IS NULL OR at < until)
    ORDER BY since DESC LIMIT 1
$$;

-- Whose an alert is: the patient it keeps, else whom the home served at the time of the finding that it shows.
ALTER TABLE alert ADD COLUMN owner_id int REFERENCES patient;
-- Whose a notice is: its alerts', those that stand first, then the newest finding.
ALTER TABLE notice ADD COLUMN owner_id int REFERENCES patient;
UPDATE alert AS a SET owner_id = coalesce(a.patient_id, (
    SELECT served(e.unit_id, e.time) FROM alert_event AS e WHERE e.event_id = a.finding_event_id), served(a.unit_id, a.since));

CREATE FUNCTION alert_owner() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.owner_id := coalesce(NEW.patient_id, NEW.owner_id, served(NEW.unit_id, NEW.since));
    RETURN NEW;
END
$$;
CREATE TRIGGER alert_owner BEFORE INSERT OR UPDATE OF patient_id ON alert
    FOR EACH ROW EXECUTE FUNCTION alert_owner();

CREATE OR REPLACE FUNCTION alert_event_fold() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    raised boolean := NEW.actor IS NULL AND NEW.state LIKE 'active%';
BEGIN
    UPDATE alert SET
        changed_at = NEW.recorded_at,
        last_event_id = NEW.event_id,
        -- What is shown is why it was raised, not the sentence with which it ended.
        finding_event_id = CASE WHEN finding_event_id IS NULL OR raised THEN NEW.event_id ELSE finding_event_id END,
        owner_id = CASE WHEN raised THEN coalesce(patient_id, served(NEW.unit_id, NEW.time), owner_id) ELSE owner_id END,
        state = NEW.state,
        priority = NEW.priority,
        late = CASE WHEN NEW.actor IS NULL THEN coalesce(late, true) AND NEW.late ELSE late END,
        acknowledged_by = CASE
            WHEN NEW.actor IS NOT NULL THEN NEW.actor
            WHEN NEW.state = 'active, unacknowledged' THEN NULL
            ELSE acknowledged_by END,
        acknowledged_at = CASE
            WHEN NEW.actor IS NOT NULL THEN NEW.recorded_at
            WHEN NEW.state = 'active, unacknowledged' THEN NULL
            ELSE acknowledged_at END
    WHERE alert_id = NEW.alert_id;
    PERFORM pg_notify('alert_event', NEW.event_id::text);
    RETURN NULL;
END
$$;

CREATE FUNCTION notice_owner() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.owner_id := coalesce(NEW.patient_id, served(NEW.unit_id, NEW.opened_at));
    RETURN NEW;
END
$$;
CREATE TRIGGER notice_owner BEFORE INSERT ON notice
    FOR EACH ROW EXECUTE FUNCTION notice_owner();

-- Once a statement: a flood judges thousands of alerts with one.
CREATE FUNCTION notice_alert_owner() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE notice AS n SET owner_id = newest.owner_id
    FROM (
        SELECT DISTINCT ON (w.notice_id) w.notice_id, a.owner_id
        FROM notice_alert AS w
        JOIN alert AS a USING (alert_id)
        WHERE w.notice_id IN (SELECT notice_id FROM judged) AND a.owner_id IS NOT NULL
        ORDER BY w.notice_id, a.state IS NOT DISTINCT FROM 'normal', a.finding_event_id DESC
    ) AS newest
    WHERE n.notice_id = newest.notice_id AND n.patient_id IS NULL AND n.owner_id IS DISTINCT FROM newest.owner_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER notice_alert_added AFTER INSERT ON notice_alert
    REFERENCING NEW TABLE AS judged FOR EACH STATEMENT EXECUTE FUNCTION notice_alert_owner();
CREATE TRIGGER notice_alert_judged AFTER UPDATE ON notice_alert
    REFERENCING NEW TABLE AS judged FOR EACH STATEMENT EXECUTE FUNCTION notice_alert_owner();
UPDATE notice AS n SET owner_id = coalesce(n.patient_id, (
    SELECT a.owner_id FROM notice_alert AS w JOIN alert AS a USING (alert_id)
    WHERE w.notice_id = n.notice_id AND a.owner_id IS NOT NULL
    ORDER BY a.state IS NOT DISTINCT FROM 'normal', a.finding_event_id DESC LIMIT 1), served(n.unit_id, n.opened_at))
WHERE n.unit_id IS NOT NULL;

-- The record of an alert or a notice is its owner's; of one that was nobody's, that of whom the home serves.
CREATE OR REPLACE FUNCTION audit_patients(subject text, detail json) RETURNS SETOF int
    LANGUAGE sql STABLE
AS $$
    SELECT substring(subject FROM '^patient:([0-9]{1,9})$')::int
    UNION
    SELECT coalesce(a.owner_id, b.patient_id)
    FROM alert AS a
    LEFT JOIN binding AS b ON b.unit_id = a.unit_id AND b.until IS NULL
    WHERE a.alert_id = substring(subject FROM '^alert:([0-9]{1,18})$')::bigint
    UNION
    SELECT owner_id FROM notice WHERE notice_id = substring(subject FROM '^notice:([0-9]{1,18})$')::bigint
    UNION
    SELECT listed.patient::int
    FROM json_array_elements_text(
        CASE WHEN subject ~ '^patients: [0-9]+$' THEN detail -> 'patients' ELSE '[]' END) AS listed (patient)
    WHERE listed.patient ~ '^[0-9]{1,9}$'
$$;

-- The stretches of a home's past in which it is not as it is now: the viewer sees the home, and not whom it served then, or
-- the other way round. Mostly there is none. With its owner's eyes, since the policies of what it reads ask it.
CREATE FUNCTION viewer_past() RETURNS TABLE (unit_id int, since timestamptz, until timestamptz, seen boolean)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 SET search_path FROM CURRENT
AS $$
    SELECT t.unit_id, t.since, coalesce(t.until, 'infinity'), NOT h.seen
    FROM tenure AS t
    JOIN patient AS p USING (patient_id)
    JOIN (
        SELECT u.unit_id, coalesce(u.clinic_id = viewer_clinic(), false) OR u.unit_id IN (SELECT viewer_units()) AS seen
        FROM unit AS u
    ) AS h USING (unit_id)
    WHERE NOT t.stands
        AND (coalesce(p.clinic_id = viewer_clinic(), false) OR p.patient_id IN (SELECT viewer_patients())) <> h.seen
$$;

-- What a home is called on the wire, also for who sees what was there before: it says nothing of anybody.
CREATE FUNCTION home_name(home int) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT name FROM unit WHERE unit_id = home
$$;

-- Whether a condition of this notice lasts: then it is the business of whom the home serves now, too.
CREATE FUNCTION notice_stands(notice bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (SELECT FROM notice_alert AS w JOIN alert AS a USING (alert_id)
        WHERE w.notice_id = notice AND a.state LIKE 'active%')
$$;

-- An alert that lasts is told to who sees the home, without what was found of whom it served before.
CREATE OR REPLACE VIEW alert_current AS
SELECT
    alert.alert_id, alert.unit_id, unit.name AS unit, unit.clinic_id, alert.rule, finding.rule_version, alert.priority,
    alert.state, alert.since, finding.time, alert.changed_at,
    CASE WHEN whose.seen THEN finding.reason ELSE '' END AS reason,
    CASE WHEN whose.seen THEN finding.inputs ELSE '{}' END AS inputs,
    CASE WHEN whose.seen THEN finding.limits ELSE '{}' END AS limits, alert.late,
    alert.acknowledged_by, user_account.name AS acknowledged_name, alert.acknowledged_at, alert.last_event_id,
    notice.notice_id, notice.state AS notice_state, answerable.name AS answerable_name, notice.accepted_until,
    CASE WHEN whose.seen OR notice.notice_id IS NULL THEN notice.reason ELSE '' END AS notice_reason,
    notice_alert.stage AS told_stage,
    CASE WHEN whose.seen OR notice_alert.alert_id IS NULL THEN notice_alert.reason ELSE '' END AS told_reason,
    notice.last_event_id AS notice_event_id, alert.owner_id, owner.clinic_id AS owner_clinic_id
FROM alert
JOIN unit USING (unit_id)
JOIN alert_event AS finding ON finding.event_id = alert.finding_event_id
LEFT JOIN patient AS owner ON owner.patient_id = alert.owner_id
LEFT JOIN user_account ON user_account.user_id = alert.acknowledged_by
LEFT JOIN notice_alert ON notice_alert.alert_id = alert.alert_id
LEFT JOIN notice ON notice.notice_id = notice_alert.notice_id
LEFT JOIN user_account AS answerable ON answerable.user_id = notice.accepted_by
CROSS JOIN LATERAL (
    SELECT viewer_sees(unit.clinic_id) OR alert.unit_id IN (SELECT viewer_units()) AS home,
        viewer_sees(owner.clinic_id) OR alert.owner_id IN (SELECT viewer_patients()) AS patient
) AS sees
CROSS JOIN LATERAL (
    SELECT coalesce(sees.patient, false) OR sees.home AND (alert.owner_id IS NULL OR EXISTS (
        SELECT FROM binding AS b WHERE b.unit_id = alert.unit_id AND b.until IS NULL AND b.patient_id = alert.owner_id)) AS seen
) AS whose
WHERE whose.seen OR sees.home AND alert.state LIKE 'active%';

DROP POLICY clinic ON alert;
CREATE POLICY clinic ON alert USING (
    (SELECT viewer_sees_all()) OR owner_id IN (SELECT patient_id FROM patient)
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = alert.unit_id)
        AND (owner_id IS NULL OR state LIKE 'active%' OR EXISTS (SELECT FROM binding AS b
            WHERE b.unit_id = alert.unit_id AND b.until IS NULL AND b.patient_id = alert.owner_id)));
-- What was found while the home served somebody who is not seen is not told with what is found now.
DROP POLICY clinic ON alert_event;
CREATE POLICY clinic ON alert_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM alert AS own WHERE own.alert_id = alert_event.alert_id)
        AND (unit_id NOT IN (SELECT p.unit_id FROM viewer_past() AS p) OR NOT EXISTS (SELECT FROM viewer_past() AS p
            WHERE NOT p.seen AND p.unit_id = alert_event.unit_id AND "time" >= p.since AND "time" < p.until)));
DROP POLICY clinic ON machine_event;
CREATE POLICY clinic ON machine_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = machine_event.unit_id)
        <> (unit_id IN (SELECT p.unit_id FROM viewer_past() AS p) AND EXISTS (SELECT FROM viewer_past() AS p
            WHERE p.unit_id = machine_event.unit_id AND "time" >= p.since AND "time" < p.until)));
DROP POLICY clinic ON notice;
CREATE POLICY clinic ON notice USING (
    (SELECT viewer_sees_all()) OR unit_id IS NULL OR owner_id IN (SELECT patient_id FROM patient)
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = notice.unit_id)
        AND (owner_id IS NULL OR EXISTS (SELECT FROM binding AS b
            WHERE b.unit_id = notice.unit_id AND b.until IS NULL AND b.patient_id = notice.owner_id)
            OR notice_stands(notice_id)));
