-- name: lock_account
SELECT user_id FROM user_account WHERE user_id = %(user)s FOR UPDATE

-- name: account_by_id
SELECT
    u.user_id, u.email, u.name, u.role, u.clinic_id, c.name, u.password_hash, u.disabled_at IS NOT NULL, u.language
FROM user_account AS u
LEFT JOIN clinic AS c USING (clinic_id)
WHERE u.user_id = %(user)s

-- name: clinic_of_exact_name
SELECT clinic_id FROM clinic WHERE name = %(name)s

-- name: identity
SELECT user_id FROM identity WHERE issuer = %(issuer)s AND subject = %(subject)s

-- name: link_identity
-- Of two who come at once the second finds it done.
INSERT INTO identity (issuer, subject, user_id, linked_at)
VALUES (%(issuer)s, %(subject)s, %(user)s, from_us(%(now)s))
ON CONFLICT DO NOTHING
RETURNING user_id

-- name: sweep_sign_in_steps
DELETE FROM sign_in_step WHERE expires_at <= from_us(%(now)s)

-- name: add_sign_in_step
INSERT INTO sign_in_step (token_hash, kind, user_id, content, expires_at)
VALUES (%(token)s, %(kind)s, %(user)s, %(content)s, from_us(%(expires)s))

-- name: take_sign_in_step
DELETE FROM sign_in_step
WHERE token_hash = %(token)s AND kind = %(kind)s AND user_id IS NOT DISTINCT FROM coalesce(%(user)s::int, user_id)
RETURNING user_id, content, expires_at > from_us(%(now)s)

-- name: passkeys
SELECT passkey_id, user_id, credential_id, public_key, sign_count, label, to_us(added_at), to_us(used_at),
    to_us(suspected_at)
FROM passkey
WHERE user_id = %(user)s
ORDER BY passkey_id

-- name: lock_passkey
SELECT passkey_id, user_id, credential_id, public_key, sign_count, label, to_us(added_at), to_us(used_at),
    to_us(suspected_at)
FROM passkey
WHERE credential_id = %(credential)s AND user_id = %(user)s
FOR UPDATE

-- name: add_passkey
INSERT INTO passkey (user_id, credential_id, public_key, sign_count, label, added_at)
VALUES (%(user)s, %(credential)s, %(key)s, %(count)s, %(label)s, from_us(%(now)s))
ON CONFLICT (credential_id) DO NOTHING
RETURNING passkey_id

-- name: use_passkey
UPDATE passkey SET sign_count = %(count)s, used_at = from_us(%(now)s) WHERE passkey_id = %(passkey)s

-- name: suspect_passkey
UPDATE passkey SET suspected_at = from_us(%(now)s) WHERE passkey_id = %(passkey)s AND suspected_at IS NULL

-- name: remove_passkey
DELETE FROM passkey WHERE passkey_id = %(passkey)s AND user_id = %(user)s RETURNING passkey_id

-- name: remove_passkeys_of
DELETE FROM passkey WHERE user_id = %(user)s RETURNING passkey_id
