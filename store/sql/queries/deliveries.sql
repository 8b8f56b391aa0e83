-- name: queue_deliveries
WITH added AS (
    INSERT INTO delivery (notice_id, round, step, channel_id, user_id, priority, queued_at, next_try_at, changed_at)
    SELECT notice, round, step, channel_id, user_id, priority, from_us(%(now)s),
        -- A screen is told by the API, which hears of the row; it is never tried twice.
        CASE WHEN kind <> 'screen' THEN from_us(%(now)s) END, from_us(%(now)s)
    FROM unnest(
        %(notices)s::bigint[], %(rounds)s::int[], %(steps)s::smallint[], %(channels)s::int[], %(priorities)s::text[]
    ) WITH ORDINALITY AS wanted (notice, round, step, channel_id, priority, number)
    JOIN channel USING (channel_id)
    WHERE disabled_at IS NULL
    ORDER BY number
    ON CONFLICT (notice_id, round, channel_id) DO NOTHING
    RETURNING delivery_id, notice_id, step
), told AS (
    INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
    SELECT delivery_id, from_us(%(now)s), 'queued', 0, '' FROM added
)
SELECT delivery_id, notice_id, step, pg_notify('delivery', delivery_id::text) FROM added

-- name: told_in_round
SELECT d.channel_id, d.user_id, d.state, EXISTS (
    SELECT FROM notice_event AS e
    WHERE e.notice_id = d.notice_id AND e.round = d.round AND e.move = 'reject' AND e.actor = d.user_id)
FROM delivery AS d
WHERE d.notice_id = %(notice)s AND d.round = %(round)s

-- name: ways_of_people
SELECT c.channel_id, c.user_id, c.tier
FROM channel AS c
JOIN user_account AS u USING (user_id)
WHERE c.user_id = ANY (%(users)s::int[]) AND c.disabled_at IS NULL AND u.disabled_at IS NULL
ORDER BY c.tier, c.channel_id

-- name: claim_deliveries
WITH open AS MATERIALIZED (
    SELECT DISTINCT ON (c.host) d.delivery_id, priority_rank(d.priority) AS rank, d.queued_at
    FROM delivery AS d
    JOIN channel AS c USING (channel_id)
    WHERE d.next_try_at <= from_us(%(now)s) AND (d.priority = 'high' OR NOT %(high)s) AND c.host <> ALL (%(without)s::text[])
        AND (d.claimed_by IS NULL OR NOT EXISTS (
            SELECT FROM service_heartbeat AS h
            WHERE h.service = 'notifier' AND h.instance = d.claimed_by AND h.at > from_us(%(now)s) - interval '3 seconds'))
    ORDER BY c.host, rank DESC, d.queued_at, d.delivery_id
), due AS MATERIALIZED (
    -- What another has claimed since the first look is seen here: a row that was waited for is looked at once more.
    SELECT delivery_id FROM delivery AS d
    WHERE delivery_id IN (SELECT delivery_id FROM open ORDER BY rank DESC, queued_at, delivery_id LIMIT %(limit)s)
        AND d.next_try_at <= from_us(%(now)s) AND (d.claimed_by IS NULL OR NOT EXISTS (
            SELECT FROM service_heartbeat AS h
            WHERE h.service = 'notifier' AND h.instance = d.claimed_by AND h.at > from_us(%(now)s) - interval '3 seconds'))
    FOR UPDATE SKIP LOCKED
)
UPDATE delivery AS d SET
    claimed_by = %(instance)s, claimed_at = from_us(%(now)s), attempts = attempts + 1, folded_into = NULL
FROM due, channel AS c
WHERE d.delivery_id = due.delivery_id AND c.channel_id = d.channel_id
-- Without a notice it is a person's own test of a channel: for nobody's audience.
RETURNING d.delivery_id, d.channel_id, c.address, c.host, c.language,
    coalesce((SELECT n.audience FROM notice AS n WHERE n.notice_id = d.notice_id), 'operations'), d.priority, d.attempts,
    d.receipt, to_us(d.queued_at), d.notice_id IS NULL OR EXISTS (
        SELECT FROM notice AS n JOIN unit AS u USING (unit_id) WHERE n.notice_id = d.notice_id AND u.is_test),
    (SELECT open FROM digest WHERE digest.notice_id = d.notice_id),
    (SELECT days FROM digest WHERE digest.notice_id = d.notice_id)

-- name: fold_deliveries
WITH lead AS MATERIALIZED (
    SELECT d.delivery_id, d.channel_id, d.user_id, n.audience
    FROM delivery AS d
    JOIN notice AS n USING (notice_id)
    WHERE d.delivery_id = %(delivery)s AND d.priority = 'medium'
), load AS MATERIALIZED (
    SELECT count(DISTINCT (d.notice_id, d.round)) AS pages, count(d.folded_into) AS folded
    FROM delivery AS d, lead
    WHERE d.user_id = lead.user_id AND d.notice_id IS NOT NULL AND d.queued_at > from_us(%(now)s) - interval '10 minutes'
), due AS MATERIALIZED (
    SELECT d.delivery_id
    FROM delivery AS d
    JOIN notice AS n USING (notice_id)
    CROSS JOIN lead
    CROSS JOIN load
    WHERE (load.pages > %(begins)s OR (load.folded > 0 AND load.pages >= %(ends)s))
        AND d.channel_id = lead.channel_id AND d.delivery_id <> lead.delivery_id AND d.priority = 'medium'
        AND n.audience = lead.audience
        AND d.next_try_at <= from_us(%(now)s) AND (d.claimed_by IS NULL OR NOT EXISTS (
            SELECT FROM service_heartbeat AS h
            WHERE h.service = 'notifier' AND h.instance = d.claimed_by AND h.at > from_us(%(now)s) - interval '3 seconds'))
    ORDER BY d.queued_at, d.delivery_id LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE delivery AS d SET
    claimed_by = %(instance)s, claimed_at = from_us(%(now)s), attempts = attempts + 1, folded_into = lead.delivery_id
FROM due, lead
WHERE d.delivery_id = due.delivery_id
RETURNING d.delivery_id

-- name: report_delivery
WITH moved AS (
    UPDATE delivery SET
        state = %(state)s, next_try_at = from_us(%(next)s), claimed_by = NULL, changed_at = from_us(%(now)s),
        -- Not taken: each waits for itself again, to be folded or not when its time comes.
        folded_into = CASE WHEN %(next)s::bigint IS NULL THEN folded_into END
    WHERE delivery_id = %(delivery)s
    RETURNING delivery_id, attempts
)
INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
SELECT delivery_id, from_us(%(now)s), %(state)s, attempts, %(detail)s FROM moved

-- name: lock_delivery
SELECT delivery_id, state, claimed_by, notice_id, round, next_try_at IS NOT NULL, to_us(queued_at) FROM delivery
WHERE delivery_id = %(delivery)s OR folded_into = %(delivery)s
ORDER BY delivery_id
FOR UPDATE

-- name: nothing_left
-- A screen that nobody has open is nothing that could still arrive.
SELECT NOT EXISTS (
    SELECT FROM delivery AS d
    JOIN channel AS c USING (channel_id)
    WHERE d.notice_id = %(notice)s AND d.round = %(round)s AND d.state <> 'failed'
        AND NOT (c.kind = 'screen' AND d.state = 'queued'))

-- name: next_delivery_due
SELECT to_us(min(next_try_at)) FROM delivery WHERE next_try_at IS NOT NULL AND claimed_by IS NULL

-- name: deliveries_of_notice
SELECT d.delivery_id, d.round, d.step, d.user_id, u.name, c.kind, c.label, d.state, d.attempts, to_us(d.queued_at),
    to_us(d.changed_at), (SELECT detail FROM delivery_event WHERE delivery_id = d.delivery_id ORDER BY event_id DESC LIMIT 1)
FROM delivery AS d
JOIN channel AS c USING (channel_id)
JOIN user_account AS u ON u.user_id = d.user_id
WHERE d.notice_id = %(notice)s
ORDER BY d.delivery_id

-- name: announced_screen_pages
SELECT d.delivery_id, d.user_id, d.notice_id, d.priority, to_us(d.queued_at)
FROM delivery AS d
JOIN channel AS c USING (channel_id)
JOIN notice AS n USING (notice_id)
-- Sent already: by another server, to that one's sockets.
WHERE d.delivery_id = ANY (%(deliveries)s::bigint[]) AND c.kind = 'screen' AND d.state IN ('queued', 'sent')
    AND n.state IN ('asking', 'unanswered') AND n.round = d.round
ORDER BY d.delivery_id

-- name: waiting_screen_pages
SELECT d.delivery_id, d.user_id, d.notice_id, d.priority, to_us(d.queued_at)
FROM delivery AS d
JOIN channel AS c USING (channel_id)
JOIN notice AS n USING (notice_id)
WHERE d.user_id = ANY (%(users)s::int[]) AND d.queued_at > clock_timestamp() - make_interval(mins => %(minutes)s)
    -- Also what was handed to a socket that broke, and what a page that is loaded anew showed before: it is asked still.
    AND c.kind = 'screen' AND d.state IN ('queued', 'sent', 'delivered', 'read') AND n.state IN ('asking', 'unanswered') AND n.round = d.round
ORDER BY d.delivery_id

-- name: is_addressed
SELECT EXISTS (SELECT FROM delivery WHERE notice_id = %(notice)s AND user_id = %(user)s)

-- name: notice_of_delivery
SELECT notice_id FROM delivery WHERE delivery_id = %(delivery)s AND notice_id IS NOT NULL

-- name: delivery_of_receipt
SELECT delivery_id FROM delivery WHERE receipt = %(receipt)s

-- name: advance_delivery
WITH moved AS (
    UPDATE delivery SET
        state = %(state)s, next_try_at = NULL, claimed_by = NULL, changed_at = clock_timestamp(),
        attempts = attempts + (%(state)s::text = 'sent')::int
    WHERE delivery_id = %(delivery)s AND (%(user)s::int IS NULL OR user_id = %(user)s)
        AND state = ANY (%(before)s::text[])
    RETURNING delivery_id, attempts, changed_at
)
INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
SELECT delivery_id, changed_at, %(state)s, attempts, %(detail)s FROM moved
RETURNING delivery_id
