-- name: reserve_alert_ids
SELECT nextval(pg_get_serial_sequence('alert', 'alert_id')) FROM generate_series(1, %(count)s)

-- name: open_alerts_of_events
INSERT INTO alert (alert_id, unit_id, rule, since)
SELECT DISTINCT ON (alert_id) alert_id, unit_id, rule, from_us(time)
FROM unnest(%(alerts)s::bigint[], %(units)s::int[], %(rules)s::text[], %(times)s::bigint[])
    WITH ORDINALITY AS added (alert_id, unit_id, rule, time, number)
ORDER BY alert_id, number
ON CONFLICT (alert_id) DO NOTHING

-- name: append_alert_events
INSERT INTO alert_event
    (alert_id, unit_id, rule, rule_version, priority, state, time, recorded_at, reason, inputs, limits, late, actor,
     note, again)
SELECT alert_id, unit_id, rule, rule_version, priority, state, from_us(time), from_us(%(recorded)s), reason, inputs,
    limits, late, actor, note, again
FROM unnest(
    %(alerts)s::bigint[], %(units)s::int[], %(rules)s::text[], %(versions)s::text[], %(priorities)s::text[],
    %(states)s::text[], %(times)s::bigint[], %(reasons)s::text[], %(inputs)s::jsonb[], %(limits)s::jsonb[],
    %(late)s::boolean[], %(actors)s::int[], %(notes)s::text[], %(again)s::boolean[]
) WITH ORDINALITY AS added (alert_id, unit_id, rule, rule_version, priority, state, time, reason, inputs, limits, late,
    actor, note, again, number)
ORDER BY number
RETURNING event_id

-- name: lock_alerts
SELECT alert_id, unit_id, rule, state, priority, to_us(since), acknowledged_by
FROM alert
WHERE alert_id = ANY (%(alerts)s::bigint[])
ORDER BY alert_id
FOR NO KEY UPDATE

-- name: open_alerts
SELECT alert_id, unit_id, rule, state, priority, to_us(since), acknowledged_by
FROM alert
WHERE state <> 'normal' AND unit_id = ANY (%(units)s::int[])
ORDER BY alert_id

-- name: alert_columns
alert_id, unit_id, unit, clinic_id, rule, rule_version, priority, state, to_us(since), to_us(time), to_us(changed_at),
reason, inputs, limits, late, acknowledged_by, acknowledged_name, to_us(acknowledged_at), last_event_id, notice_id,
notice_state, notice_round, answerable_name, to_us(accepted_until), notice_reason, told_stage, told_reason,
notice_event_id, shelf_event_id, shelf_kind, shelf_priority, shelf_alert_id, to_us(shelf_until), shelf_by, shelf_reason,
handled_event_id, to_us(handled_at), owner_id, owner_clinic_id

-- name: alert_source
(
    -- The unit for tests is on no screen.
    SELECT * FROM alert_current AS c
    WHERE NOT EXISTS (SELECT FROM unit AS t WHERE t.unit_id = c.unit_id AND t.is_test)
) AS a
LEFT JOIN LATERAL (
    SELECT s.event_id AS shelf_event_id, s.kind AS shelf_kind, s.priority AS shelf_priority, s.alert_id AS shelf_alert_id,
        s.until AS shelf_until, u.name AS shelf_by, s.reason AS shelf_reason
    FROM shelving_event AS s
    LEFT JOIN user_account AS u ON u.user_id = s.actor
    WHERE s.unit_id = a.unit_id AND s.rule = a.rule
    ORDER BY s.event_id DESC LIMIT 1
) AS shelf ON true
LEFT JOIN LATERAL (SELECT round AS notice_round FROM notice WHERE notice_id = a.notice_id) AS asked ON true
LEFT JOIN LATERAL (
    SELECT event_id AS handled_event_id, at AS handled_at FROM handling WHERE alert_id = a.alert_id
) AS handled ON true

-- name: open_alert_versions
-- Every two seconds, also with ten thousand of them: numbers by index, no words.
SELECT a.alert_id, a.last_event_id, n.last_event_id,
    (SELECT max(s.event_id) FROM shelving_event AS s WHERE s.unit_id = a.unit_id AND s.rule = a.rule), h.event_id
FROM alert AS a
JOIN unit AS u ON u.unit_id = a.unit_id AND NOT u.is_test
LEFT JOIN notice_alert AS w ON w.alert_id = a.alert_id
LEFT JOIN notice AS n ON n.notice_id = w.notice_id
LEFT JOIN handling AS h ON h.alert_id = a.alert_id
WHERE a.state <> 'normal' AND a.finding_event_id IS NOT NULL

-- name: current_alerts
SELECT {columns} FROM {source}
WHERE state <> 'normal' AND (%(all)s OR clinic_id = %(clinic)s OR owner_clinic_id = %(clinic)s)
ORDER BY array_position(ARRAY['high', 'medium', 'low'], priority), since DESC, alert_id DESC

-- name: recent_alerts
SELECT {columns} FROM {source}
WHERE (state <> 'normal' OR changed_at >= from_us(%(since)s)) AND (%(all)s OR clinic_id = %(clinic)s OR owner_clinic_id = %(clinic)s)
ORDER BY changed_at DESC, alert_id DESC
LIMIT %(limit)s

-- name: alerts_by_id
SELECT {columns} FROM {source} WHERE alert_id = ANY (%(alerts)s::bigint[]) ORDER BY alert_id

-- name: changed_alerts
SELECT {columns} FROM {source} WHERE alert_id = ANY (ARRAY(
    SELECT alert_id FROM alert_event WHERE event_id = ANY (%(alert_events)s::bigint[])
    UNION
    SELECT w.alert_id FROM notice_event AS e
    JOIN notice_alert AS w USING (notice_id)
    JOIN alert ON alert.alert_id = w.alert_id
    WHERE e.event_id = ANY (%(notice_events)s::bigint[]) AND (alert.state <> 'normal' OR w.verdict <> 'over')
    UNION
    SELECT alert.alert_id FROM shelving_event AS e
    JOIN alert ON alert.unit_id = e.unit_id AND alert.rule = e.rule
    WHERE e.event_id = ANY (%(shelving_events)s::bigint[]) AND alert.state <> 'normal'))
ORDER BY alert_id

-- name: alert_events_of
SELECT
    e.event_id, e.alert_id, e.rule_version, e.priority, e.state, to_us(e.time), to_us(e.recorded_at), e.reason,
    e.inputs, e.limits, e.late, e.actor, u.name, e.note
FROM alert_event AS e
LEFT JOIN user_account AS u ON u.user_id = e.actor
WHERE e.alert_id = %(alert)s
ORDER BY e.event_id

-- name: acknowledgement
SELECT state, acknowledged_by, acknowledged_name, to_us(acknowledged_at) FROM alert_current WHERE alert_id = %(alert)s

-- name: append_acknowledgement
WITH added AS (
    INSERT INTO alert_event
        (alert_id, unit_id, rule, rule_version, priority, state, time, recorded_at, reason, inputs, limits, late, actor,
         note)
    SELECT alert_id, unit_id, rule, rule_version, priority, %(state)s, from_us(%(at)s), from_us(%(at)s),
        'acknowledged', '{}', '{}', late, %(user)s, %(note)s
    FROM alert_current
    WHERE alert_id = %(alert)s
    RETURNING actor
)
SELECT name FROM user_account JOIN added ON user_id = actor
