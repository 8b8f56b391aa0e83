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

-- name: channels_given_up
SELECT c.channel_id, u.clinic_id, u.name, c.kind, c.label, c.disabled_why,
    EXISTS (SELECT FROM channel AS o
        WHERE o.user_id = c.user_id AND o.kind <> 'screen' AND o.disabled_at IS NULL)
FROM channel AS c
JOIN user_account AS u USING (user_id)
WHERE c.disabled_at > from_us(%(now)s) - interval '30 days' AND u.disabled_at IS NULL
    -- By a delivery, in one transaction with its end.
    AND EXISTS (SELECT FROM delivery AS d
        WHERE d.channel_id = c.channel_id AND d.state = 'failed' AND d.changed_at = c.disabled_at)
    AND NOT EXISTS (SELECT FROM channel AS n WHERE n.user_id = c.user_id AND n.created_at > c.disabled_at)
ORDER BY c.channel_id
