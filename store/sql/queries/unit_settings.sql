-- name: newest_settings_serial
SELECT coalesce(max(serial), 0) FROM unit_settings WHERE unit_id = %(unit)s

-- name: add_settings
INSERT INTO unit_settings (unit_id, serial, settings, message, author, reason, created_at)
VALUES (%(unit)s, %(serial)s, %(settings)s, %(message)s, %(author)s, %(reason)s, from_us(%(now)s))

-- name: settings_history
SELECT s.serial, s.settings, s.author, s.reason, to_us(s.created_at)
FROM unit_settings AS s
JOIN unit AS u USING (unit_id)
WHERE u.name = %(name)s
ORDER BY s.serial

-- name: newest_settings_messages
SELECT DISTINCT ON (s.unit_id) u.name, u.shard, s.serial, s.message
FROM unit_settings AS s
JOIN unit AS u USING (unit_id)
WHERE u.revoked_at IS NULL
ORDER BY s.unit_id, s.serial DESC

-- name: settings_states
SELECT unit.unit_id, coalesce(newest.serial, 0), coalesce(status.config_serial, 0), coalesce(status.config_trouble, '')
FROM unit
LEFT JOIN LATERAL (
    SELECT max(serial) AS serial FROM unit_settings WHERE unit_settings.unit_id = unit.unit_id
) AS newest ON true
LEFT JOIN unit_status AS status USING (unit_id)
