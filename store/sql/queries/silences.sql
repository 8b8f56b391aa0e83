-- name: silence_columns
s.online, to_us(s.since), to_us(s.heard_at), to_us(s.sent_at),
(SELECT to_us(max(r.time)) FROM reading AS r WHERE r.unit_id = u.unit_id AND NOT s.online
    AND r.time BETWEEN s.since - interval '10 minutes' AND s.since + interval '1 minute'),
s.machine, s.trouble <> '', to_us(t.started_at), to_us(t.ended_at), t.end_known
FROM unit AS u
LEFT JOIN unit_status AS s USING (unit_id)
LEFT JOIN LATERAL (
    SELECT started_at, ended_at, end_known FROM treatment WHERE unit_id = u.unit_id ORDER BY started_at DESC LIMIT 1
) AS t ON true

-- name: silences_of
SELECT u.unit_id, {columns}
WHERE u.unit_id = ANY (%(units)s::int[])

-- name: silent_homes
WITH treated AS (
    SELECT DISTINCT ON (unit_id) unit_id, since, state FROM alert
    WHERE rule = ANY (%(rules)s::text[]) AND state IN ('active, unacknowledged', 'active, acknowledged')
        AND priority <> 'low' AND NOT late
    ORDER BY unit_id, since DESC
), away AS (
    SELECT unit_id FROM unit_status WHERE NOT online AND since <= from_us(%(before)s) ORDER BY since LIMIT %(limit)s
)
SELECT u.name, u.clinic_id, to_us(a.since), a.state, {columns}
LEFT JOIN treated AS a ON a.unit_id = u.unit_id
LEFT JOIN LATERAL (
    SELECT is_out, until FROM unit_service_event WHERE unit_id = u.unit_id ORDER BY event_id DESC LIMIT 1
) AS o ON true
WHERE (a.unit_id IS NOT NULL OR u.unit_id IN (SELECT unit_id FROM away))
    AND u.revoked_at IS NULL AND NOT u.is_test
    AND (a.unit_id IS NOT NULL OR NOT coalesce(o.is_out AND o.until > from_us(%(now)s), false))
ORDER BY u.unit_id

-- name: standing_troubles
SELECT cause, subject, clinic_id, audience, priority, reason FROM notice
WHERE unit_id IS NULL AND state <> 'over' AND cause = ANY (%(causes)s::text[])
ORDER BY notice_id
