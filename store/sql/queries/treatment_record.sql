-- name: one_moment
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY

-- name: unit_of_treatment
SELECT unit_id FROM treatment WHERE treatment_id = %(treatment)s

-- name: clinic_name
SELECT name FROM clinic WHERE clinic_id = %(clinic)s

-- name: entered_prescription
SELECT target_weight_kg, pre_systolic_mmhg, prescribed_conductivity_ms_cm, transmembrane_limit_mmhg, prescribed_spktv,
    prescribed_heparin_ml_h, heparin_stop_min
FROM patient
WHERE patient_id = %(patient)s

-- name: alerts_in_treatment
-- That may have stood in it, and whether they are this patient's whoever the unit serves (rules between treatments).
SELECT a.alert_id, a.patient_id IS NOT NULL
FROM treatment AS t
JOIN alert AS a USING (unit_id)
WHERE t.treatment_id = %(treatment)s AND a.since <= coalesce(t.ended_at, 'infinity')
    AND (a.patient_id IS NULL OR a.patient_id = t.patient_id)
    AND (a.state LIKE 'active%%' OR t.started_at <= (
        SELECT max(e.time) FROM alert_event AS e WHERE e.alert_id = a.alert_id AND e.actor IS NULL))
ORDER BY a.alert_id

-- name: not_anothers
-- How long, around a treatment, the unit was nobody else's: null without an end to that side.
SELECT to_us(max(b.until) FILTER (WHERE b.until <= t.started_at)), to_us(min(b.since) FILTER (WHERE b.since > t.started_at))
FROM treatment AS t
LEFT JOIN binding AS b ON b.unit_id = t.unit_id AND b.patient_id IS DISTINCT FROM t.patient_id
WHERE t.treatment_id = %(treatment)s

-- name: told_of_alerts
-- `sent`, `arrived`: when the channel's service first took it, when the device or the person first said so.
SELECT d.delivery_id, n.notice_id, n.cause, d.priority, d.user_id, u.name, c.kind, d.state, to_us(d.queued_at),
    to_us(d.changed_at), to_us(min(e.at) FILTER (WHERE e.state = 'sent')),
    to_us(min(e.at) FILTER (WHERE e.state IN ('delivered', 'read', 'accepted', 'rejected'))),
    (
        SELECT array_agg(a.alert_id ORDER BY a.alert_id) FROM notice_alert AS a
        WHERE a.notice_id = n.notice_id AND a.alert_id = ANY (%(alerts)s::bigint[])
    )
FROM delivery AS d
JOIN notice AS n USING (notice_id)
JOIN channel AS c USING (channel_id)
JOIN user_account AS u ON u.user_id = d.user_id
LEFT JOIN delivery_event AS e USING (delivery_id)
WHERE n.notice_id IN (SELECT notice_id FROM notice_alert WHERE alert_id = ANY (%(alerts)s::bigint[]))
GROUP BY d.delivery_id, n.notice_id, u.user_id, c.channel_id
ORDER BY d.delivery_id

-- name: treatment_minutes
-- Invalid values are null in `reading`. A row whose time is uncertain belongs to no minute.
SELECT ((to_us(time) - %(start)s::bigint) / %(width)s::bigint)::int AS minute, {means}
FROM reading
WHERE unit_id = %(unit)s AND time >= from_us(%(start)s) AND time < from_us(%(end)s) AND flags & %(uncertain)s = 0
GROUP BY minute
ORDER BY minute
