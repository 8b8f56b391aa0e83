-- name: append_audit_event
INSERT INTO audit_event (at, actor, action, subject, detail)
VALUES (from_us(%(at)s), %(actor)s, %(action)s, %(subject)s, %(detail)s)

-- name: audit_chain
SELECT event_id, to_us(at), actor, action, subject, detail::text, previous, hash FROM audit_event ORDER BY event_id
