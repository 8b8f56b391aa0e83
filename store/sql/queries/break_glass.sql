-- name: patients_called
-- By the exact name, or by the home that serves them now: whoever asks knows whom he means. Of one clinic, or (null) of
-- all: a namesake whom nobody here may open makes nobody hard to find.
SELECT DISTINCT p.patient_id, p.clinic_id
FROM patient AS p
LEFT JOIN binding AS b ON b.patient_id = p.patient_id AND b.until IS NULL
LEFT JOIN unit AS u ON u.unit_id = b.unit_id
WHERE (lower(p.display_name) = lower(%(whom)s) OR u.name = %(whom)s)
    AND (%(clinic)s::int IS NULL OR p.clinic_id = %(clinic)s::int)
LIMIT 2

-- name: break_glass
INSERT INTO break_glass (user_id, patient_id, reason, opened_at, until)
VALUES (%(user)s, %(patient)s, %(reason)s, from_us(%(now)s), from_us(%(until)s))
RETURNING glass_id

-- name: end_break_glass
UPDATE break_glass SET ended_at = from_us(%(now)s)
WHERE glass_id = %(glass)s AND user_id = %(user)s AND ended_at IS NULL AND until > from_us(%(now)s)
RETURNING patient_id

-- name: review_break_glass
UPDATE break_glass SET reviewed_by = %(user)s, reviewed_at = from_us(%(now)s), judged_right = %(right)s, note = %(note)s
WHERE glass_id = %(glass)s AND reviewed_by IS NULL AND user_id <> %(user)s
RETURNING patient_id

-- name: break_glass_list
-- `deeds`: rows of the record about the patient that this person left meanwhile.
SELECT g.glass_id, g.user_id, u.name, u.role, c.name, g.patient_id, p.clinic_id, p.display_name, g.reason,
    to_us(g.opened_at), to_us(g.until), to_us(g.ended_at), r.name, to_us(g.reviewed_at), g.judged_right, g.note,
    (SELECT count(*) FROM audit_patient AS a JOIN audit_event AS e USING (event_id)
        WHERE a.patient_id = g.patient_id AND e.actor = 'user:' || g.user_id
            AND e.at >= g.opened_at AND e.at < coalesce(g.ended_at, g.until) AND e.action <> 'break glass')
FROM break_glass AS g
JOIN user_account AS u ON u.user_id = g.user_id
LEFT JOIN clinic AS c ON c.clinic_id = u.clinic_id
JOIN patient AS p ON p.patient_id = g.patient_id
LEFT JOIN user_account AS r ON r.user_id = g.reviewed_by
WHERE (%(glass)s::bigint IS NULL OR g.glass_id = %(glass)s)
ORDER BY g.reviewed_at IS NOT NULL, g.glass_id DESC
LIMIT %(limit)s
