-- name: hl7_now
SELECT to_us(clock_timestamp())

-- name: hl7_hold
-- For this session, until it ends.
SELECT pg_try_advisory_lock(%(class)s, hashtext(%(post)s))

-- name: lock_hl7_destinations
SELECT name, alerts, retired_at IS NOT NULL FROM hl7_destination ORDER BY name FOR UPDATE

-- name: enter_hl7_destination
INSERT INTO hl7_destination AS old (name, alerts, readings_every_s, clinic_id, since)
VALUES (%(name)s, %(alerts)s, %(every)s, %(clinic)s, from_us(%(now)s))
ON CONFLICT (name) DO UPDATE SET
    alerts = EXCLUDED.alerts,
    readings_every_s = EXCLUDED.readings_every_s,
    clinic_id = EXCLUDED.clinic_id,
    since = CASE WHEN old.retired_at IS NULL THEN old.since ELSE EXCLUDED.since END,
    retired_at = NULL

-- name: clinic_by_name
SELECT clinic_id FROM clinic WHERE name = %(name)s

-- name: note_standing_for_hl7
-- Whoever is new, or was not told for a while, is told of what stands.
INSERT INTO hl7_due (destination, event_id)
SELECT %(name)s, last_event_id FROM alert WHERE state LIKE 'active%%' AND last_event_id IS NOT NULL
ON CONFLICT DO NOTHING

-- name: retire_hl7_destinations
UPDATE hl7_destination SET
    retired_at = from_us(%(now)s), stopped_at = NULL, stopped_by = NULL, stopped_why = '', left_out = 0, left_out_at = NULL
WHERE name <> ALL (%(names)s::text[]) AND retired_at IS NULL
RETURNING name

-- name: retire_hl7_destination
UPDATE hl7_destination SET
    retired_at = from_us(%(now)s), stopped_at = NULL, stopped_by = NULL, stopped_why = '', left_out = 0, left_out_at = NULL
WHERE name = %(name)s AND retired_at IS NULL
RETURNING name

-- name: forget_hl7_beats
-- Where nobody is told any more, no sender is missed.
DELETE FROM service_heartbeat WHERE service = 'hl7' AND NOT EXISTS (SELECT FROM hl7_destination WHERE retired_at IS NULL)

-- name: forget_hl7_due
DELETE FROM hl7_due WHERE destination = ANY (%(names)s::text[])

-- name: skip_hl7_waiting
-- Whoever is named again later is told of what stands then, not of what was then long over.
UPDATE hl7_message SET outcome = 'skipped', settled_at = from_us(%(now)s), answer = 'no longer named in the settings'
WHERE destination = ANY (%(names)s::text[]) AND outcome IN ('waiting', 'parked')

-- name: hl7_standing
SELECT
    d.name, d.alerts, d.readings_every_s, to_us(d.stopped_at), d.stopped_by, d.stopped_why, d.left_out, to_us(d.left_out_at),
    m.waiting, m.parked, m.parked_alerts, m.tried,
    to_us(least(m.alert_since, (SELECT min(noted_at) FROM hl7_due AS u WHERE u.destination = d.name))), to_us(m.reading_since),
    to_us(d.released_at)
FROM hl7_destination AS d
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE outcome = 'waiting') AS waiting,
        count(*) FILTER (WHERE outcome = 'parked') AS parked,
        count(*) FILTER (WHERE outcome = 'parked' AND lane = 0) AS parked_alerts,
        coalesce(max(attempts) FILTER (WHERE outcome = 'waiting'), 0) AS tried,
        min(queued_at) FILTER (WHERE outcome = 'waiting' AND lane = 0) AS alert_since,
        min(queued_at) FILTER (WHERE outcome = 'waiting' AND lane = 1) AS reading_since
    FROM hl7_message AS m
    WHERE m.destination = d.name AND outcome IN ('waiting', 'parked')
) AS m
WHERE d.retired_at IS NULL
ORDER BY d.name

-- name: lock_hl7_destination
SELECT to_us(stopped_at), stopped_by, stopped_why FROM hl7_destination
WHERE name = %(name)s AND retired_at IS NULL
FOR UPDATE

-- name: release_hl7_destination
UPDATE hl7_destination SET stopped_at = NULL, stopped_by = NULL, stopped_why = '', released_at = from_us(%(now)s)
WHERE name = %(name)s

-- name: forget_hl7_left_out
UPDATE hl7_destination SET left_out = 0, left_out_at = NULL WHERE name = %(name)s

-- name: skip_hl7_message
UPDATE hl7_message SET outcome = 'skipped', settled_at = from_us(%(now)s)
WHERE message_id = %(message)s AND outcome IN ('waiting', 'parked')
RETURNING destination, control_id

-- name: resend_hl7_message
UPDATE hl7_message SET outcome = 'waiting', settled_at = NULL, next_try_at = NULL, refused = 0
WHERE message_id = %(message)s AND outcome IN ('parked', 'skipped')
RETURNING destination, control_id

-- name: hl7_waiting
SELECT message_id, destination, control_id, about, outcome, to_us(queued_at), attempts, answer
FROM hl7_message
WHERE outcome IN ('waiting', 'parked') AND (%(name)s::text IS NULL OR destination = %(name)s)
ORDER BY destination, lane, message_id
LIMIT %(limit)s

-- name: hl7_next
SELECT m.message_id, m.control_id, m.body, m.attempts, m.refused, to_us(m.next_try_at)
FROM hl7_destination AS d
CROSS JOIN LATERAL (
    SELECT * FROM hl7_message AS w
    WHERE w.destination = d.name AND w.outcome = 'waiting'
    ORDER BY w.lane, w.message_id LIMIT 1
) AS m
WHERE d.name = %(name)s AND d.stopped_at IS NULL AND d.retired_at IS NULL

-- name: hl7_trying
UPDATE hl7_message SET attempts = attempts + 1, tried_at = from_us(%(now)s), next_try_at = NULL
WHERE message_id = %(message)s AND outcome = 'waiting'
RETURNING message_id

-- name: hl7_delivered
UPDATE hl7_message SET outcome = 'delivered', settled_at = from_us(%(now)s), next_try_at = NULL, answer = %(answer)s
WHERE message_id = %(message)s

-- name: hl7_again
UPDATE hl7_message SET next_try_at = from_us(%(next)s), refused = refused + %(refused)s, answer = %(answer)s
WHERE message_id = %(message)s AND outcome = 'waiting'

-- name: hl7_park
UPDATE hl7_message SET outcome = 'parked', refused = refused + 1, next_try_at = NULL, answer = %(answer)s
WHERE message_id = %(message)s AND outcome = 'waiting'

-- name: hl7_stop
WITH told AS (
    UPDATE hl7_message SET answer = %(answer)s WHERE message_id = %(message)s
)
UPDATE hl7_destination SET stopped_at = from_us(%(now)s), stopped_by = %(message)s, stopped_why = %(why)s
WHERE name = %(name)s AND stopped_at IS NULL

-- name: queue_hl7_messages
INSERT INTO hl7_message (destination, control_id, about, lane, alert_id, state, priority, body, queued_at)
SELECT %(name)s, control_id, about, lane, alert_id, state, priority, body, from_us(%(now)s)
FROM unnest(
    %(controls)s::text[], %(abouts)s::text[], %(lanes)s::smallint[], %(alerts)s::bigint[], %(states)s::text[],
    %(priorities)s::text[], %(bodies)s::text[]
) WITH ORDINALITY AS added (control_id, about, lane, alert_id, state, priority, body, number)
ORDER BY number
ON CONFLICT (destination, about) DO NOTHING

-- name: hl7_alert_steps
-- `f`: the finding a step belongs to, and so whose it is; `m`: what was told last of this alert.
SELECT
    e.event_id, e.alert_id, u.name,
    NOT u.is_test AND (d.clinic_id IS NULL
        OR d.clinic_id IS NOT DISTINCT FROM CASE WHEN p.patient_id IS NULL THEN u.clinic_id ELSE p.clinic_id END), p.patient_id, p.display_name, e.rule, e.state,
    e.priority, to_us(a.since), to_us(e.time), CASE WHEN e.actor IS NULL THEN e.reason ELSE '' END, coalesce(f.inputs, '{}'),
    e.late, e.again, m.state, m.priority
FROM (
    SELECT event_id FROM hl7_due WHERE destination = %(name)s ORDER BY event_id LIMIT %(limit)s
) AS due
JOIN hl7_destination AS d ON d.name = %(name)s
JOIN alert_event AS e USING (event_id)
JOIN alert AS a ON a.alert_id = e.alert_id
JOIN unit AS u ON u.unit_id = e.unit_id
LEFT JOIN LATERAL (
    SELECT b.time, b.inputs FROM alert_event AS b
    WHERE b.alert_id = e.alert_id AND b.event_id <= e.event_id AND b.actor IS NULL AND b.state LIKE 'active%%'
    ORDER BY b.event_id DESC LIMIT 1
) AS f ON true
LEFT JOIN patient AS p ON p.patient_id = coalesce(a.patient_id, served(e.unit_id, f.time), a.owner_id)
LEFT JOIN LATERAL (
    SELECT w.state, w.priority FROM hl7_message AS w
    WHERE w.destination = %(name)s AND w.alert_id = e.alert_id AND w.outcome <> 'skipped'
    ORDER BY w.message_id DESC LIMIT 1
) AS m ON true
ORDER BY e.event_id

-- name: hl7_steps_are_told
DELETE FROM hl7_due WHERE destination = %(name)s AND event_id = ANY (%(events)s::bigint[])

-- name: hl7_is_full
SELECT count(*) >= %(most)s FROM (
    SELECT FROM hl7_message WHERE destination = %(name)s AND outcome = 'waiting' LIMIT %(most)s
) AS waiting

-- name: hl7_left_out
UPDATE hl7_destination SET left_out = left_out + %(count)s, left_out_at = from_us(%(now)s) WHERE name = %(name)s

-- name: hl7_readings_due
-- Of treatments that go on, and of those that have just ended the rest.
SELECT
    t.treatment_id, t.unit_id, u.name, t.patient_id, p.display_name, to_us(t.started_at), to_us(w.told_at),
    to_us(least(t.ended_at, from_us(%(now)s)))
FROM hl7_destination AS d
CROSS JOIN LATERAL (
    SELECT o.* FROM treatment AS o WHERE o.ended_at IS NULL
    UNION ALL
    SELECT e.* FROM hl7_treatment AS k JOIN treatment AS e USING (treatment_id)
    WHERE k.destination = d.name AND e.ended_at > k.told_at AND e.ended_at > from_us(%(now)s) - interval '1 hour'
) AS t
JOIN unit AS u ON u.unit_id = t.unit_id
LEFT JOIN patient AS p ON p.patient_id = t.patient_id
LEFT JOIN hl7_treatment AS w ON w.destination = d.name AND w.treatment_id = t.treatment_id
WHERE d.name = %(name)s AND d.readings_every_s IS NOT NULL AND NOT u.is_test AND u.revoked_at IS NULL
    AND (d.clinic_id IS NULL OR d.clinic_id = CASE WHEN t.patient_id IS NULL THEN u.clinic_id ELSE p.clinic_id END)
    AND (t.ended_at IS NOT NULL
        OR coalesce(w.told_at, '-infinity') <= from_us(%(now)s) - d.readings_every_s * interval '1 second')
ORDER BY w.told_at NULLS FIRST, t.treatment_id
LIMIT %(limit)s

-- name: hl7_last_values
-- The last valid value of each signal in the span, and its time. Of its first part, which was told already, only what came
-- too late for that. A row whose time is uncertain has no place in it.
SELECT {values}
FROM reading
WHERE unit_id = %(unit)s AND time > from_us(%(start)s) AND time <= from_us(%(end)s) AND flags & %(uncertain)s = 0
    AND (time > from_us(%(told)s) OR received_at > from_us(%(told)s) - interval '5 seconds')

-- name: hl7_readings_are_told
INSERT INTO hl7_treatment (destination, treatment_id, told_at)
SELECT %(name)s, treatment, from_us(until) FROM unnest(%(treatments)s::bigint[], %(untils)s::bigint[]) AS told (treatment, until)
ON CONFLICT (destination, treatment_id) DO UPDATE SET told_at = EXCLUDED.told_at

-- name: hl7_totals_due
SELECT
    r.treatment_id, r.unit, r.clinic_id, r.patient_id, r.patient, r.revision, r.changed_us, r.start_us, r.end_us, r.end_known,
    r.derived, r.unusual, r.interruptions, r.summary_revision, r.version, r.computed_us, r.readings, r.treated_s, r.unseen_s,
    r.machine_time_min, r.volume_removed_ml, r.blood_processed_l, r.spktv, r.ektv, r.signals, w.totals_at IS NOT NULL
FROM hl7_destination AS d
CROSS JOIN treatment_summary AS s
JOIN treatment AS t USING (treatment_id)
JOIN unit AS u USING (unit_id)
JOIN treatment_report AS r USING (treatment_id)
LEFT JOIN hl7_treatment AS w ON w.destination = d.name AND w.treatment_id = t.treatment_id
WHERE d.name = %(name)s AND d.readings_every_s IS NOT NULL AND NOT u.is_test AND u.revoked_at IS NULL
    AND s.computed_at > greatest(d.since, from_us(%(now)s) - interval '7 days')
    AND t.ended_at > greatest(d.since, from_us(%(now)s) - interval '7 days')
    AND s.revision = t.revision AND s.computed_at > coalesce(w.totals_at, '-infinity')
    AND (d.clinic_id IS NULL OR d.clinic_id = r.clinic_id)
ORDER BY s.computed_at
LIMIT %(limit)s

-- name: hl7_totals_are_told
INSERT INTO hl7_treatment (destination, treatment_id, totals_at)
SELECT %(name)s, treatment, from_us(computed) FROM unnest(%(treatments)s::bigint[], %(computed)s::bigint[]) AS told (treatment, computed)
ON CONFLICT (destination, treatment_id) DO UPDATE SET totals_at = EXCLUDED.totals_at

-- name: sweep_hl7_messages
-- Of an alert that stands the last message is needed to know what its next step is to the receiver.
DELETE FROM hl7_message WHERE message_id IN (
    SELECT m.message_id FROM hl7_message AS m
    LEFT JOIN alert AS a ON a.alert_id = m.alert_id
    WHERE m.settled_at < from_us(%(before)s) AND coalesce(a.state, 'normal') = 'normal'
    ORDER BY m.settled_at LIMIT %(limit)s)

-- name: sweep_hl7_treatments
DELETE FROM hl7_treatment AS w USING treatment AS t
WHERE t.treatment_id = w.treatment_id AND t.ended_at < from_us(%(before)s) - interval '30 days'
