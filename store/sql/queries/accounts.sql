-- name: add_user
INSERT INTO user_account (email, name, role, clinic_id, password_hash, created_at)
VALUES (%(email)s, %(name)s, %(role)s, %(clinic)s, %(password_hash)s, from_us(%(now)s))
RETURNING user_id

-- name: users
SELECT
    u.user_id, u.email, u.name, u.role, u.clinic_id, c.name, u.password_hash, u.disabled_at IS NOT NULL
FROM user_account AS u
LEFT JOIN clinic AS c USING (clinic_id)
WHERE %(email)s::text IS NULL OR lower(u.email) = lower(%(email)s::text)
ORDER BY u.user_id

-- name: disable_user
UPDATE user_account SET disabled_at = coalesce(disabled_at, from_us(%(now)s)) WHERE user_id = %(user)s

-- name: sweep_sessions
DELETE FROM session WHERE expires_at <= from_us(%(now)s)

-- name: add_session
INSERT INTO session (token_hash, user_id, created_at, expires_at, seen_at)
VALUES (%(token)s, %(user)s, from_us(%(now)s), from_us(%(expires)s), from_us(%(now)s))

-- name: use_session
UPDATE session SET seen_at = from_us(%(now)s) WHERE token_hash = %(token)s

-- name: session
-- Not used for longer than `idle`: it has ended, as if it had expired.
SELECT
    to_us(s.expires_at), to_us(s.seen_at), u.user_id, u.email, u.name, u.role, u.clinic_id, c.name, u.password_hash, false
FROM session AS s
JOIN user_account AS u USING (user_id)
LEFT JOIN clinic AS c USING (clinic_id)
WHERE s.token_hash = %(token)s AND s.expires_at > from_us(%(now)s) AND u.disabled_at IS NULL
    AND coalesce(s.seen_at, from_us(%(now)s)) > from_us(%(now)s - %(idle)s)

-- name: end_session
DELETE FROM session WHERE token_hash = %(token)s

-- name: end_sessions_of
DELETE FROM session WHERE user_id = %(user)s

-- name: set_password_hash
UPDATE user_account SET password_hash = %(password_hash)s WHERE user_id = %(user)s
