-- name: timeline_alerts
-- A patient's that stood at any moment of a span, on whatever unit served them; the last ones where there are more than
-- `limit`. Whose an alert is goes by the finding that it shows (decision 58): one that was found anew when its unit served
-- somebody else tells of them. `until`: when the cause went, not when a person had seen it.
SELECT alert_id, until
FROM (
    SELECT a.alert_id, a.since, CASE WHEN a.state NOT LIKE 'active%%' THEN (
            SELECT to_us(max(e.time)) FROM alert_event AS e WHERE e.alert_id = a.alert_id AND e.actor IS NULL
        ) END AS until
    FROM alert AS a
    WHERE a.unit_id IN (SELECT unit_id FROM binding WHERE patient_id = %(patient)s) AND a.owner_id = %(patient)s
        AND a.since < from_us(%(end)s)
        AND (a.state LIKE 'active%%' OR a.since >= from_us(%(start)s) - interval '1 day')
) AS found
WHERE until IS NULL OR until >= %(start)s
ORDER BY since DESC, alert_id DESC
LIMIT %(limit)s

-- name: timeline_alerts_before
-- The same of alerts that are another patient's by now: what was found while the unit served this one.
SELECT alert_id, unit_id, unit, clinic_id, rule, rule_version, priority, 'normal' AS state, to_us(since), to_us("time"),
    to_us(until), reason, inputs, limits, late, acknowledged_by, acknowledged_name, to_us(acknowledged_at), event_id
FROM found_before(%(patient)s, from_us(%(start)s) - interval '1 day', from_us(%(end)s))
WHERE until >= from_us(%(start)s)
ORDER BY since DESC, alert_id DESC
LIMIT %(limit)s

-- name: timeline_alarms
-- Machine alarms that began or ended at a patient's unit in a span, and before it for as long as one may stand.
SELECT to_us(time), name, signal, active
FROM (
    SELECT e.time, e.seq, e.name, e.signal, e.active
    FROM binding AS b
    JOIN machine_event AS e ON e.unit_id = b.unit_id AND e.time >= b.since AND (b.until IS NULL OR e.time < b.until)
    WHERE b.patient_id = %(patient)s AND e.kind = 'alarm'
        AND e.time >= from_us(%(start)s) - interval '12 hours' AND e.time < from_us(%(end)s)
    ORDER BY e.time DESC, e.seq DESC
    LIMIT %(limit)s
) AS found
ORDER BY time, seq
