-- name: managed_units
WITH refused AS (
    SELECT last.unit, count(*) AS messages
    FROM (SELECT unit, received_at FROM quarantine ORDER BY quarantine_id DESC LIMIT 10000) AS last
    WHERE last.received_at > from_us(%(now)s) - interval '1 day'
    GROUP BY last.unit
)
SELECT
    u.unit_id, u.name, u.label, u.clinic_id, c.name, to_us(u.activated_at), to_us(u.revoked_at), p.patient_id,
    p.display_name,
    EXISTS (SELECT FROM treatment AS t WHERE t.unit_id = u.unit_id AND t.ended_at IS NULL),
    s.online, to_us(s.heard_at), to_us(s.since),
    -- A status the broker had kept tells nothing of the clock now.
    CASE WHEN s.heard_at = s.received_at THEN extract(epoch FROM s.sent_at - s.heard_at)::float8 END,
    s.synchronised, s.machine, s.agent_version, s.outbox_rows,
    greatest(extract(epoch FROM s.sent_at - s.outbox_oldest_at), 0)::float8,
    s.trouble, coalesce(s.config_serial, 0), coalesce(s.config_trouble, ''),
    coalesce((SELECT max(serial) FROM unit_settings AS v WHERE v.unit_id = u.unit_id), 0),
    (SELECT to_us(max(valid_until)) FROM certificate AS k WHERE k.unit_id = u.unit_id AND k.revoked_at IS NULL),
    coalesce(refused.messages, 0)
FROM unit AS u
LEFT JOIN clinic AS c USING (clinic_id)
LEFT JOIN unit_status AS s ON s.unit_id = u.unit_id
LEFT JOIN binding AS b ON b.unit_id = u.unit_id AND b.until IS NULL
LEFT JOIN patient AS p ON p.patient_id = b.patient_id
LEFT JOIN refused ON refused.unit = u.name
WHERE NOT u.is_test AND (%(clinic)s::int IS NULL OR u.clinic_id = %(clinic)s)
    AND (%(name)s::text IS NULL OR u.name = %(name)s)
ORDER BY u.unit_id

-- name: lock_bindings
SELECT pg_advisory_xact_lock(hashtext('homehd change bindings'))

-- name: unit_bindings
SELECT b.patient_id, p.display_name, to_us(b.since), to_us(b.until)
FROM binding AS b
JOIN patient AS p USING (patient_id)
WHERE b.unit_id = %(unit)s
ORDER BY b.since DESC, b.patient_id
LIMIT %(limit)s

-- name: free_patients
SELECT p.patient_id, p.display_name
FROM patient AS p
WHERE p.clinic_id IS NOT DISTINCT FROM %(clinic)s::int
    AND NOT EXISTS (SELECT FROM binding AS b WHERE b.patient_id = p.patient_id AND b.until IS NULL)
ORDER BY p.patient_id DESC
LIMIT %(limit)s

-- name: patient_served
SELECT
    p.clinic_id,
    EXISTS (SELECT FROM binding AS b WHERE b.patient_id = p.patient_id AND b.until IS NULL)
FROM patient AS p
WHERE p.patient_id = %(patient)s
