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
