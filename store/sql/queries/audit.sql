-- name: append_audit_event
INSERT INTO audit_event (at, actor, action, subject, detail)
VALUES (from_us(%(at)s), %(actor)s, %(action)s, %(subject)s, %(detail)s)

-- name: who_looked
SELECT a.event_id, to_us(e.at), e.actor, coalesce(u.name, k.name, ''), coalesce(u.role, ''), e.action
FROM audit_patient AS a
JOIN audit_event AS e USING (event_id)
LEFT JOIN user_account AS u ON u.user_id = substring(e.actor FROM '^user:([0-9]{1,9})$')::int
LEFT JOIN kiosk AS k ON k.kiosk_id = substring(e.actor FROM '^kiosk:([0-9]{1,9})$')::int
WHERE a.patient_id = %(patient)s AND (%(before)s::bigint IS NULL OR a.event_id < %(before)s::bigint)
ORDER BY a.event_id DESC
LIMIT %(limit)s

-- name: audit_chain
SELECT event_id, to_us(at), actor, action, subject, detail::text, previous, hash FROM audit_event ORDER BY event_id
