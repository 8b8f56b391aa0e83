-- name: authority
SELECT fingerprint, certificate FROM authority

-- name: add_authority
INSERT INTO authority (fingerprint, certificate, created_at)
VALUES (%(fingerprint)s, %(certificate)s, from_us(%(now)s))
ON CONFLICT DO NOTHING

-- name: lock_unit
SELECT unit_id, name, shard, to_us(revoked_at) FROM unit WHERE name = %(name)s FOR UPDATE

-- name: add_code
INSERT INTO enrolment_code (code_hash, unit_id, settings, created_at, expires_at)
VALUES (%(code)s, %(unit)s, %(settings)s, from_us(%(now)s), from_us(%(expires)s))

-- name: withdraw_codes
UPDATE enrolment_code SET withdrawn_at = from_us(%(now)s)
WHERE unit_id = %(unit)s AND used_at IS NULL AND withdrawn_at IS NULL

-- name: newest_settings
SELECT settings FROM enrolment_code WHERE unit_id = %(unit)s ORDER BY created_at DESC LIMIT 1

-- name: code
SELECT u.name, c.settings, to_us(c.expires_at), to_us(c.withdrawn_at), to_us(c.used_at), c.serial
FROM enrolment_code AS c
JOIN unit AS u USING (unit_id)
WHERE c.code_hash = %(code)s

-- name: use_code
UPDATE enrolment_code SET used_at = from_us(%(now)s), serial = %(serial)s
WHERE code_hash = %(code)s AND used_at IS NULL AND withdrawn_at IS NULL
RETURNING true

-- name: add_certificate
INSERT INTO certificate (serial, kind, unit_id, name, key_hash, pem, issued_at, valid_until)
VALUES (%(serial)s, %(kind)s, %(unit)s, %(name)s, %(key)s, %(pem)s, from_us(%(issued)s), from_us(%(until)s))

-- name: certificates
SELECT serial, kind, unit_id, name, key_hash, pem, to_us(issued_at), to_us(valid_until), to_us(revoked_at)
FROM certificate
WHERE (%(unit)s::int IS NULL OR unit_id = %(unit)s) AND (%(key)s::bytea IS NULL OR key_hash = %(key)s)
ORDER BY issued_at, serial

-- name: revoke_certificates
UPDATE certificate SET revoked_at = from_us(%(now)s)
WHERE unit_id = %(unit)s AND revoked_at IS NULL
RETURNING serial

-- name: revoke_certificate
UPDATE certificate SET revoked_at = coalesce(revoked_at, from_us(%(now)s)) WHERE serial = %(serial)s RETURNING serial

-- name: revoked_certificates
SELECT serial, to_us(revoked_at) FROM certificate
WHERE revoked_at IS NOT NULL AND valid_until > from_us(%(ended)s)
ORDER BY serial

-- name: certificate_ends
SELECT unit_id, to_us(max(valid_until)) FROM certificate
WHERE unit_id IS NOT NULL AND revoked_at IS NULL
GROUP BY unit_id
