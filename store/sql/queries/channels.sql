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

-- name: note_tested_of_delivery
UPDATE channel SET tested_at = from_us(%(now)s)
WHERE channel_id = (SELECT channel_id FROM delivery WHERE delivery_id = %(delivery)s AND notice_id IS NULL)

-- name: publish_push_key
INSERT INTO push_key AS k (public_key, since) VALUES (%(key)s, from_us(%(now)s))
ON CONFLICT (only_one) DO UPDATE SET public_key = excluded.public_key, since = excluded.since
WHERE k.public_key <> excluded.public_key
RETURNING 1

-- name: withdraw_push_key
DELETE FROM push_key RETURNING 1

-- name: push_key
SELECT public_key FROM push_key

-- name: lock_person
SELECT user_id FROM user_account WHERE user_id = %(user)s FOR NO KEY UPDATE

-- name: own_channels
SELECT c.channel_id, c.kind, c.address, c.host, c.label, c.tier, c.language, to_us(c.created_at), to_us(c.tested_at),
    to_us(c.disabled_at), c.disabled_why, d.delivery_id, d.state, d.attempts, to_us(d.queued_at), to_us(d.changed_at),
    d.next_try_at IS NOT NULL,
    (SELECT detail FROM delivery_event AS e WHERE e.delivery_id = d.delivery_id ORDER BY event_id DESC LIMIT 1)
FROM channel AS c
LEFT JOIN LATERAL (
    SELECT * FROM delivery AS t WHERE t.channel_id = c.channel_id AND t.notice_id IS NULL ORDER BY delivery_id DESC LIMIT 1
) AS d ON true
WHERE c.user_id = %(user)s AND (c.disabled_at IS NULL OR c.disabled_at > from_us(%(since)s))
ORDER BY c.channel_id

-- name: is_address_of_others
SELECT EXISTS (
    SELECT FROM channel AS c JOIN channel AS other USING (kind, address)
    WHERE c.channel_id = %(channel)s AND other.user_id <> c.user_id AND other.disabled_at IS NULL)

-- name: queue_channel_test
WITH added AS (
    INSERT INTO delivery (round, step, channel_id, user_id, priority, queued_at, next_try_at, changed_at)
    SELECT 0, 0, channel_id, user_id, 'low', from_us(%(now)s), from_us(%(now)s), from_us(%(now)s)
    FROM channel WHERE channel_id = %(channel)s AND disabled_at IS NULL AND kind <> 'screen'
    RETURNING delivery_id
), told AS (
    INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
    SELECT delivery_id, from_us(%(now)s), 'queued', 0, '' FROM added
)
SELECT delivery_id FROM added

-- name: withdraw_channel_tests
UPDATE delivery SET next_try_at = NULL, claimed_by = NULL
WHERE channel_id = %(channel)s AND notice_id IS NULL AND next_try_at IS NOT NULL

-- name: speak_to
-- The account, and whatever it is reached by, in this language from now on.
WITH account AS (UPDATE user_account SET language = %(language)s WHERE user_id = %(user)s)
UPDATE channel SET language = %(language)s WHERE user_id = %(user)s AND disabled_at IS NULL
