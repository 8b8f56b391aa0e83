-- name: every_beat
SELECT service, instance, to_us(at), detail FROM service_heartbeat ORDER BY service, at DESC LIMIT 500

-- name: sweep_beats
-- Whoever fell silent long ago is forgotten, at most so many at once; of each service the last sign of life stays.
DELETE FROM service_heartbeat AS h USING (
    SELECT service, instance FROM service_heartbeat AS old
    WHERE at < from_us(%(before)s)
        AND EXISTS (SELECT FROM service_heartbeat AS later WHERE later.service = old.service AND later.at > old.at)
    ORDER BY at LIMIT %(limit)s
) AS gone
WHERE h.service = gone.service AND h.instance = gone.instance AND h.at < from_us(%(before)s)

-- name: system_database
SELECT
    to_us(clock_timestamp()), pg_database_size(current_database())::float8,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::float8,
    current_setting('max_connections')::float8

-- name: system_lag
-- Of readings taken within the last five minutes, some of each home: how long from the sample to its commit.
SELECT
    percentile_cont(0.5) WITHIN GROUP (ORDER BY r.lag), percentile_cont(0.99) WITHIN GROUP (ORDER BY r.lag), count(*)
FROM (SELECT unit_id FROM unit WHERE revoked_at IS NULL AND NOT is_test ORDER BY random() LIMIT 500) AS u
CROSS JOIN LATERAL (
    SELECT greatest(extract(epoch FROM received_at - time), 0)::float8 AS lag
    FROM reading
    WHERE unit_id = u.unit_id AND time BETWEEN from_us(%(now)s) - interval '5 minutes' AND from_us(%(now)s)
    ORDER BY time DESC LIMIT 20
) AS r

-- name: system_channels
SELECT c.kind, count(*)::float8, count(*) FILTER (WHERE d.state = 'failed')::float8
FROM delivery AS d JOIN channel AS c USING (channel_id)
WHERE d.queued_at > from_us(%(now)s) - interval '1 day'
GROUP BY c.kind ORDER BY c.kind

-- name: system_rest
SELECT
    (SELECT to_us(min(newest.until)) FROM (
        SELECT max(valid_until) AS until FROM certificate
        WHERE revoked_at IS NULL AND kind <> 'unit' GROUP BY kind, name) AS newest),
    (SELECT count(*)::float8 FROM (
        SELECT max(valid_until) AS until FROM certificate JOIN unit USING (unit_id)
        WHERE certificate.revoked_at IS NULL AND unit.revoked_at IS NULL GROUP BY unit_id) AS newest
        WHERE newest.until < from_us(%(now)s) + interval '14 days'),
    (SELECT count(*)::float8 FROM (
        SELECT received_at FROM quarantine ORDER BY quarantine_id DESC LIMIT 10000) AS last
        WHERE received_at > from_us(%(now)s) - interval '1 day'),
    (SELECT count(*)::float8 FROM unit_status JOIN unit USING (unit_id)
        WHERE online AND NOT synchronised AND revoked_at IS NULL),
    (SELECT count(*)::float8 FROM unit_status JOIN unit USING (unit_id) WHERE online AND revoked_at IS NULL)
