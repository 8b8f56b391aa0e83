-- name: lock_accounts
SELECT pg_advisory_xact_lock(hashtext('homehd change accounts'))

-- name: managed_accounts
-- `clinic` null: of every clinic, and those without one.
SELECT
    u.user_id, u.email, u.name, u.role, u.clinic_id, c.name, to_us(u.created_at), to_us(u.disabled_at),
    (SELECT to_us(max(coalesce(s.seen_at, s.created_at))) FROM session AS s WHERE s.user_id = u.user_id),
    (SELECT count(*) FROM session AS s
        WHERE s.user_id = u.user_id AND s.expires_at > from_us(%(now)s) AND s.ended_at IS NULL)
FROM user_account AS u
LEFT JOIN clinic AS c USING (clinic_id)
WHERE (%(clinic)s::int IS NULL OR u.clinic_id = %(clinic)s::int)
    AND (%(user)s::int IS NULL OR u.user_id = %(user)s::int)
    AND (%(after)s::int IS NULL OR u.user_id > %(after)s::int)
    AND (%(text)s::text IS NULL
        OR strpos(lower(u.name), lower(%(text)s::text)) > 0 OR strpos(lower(u.email), lower(%(text)s::text)) > 0)
ORDER BY u.user_id
LIMIT %(limit)s

-- name: other_administrators
-- Of that clinic or of all: whoever else could run the accounts of that clinic. `clinic` null: of all clinics only.
SELECT count(*) FROM user_account
WHERE role = 'administrator' AND disabled_at IS NULL AND user_id <> %(user)s
    AND (clinic_id IS NULL OR clinic_id = %(clinic)s::int)

-- name: rename_account
UPDATE user_account SET name = %(name)s WHERE user_id = %(user)s

-- name: move_account
UPDATE user_account SET role = %(role)s, clinic_id = %(clinic)s WHERE user_id = %(user)s

-- name: enable_account
UPDATE user_account SET disabled_at = NULL WHERE user_id = %(user)s

-- name: clinics
SELECT clinic_id, name FROM clinic WHERE %(clinic)s::int IS NULL OR clinic_id = %(clinic)s::int ORDER BY name
