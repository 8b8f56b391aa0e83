-- name: people_after
SELECT patient_id, clinic_id, display_name FROM patient WHERE patient_id > %(after)s ORDER BY patient_id LIMIT %(limit)s

-- name: clinics_in_sight
-- Clinics have no wall of their own: those of the homes and patients that are seen.
SELECT clinic_id, name
FROM clinic
WHERE clinic_id IN (SELECT clinic_id FROM patient UNION SELECT clinic_id FROM unit WHERE NOT is_test)
ORDER BY clinic_id

-- name: alerts_of_patient
SELECT alert_id
FROM alert
WHERE unit_id IN (SELECT unit_id FROM binding WHERE patient_id = %(patient)s) AND owner_id = %(patient)s
    AND alert_id < %(before)s
ORDER BY alert_id DESC
LIMIT %(limit)s

-- name: owner_spans
-- Around the finding that an alert shows, how long its home was nobody else's than its owner's; and whether it is theirs
-- whoever the home serves (rules between treatments).
SELECT a.alert_id, a.patient_id IS NOT NULL, to_us(max(b.until) FILTER (WHERE b.until <= f.time)),
    to_us(min(b.since) FILTER (WHERE b.since > f.time))
FROM alert AS a
JOIN alert_event AS f ON f.event_id = a.finding_event_id
LEFT JOIN binding AS b ON b.unit_id = a.unit_id AND b.patient_id IS DISTINCT FROM a.owner_id
WHERE a.alert_id = ANY (%(alerts)s::bigint[]) AND a.owner_id IS NOT NULL
GROUP BY a.alert_id

-- name: told_of_patient
-- As `told_of_alerts`, with whom the notice is about before it.
SELECT n.owner_id, p.clinic_id, d.delivery_id, n.notice_id, n.cause, d.priority, d.user_id, u.name, c.kind, d.state,
    to_us(d.queued_at), to_us(d.changed_at), to_us(min(e.at) FILTER (WHERE e.state = 'sent')),
    to_us(min(e.at) FILTER (WHERE e.state IN ('delivered', 'read', 'accepted', 'rejected'))),
    coalesce((
        SELECT array_agg(a.alert_id ORDER BY a.alert_id) FROM notice_alert AS a WHERE a.notice_id = n.notice_id
    ), '{}')
FROM delivery AS d
JOIN notice AS n USING (notice_id)
JOIN patient AS p ON p.patient_id = n.owner_id
JOIN channel AS c USING (channel_id)
JOIN user_account AS u ON u.user_id = d.user_id
LEFT JOIN delivery_event AS e USING (delivery_id)
WHERE (%(patient)s::int IS NULL OR n.owner_id = %(patient)s::int)
    AND (%(delivery)s::bigint IS NULL OR d.delivery_id = %(delivery)s::bigint) AND d.delivery_id < %(before)s
GROUP BY d.delivery_id, n.notice_id, p.patient_id, u.user_id, c.channel_id
ORDER BY d.delivery_id DESC
LIMIT %(limit)s
