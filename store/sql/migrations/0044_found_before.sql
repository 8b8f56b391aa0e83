-- compatible: yes – a function that the release before does not ask

-- What was found of a patient in a home's alerts that are somebody else's by now (decision 58): found anew when the home served
-- the next one. Of each the last finding of the time in which the home served the patient, and when that
-- was over, at the latest when the home served them no more; nothing of what came afterwards. With its owner's eyes, since the row of the alert is the next patient's: it looks
-- itself whether who asks sees the patient.
CREATE FUNCTION found_before(whose int, earliest timestamptz, upto timestamptz) RETURNS TABLE (
    alert_id bigint, unit_id int, unit text, clinic_id int, rule text, rule_version text, priority text, since timestamptz,
    "time" timestamptz, until timestamptz, reason text, inputs jsonb, limits jsonb, late boolean, acknowledged_by int,
    acknowledged_name text, acknowledged_at timestamptz, event_id bigint
)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    WITH mine AS (
        SELECT t.unit_id, t.since, coalesce(t.until, 'infinity') AS until, p.clinic_id
        FROM tenure AS t
        JOIN patient AS p USING (patient_id)
        WHERE t.patient_id = whose AND NOT t.stands AND t.since < upto AND coalesce(t.until, 'infinity') > earliest
            AND (current_setting('role', true) IS DISTINCT FROM 'homehd_api'
                OR current_setting('homehd.clinic', true) IS NOT DISTINCT FROM 'all'
                OR p.clinic_id = viewer_clinic() OR p.patient_id IN (SELECT viewer_patients()))
    ), found AS (
        SELECT DISTINCT ON (e.alert_id) e.alert_id, e.event_id, m.since AS from_time, m.until AS to_time, m.clinic_id
        FROM mine AS m
        JOIN alert_event AS e ON e.unit_id = m.unit_id AND e.time >= greatest(m.since, earliest) AND e.time < least(m.until, upto)
        JOIN alert AS a ON a.alert_id = e.alert_id AND a.patient_id IS NULL AND a.owner_id IS DISTINCT FROM whose
        WHERE e.actor IS NULL AND e.state LIKE 'active%'
        ORDER BY e.alert_id, e.event_id DESC
    )
    SELECT e.alert_id, e.unit_id, u.name, f.clinic_id, e.rule, e.rule_version, e.priority, began.since, e.time,
        coalesce(over.time, f.to_time), e.reason, e.inputs, e.limits, e.late, seen.actor, seen.name, seen.recorded_at, e.event_id
    FROM found AS f
    JOIN alert_event AS e USING (event_id)
    JOIN unit AS u ON u.unit_id = e.unit_id
    CROSS JOIN LATERAL (
        SELECT min(b.time) AS since FROM alert_event AS b
        WHERE b.alert_id = e.alert_id AND b.time >= f.from_time AND b.event_id <= e.event_id AND b.actor IS NULL
            AND b.state LIKE 'active%'
    ) AS began
    LEFT JOIN LATERAL (
        SELECT o.time FROM alert_event AS o
        WHERE o.alert_id = e.alert_id AND o.event_id > e.event_id AND o.time < f.to_time AND o.actor IS NULL
        ORDER BY o.event_id LIMIT 1
    ) AS over ON true
    LEFT JOIN LATERAL (
        SELECT s.actor, s.recorded_at, person.name FROM alert_event AS s
        JOIN user_account AS person ON person.user_id = s.actor
        WHERE s.alert_id = e.alert_id AND s.event_id > e.event_id AND s.time < f.to_time AND s.actor IS NOT NULL
        ORDER BY s.event_id LIMIT 1
    ) AS seen ON true
$$;
