-- name: add_channel
INSERT INTO channel (user_id, kind, address, host, label, tier, language, created_at)
VALUES (%(user)s, %(kind)s, %(address)s, %(host)s, %(label)s, %(tier)s, %(language)s, from_us(%(now)s))
RETURNING channel_id

-- name: channels_of
SELECT channel_id, user_id, kind, address, host, label, tier, language, to_us(created_at), to_us(tested_at),
    to_us(disabled_at), disabled_why
FROM channel
WHERE user_id = ANY (%(users)s::int[])
ORDER BY channel_id

-- name: disable_channel
UPDATE channel SET disabled_at = from_us(%(now)s), disabled_why = %(why)s
WHERE channel_id = %(channel)s AND disabled_at IS NULL

-- name: note_channel_tested
UPDATE channel SET tested_at = from_us(%(now)s) WHERE channel_id = %(channel)s

-- name: disable_channel_of_delivery
UPDATE channel SET disabled_at = from_us(%(now)s), disabled_why = %(why)s
WHERE channel_id = (SELECT channel_id FROM delivery WHERE delivery_id = %(delivery)s) AND disabled_at IS NULL

-- name: last_tested
SELECT user_id, to_us(max(tested_at)) FROM channel
WHERE tested_at IS NOT NULL AND disabled_at IS NULL
GROUP BY user_id
