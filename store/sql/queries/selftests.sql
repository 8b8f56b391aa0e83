-- name: test_unit
SELECT unit_id, name, shard FROM unit WHERE is_test AND revoked_at IS NULL

-- name: end_torn_selftests
UPDATE selftest_run SET ended_at = from_us(%(now)s), broken = 'interrupted', detail = 'it did not come to its end'
WHERE ended_at IS NULL AND begun_at < from_us(%(torn)s)

-- name: begin_selftest
INSERT INTO selftest_run (unit_id, day, asked_by, begun_at)
SELECT unit_id, %(day)s, %(asked_by)s, from_us(%(now)s) FROM unit WHERE is_test AND revoked_at IS NULL
ON CONFLICT DO NOTHING
RETURNING run_id

-- name: selftest_sent
UPDATE selftest_run SET sent_at = clock_timestamp() WHERE run_id = %(run)s AND ended_at IS NULL

-- name: selftest_alert_seen
-- As ingest recorded it; its clock may be another machine's.
UPDATE selftest_run AS r SET alert_at = coalesce(r.alert_at, greatest(r.sent_at, least(clock_timestamp(), (
    SELECT min(e.recorded_at) FROM alert AS a JOIN alert_event AS e USING (alert_id)
    WHERE a.unit_id = r.unit_id AND a.state <> 'normal'))))
WHERE r.run_id = %(run)s AND EXISTS (SELECT FROM alert AS a WHERE a.unit_id = r.unit_id AND a.state <> 'normal')
RETURNING 1

-- name: hand_out_selftest
WITH run AS (
    UPDATE selftest_run SET notice_id = %(notice)s, notice_at = from_us(%(now)s)
    WHERE notice_id IS NULL AND ended_at IS NULL AND sent_at IS NOT NULL
        AND unit_id = (SELECT unit_id FROM notice WHERE notice_id = %(notice)s AND state <> 'over')
    RETURNING run_id
), added AS (
    -- By low priority: nobody is to be woken. Screens show what is there by themselves, to whoever is signed in.
    INSERT INTO delivery (notice_id, round, step, channel_id, user_id, priority, queued_at, next_try_at, changed_at)
    SELECT %(notice)s, 0, 0, c.channel_id, c.user_id, 'low', from_us(%(now)s), from_us(%(now)s), from_us(%(now)s)
    FROM run, channel AS c
    JOIN user_account AS u USING (user_id)
    WHERE c.kind <> 'screen' AND c.disabled_at IS NULL AND u.disabled_at IS NULL
    ON CONFLICT (notice_id, round, channel_id) DO NOTHING
    RETURNING delivery_id
)
INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
SELECT delivery_id, from_us(%(now)s), 'queued', 0, '' FROM added

-- name: open_alerts_of_test_unit
SELECT a.alert_id FROM alert AS a
JOIN unit AS u USING (unit_id)
WHERE u.is_test AND a.unit_id = %(unit)s AND a.state <> 'normal'

-- name: close_test_alerts
INSERT INTO alert_event
    (alert_id, unit_id, rule, rule_version, priority, state, time, recorded_at, reason, inputs, limits, late, note)
SELECT alert_id, unit_id, rule, rule_version, priority, 'normal', clock_timestamp(), clock_timestamp(),
    'the self-test is over', '{}', '{}', late, ''
FROM alert_current
WHERE alert_id = ANY (%(alerts)s::bigint[]) AND state <> 'normal'

-- name: end_selftest
UPDATE selftest_run SET ended_at = clock_timestamp(), broken = %(broken)s, detail = %(detail)s
WHERE run_id = %(run)s AND ended_at IS NULL

-- name: channels_tested
UPDATE channel AS c SET tested_at = greatest(c.tested_at, d.changed_at)
FROM delivery AS d, selftest_run AS r
WHERE r.run_id = %(run)s AND d.notice_id = r.notice_id AND c.channel_id = d.channel_id
    AND d.state IN ('sent', 'delivered', 'read')

-- name: selftest_runs
SELECT run_id, to_us(begun_at), to_us(ended_at), asked_by, broken, detail,
    extract(epoch FROM alert_at - sent_at)::float8,
    extract(epoch FROM notice_at - least(alert_at, notice_at))::float8,
    (SELECT extract(epoch FROM max(d.changed_at) - min(d.queued_at))::float8 FROM delivery AS d
        WHERE d.notice_id = r.notice_id AND d.state IN ('sent', 'delivered', 'read')),
    notice_id
FROM selftest_run AS r
WHERE %(run)s::int IS NULL OR run_id = %(run)s
ORDER BY run_id DESC LIMIT 1

-- name: selftest_channels
SELECT d.channel_id, d.user_id, u.name, c.kind, c.label, c.host, d.state, d.attempts,
    extract(epoch FROM d.changed_at - d.queued_at)::float8, d.next_try_at IS NOT NULL,
    coalesce((SELECT detail FROM delivery_event AS e WHERE e.delivery_id = d.delivery_id ORDER BY event_id DESC LIMIT 1), '')
FROM delivery AS d
JOIN channel AS c USING (channel_id)
JOIN user_account AS u ON u.user_id = d.user_id
WHERE d.notice_id = %(notice)s
ORDER BY d.delivery_id

-- name: selftest_overview
SELECT to_us(u.activated_at), to_us(r.begun_at), to_us(r.ended_at), r.broken, r.detail
FROM unit AS u
LEFT JOIN LATERAL (SELECT * FROM selftest_run WHERE unit_id = u.unit_id ORDER BY run_id DESC LIMIT 1) AS r ON true
WHERE u.is_test AND u.revoked_at IS NULL
