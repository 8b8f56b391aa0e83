-- name: served_by
-- Which units served a patient, and how their boxes are now.
SELECT to_us(b.since), to_us(b.until), to_us(s.heard_at),
    CASE WHEN s.outbox_rows > 0 THEN to_us(coalesce(s.outbox_oldest_at, b.since)) END, unit.name
FROM binding AS b
-- The second wall hides what another clinic has now: then nothing is known of its box.
LEFT JOIN unit USING (unit_id)
LEFT JOIN unit_status AS s USING (unit_id)
WHERE b.patient_id = %(patient)s
ORDER BY b.since

-- name: beside_past_treatments
-- What people compare and no rule between treatments looks at.
SELECT t.treatment_id, unit.name, (s.signals -> 'ultrafiltration_target' ->> 'median')::float8,
    (s.signals -> 'systolic' ->> 'min')::float8, (s.signals -> 'pulse_rate' ->> 'median')::float8,
    EXISTS (SELECT FROM sign_off AS o WHERE o.treatment_id = t.treatment_id AND o.kind = 'signed')
        AND NOT EXISTS (SELECT FROM sign_off_mark AS m WHERE m.treatment_id = t.treatment_id)
FROM treatment AS t
LEFT JOIN unit USING (unit_id)
LEFT JOIN treatment_summary AS s ON s.treatment_id = t.treatment_id AND s.revision = t.revision
WHERE t.patient_id = %(patient)s AND t.started_at >= from_us(%(since)s)
ORDER BY t.started_at DESC
LIMIT %(limit)s

-- name: active_findings
-- What rules between treatments found; of several versions of a rule about the same the last word.
SELECT rule, priority, to_us(time), about, reason
FROM (
    SELECT DISTINCT ON (rule, about) rule, about, state, priority, time, reason
    FROM between_finding
    WHERE patient_id = %(patient)s AND time >= from_us(%(since)s)
    ORDER BY rule, about, finding_id DESC
) AS last
WHERE state = 'active'
ORDER BY time, rule
LIMIT %(limit)s
