-- name: home_accounts
SELECT user_id, patient_id FROM patient_account ORDER BY user_id

-- name: home_of_account
-- Of an account that is let in, as a patient's: whose it is, and the home that serves them.
SELECT p.patient_id, p.display_name, c.clinic_id, c.name, c.phone, b.unit_id, u.name, u.label
FROM patient_account AS a
JOIN user_account AS x ON x.user_id = a.user_id AND x.role = 'patient' AND x.disabled_at IS NULL
JOIN patient AS p ON p.patient_id = a.patient_id
LEFT JOIN clinic AS c ON c.clinic_id = p.clinic_id
LEFT JOIN binding AS b ON b.patient_id = p.patient_id AND b.until IS NULL
LEFT JOIN unit AS u ON u.unit_id = b.unit_id AND u.revoked_at IS NULL
WHERE a.user_id = %(user)s
ORDER BY b.since DESC NULLS LAST
LIMIT 1

-- name: open_home
INSERT INTO patient_account (user_id, patient_id, since) VALUES (%(user)s, %(patient)s, from_us(%(now)s))
ON CONFLICT (user_id) DO UPDATE SET patient_id = excluded.patient_id, since = excluded.since

-- name: close_home
DELETE FROM patient_account WHERE user_id = %(user)s

-- name: say_at_home
INSERT INTO said_at_home (user_id, said, what, at) VALUES (%(user)s, %(said)s, %(what)s, from_us(%(now)s))
ON CONFLICT (user_id, said) DO NOTHING
RETURNING user_id

-- name: name_alert_of_said
UPDATE said_at_home SET alert_id = %(alert)s WHERE user_id = %(user)s AND said = %(said)s

-- name: alert_of_said
SELECT alert_id FROM said_at_home WHERE user_id = %(user)s AND said = %(said)s

-- name: standing_help
SELECT alert_id, unit_id, rule, state, priority, to_us(since), acknowledged_by
FROM alert
WHERE state <> 'normal' AND unit_id = %(unit)s AND rule = %(rule)s AND owner_id = %(patient)s
ORDER BY alert_id DESC
LIMIT 1
FOR NO KEY UPDATE

-- name: alone_at_home
SELECT pg_advisory_xact_lock(hashtext('homehd help'), %(unit)s)

-- name: handle_at_home
INSERT INTO handling (alert_id, user_id, at)
SELECT alert_id, %(user)s, from_us(%(now)s) FROM alert
WHERE alert_id = %(alert)s AND unit_id = %(unit)s AND owner_id = %(patient)s AND state LIKE 'active%%'
ON CONFLICT (alert_id) DO NOTHING

-- name: handled_alerts
SELECT alert_id, to_us(at) FROM handling WHERE alert_id = ANY (%(alerts)s::bigint[])

-- name: patient_of_home
SELECT p.patient_id, p.display_name
FROM unit AS u
JOIN binding AS b ON b.unit_id = u.unit_id AND b.until IS NULL
JOIN patient AS p USING (patient_id)
WHERE u.name = %(unit)s AND p.clinic_id IS NOT DISTINCT FROM %(clinic)s::int

-- name: set_phone
UPDATE clinic SET phone = %(phone)s WHERE name = %(clinic)s
