-- name: add_patient_event
INSERT INTO patient_event (patient_id, kind, starts_at, ends_at, text, user_id, corrects, entered_at)
VALUES (%(patient)s, %(kind)s, from_us(%(start)s), from_us(%(end)s), %(text)s, %(user)s, %(corrects)s, from_us(%(now)s))
ON CONFLICT (corrects) DO NOTHING
RETURNING event_id

-- name: patient_event_exists
SELECT FROM patient_event WHERE patient_id = %(patient)s AND event_id = %(event)s AND kind = %(kind)s

-- name: patient_events
SELECT e.event_id, e.kind, to_us(e.starts_at), to_us(e.ends_at), e.text, a.name, e.corrects, c.event_id,
    to_us(e.entered_at)
FROM patient_event AS e
LEFT JOIN user_account AS a USING (user_id)
LEFT JOIN patient_event AS c ON c.corrects = e.event_id
WHERE e.patient_id = %(patient)s AND e.starts_at < from_us(%(end)s)
    AND (e.starts_at >= from_us(%(start)s) OR e.ends_at > from_us(%(start)s))
    AND (%(before_us)s::bigint IS NULL OR (e.starts_at, e.event_id) < (from_us(%(before_us)s), %(before)s))
ORDER BY e.starts_at DESC, e.event_id DESC
LIMIT %(limit)s

-- name: newest_symptoms
SELECT b.unit_id, to_us(max(e.starts_at))
FROM binding AS b
JOIN patient_event AS e ON e.patient_id = b.patient_id AND e.kind = 'symptom'
    AND e.starts_at > from_us(%(now)s) - interval '12 hours' AND e.starts_at <= from_us(%(now)s)
WHERE b.until IS NULL AND b.unit_id = ANY (%(units)s::int[])
    AND NOT EXISTS (SELECT FROM patient_event AS c WHERE c.corrects = e.event_id)
GROUP BY b.unit_id

-- name: newest_symptom
SELECT to_us(e.starts_at)
FROM patient_event AS e
WHERE e.patient_id = %(patient)s AND e.kind = 'symptom'
    AND e.starts_at > from_us(%(then)s) - interval '12 hours' AND e.starts_at <= from_us(%(then)s)
    AND NOT EXISTS (SELECT FROM patient_event AS c WHERE c.corrects = e.event_id)
ORDER BY e.starts_at DESC
LIMIT 1
