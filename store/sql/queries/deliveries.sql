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

-- name: lock_waiting_channels
-- Locked, so that of several notifiers one at a time counts what a channel has carried and adds to it.
SELECT channel_id FROM channel
WHERE channel_id IN (
    SELECT d.channel_id FROM delivery AS d
    JOIN channel AS c USING (channel_id)
    WHERE d.next_try_at <= from_us(%(now)s) AND (d.priority = 'high' OR NOT %(high)s) AND c.host <> ALL (%(without)s::text[])
        AND (d.claimed_by IS NULL OR NOT EXISTS (
            SELECT FROM service_heartbeat AS h
            WHERE h.service = 'notifier' AND h.instance = d.claimed_by AND h.at > from_us(%(now)s) - interval '3 seconds')))
ORDER BY channel_id
FOR NO KEY UPDATE SKIP LOCKED

-- name: waiting_channels
WITH told AS MATERIALIZED (
    SELECT channel_id, count(*) AS notices, count(*) FILTER (WHERE is_high) AS high, count(folded_into) AS folded,
        count(folded_into) FILTER (WHERE is_high) AS high_folded, count(*) FILTER (WHERE is_single) AS singly,
        count(*) FILTER (WHERE is_page) AS pages,
        -- Of a clock that was set back some lie ahead (alerts.load.pacing): the pause is counted from what came after.
        max(claimed_at) FILTER (WHERE is_page AND claimed_at <= from_us(%(now)s) + interval '1 second') AS last,
        max(claimed_at) FILTER (WHERE is_page AND is_high AND claimed_at <= from_us(%(now)s) + interval '1 second') AS last_high,
        coalesce(array_agg(unit_id) FILTER (WHERE is_single AND unit_id IS NOT NULL), '{}') AS homes
    FROM (
        SELECT channel_id, folded_into, claimed_at, is_high, is_page, is_page AND is_high AND NOT EXISTS (
                SELECT FROM delivery AS f WHERE f.folded_into = d.delivery_id) AS is_single,
            CASE WHEN is_page AND is_high THEN (SELECT unit_id FROM notice AS n WHERE n.notice_id = d.notice_id) END AS unit_id
        FROM (
            -- A try that failed was no page.
            SELECT *, priority = 'high' AS is_high, folded_into IS NULL AND claimed_at IS NOT NULL
                AND (claimed_by IS NOT NULL OR state NOT IN ('queued', 'failed')) AS is_page
            FROM delivery
            WHERE channel_id = ANY (%(channels)s::int[]) AND queued_at > from_us(%(now)s) - interval '10 minutes'
                AND notice_id IS NOT NULL -- a test of the channel is no part of a flood
        ) AS d
    ) AS one
    GROUP BY channel_id
), due AS MATERIALIZED (
    SELECT d.channel_id, coalesce(n.audience, 'operations') AS audience, d.delivery_id, d.queued_at, d.priority = 'high' AS is_high,
        n.unit_id = ANY (told.homes) AS is_of_a_told_home, (u.is_test IS true OR d.priority = 'low') AS goes_alone
    FROM delivery AS d
    LEFT JOIN notice AS n USING (notice_id) -- none of a test of the channel, which is low
    LEFT JOIN unit AS u ON u.unit_id = n.unit_id
    LEFT JOIN told USING (channel_id)
    WHERE d.channel_id = ANY (%(channels)s::int[]) AND d.next_try_at <= from_us(%(now)s) AND (d.priority = 'high' OR NOT %(high)s)
        AND (d.claimed_by IS NULL OR NOT EXISTS (
        SELECT FROM service_heartbeat AS h
        WHERE h.service = 'notifier' AND h.instance = d.claimed_by AND h.at > from_us(%(now)s) - interval '3 seconds'))
), waiting AS (
    -- The first of high priority of a home that had no page of its own yet, and the first of the others.
    SELECT channel_id, audience, goes_alone, min(queued_at) FILTER (WHERE is_high) AS high_since, min(queued_at) AS since,
        (array_agg(delivery_id ORDER BY is_of_a_told_home IS true, queued_at, delivery_id) FILTER (WHERE is_high))[1] AS high_one,
        (array_agg(delivery_id ORDER BY queued_at, delivery_id) FILTER (WHERE NOT is_high))[1] AS one
    FROM due
    GROUP BY channel_id, audience, goes_alone
)
SELECT c.host, w.goes_alone, w.high_one, to_us(w.high_since), w.one, to_us(w.since), coalesce(t.notices, 0), coalesce(t.high, 0),
    coalesce(t.folded, 0), coalesce(t.high_folded, 0), coalesce(t.singly, 0), coalesce(t.pages, 0), to_us(t.last),
    to_us(t.last_high)
FROM waiting AS w
JOIN channel AS c USING (channel_id)
LEFT JOIN told AS t USING (channel_id)
-- What goes alone is low, or a test: after all that somebody is to answer.
ORDER BY w.high_one IS NULL, w.goes_alone, w.since, w.channel_id

-- name: claim_deliveries
WITH due AS MATERIALIZED (
    SELECT delivery_id FROM delivery AS d
    WHERE delivery_id = ANY (%(deliveries)s::bigint[]) AND d.next_try_at <= from_us(%(now)s)
        AND (d.claimed_by IS NULL OR NOT EXISTS (
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
    SELECT d.delivery_id, d.channel_id, d.priority, n.audience, n.unit_id
    FROM delivery AS d
    JOIN notice AS n USING (notice_id)
    WHERE d.delivery_id = ANY (%(leads)s::bigint[]) AND d.claimed_by = %(instance)s
), due AS MATERIALIZED (
    SELECT d.delivery_id, lead.delivery_id AS lead, d.priority, n.unit_id
    FROM delivery AS d
    JOIN notice AS n USING (notice_id)
    LEFT JOIN unit AS u ON u.unit_id = n.unit_id
    JOIN lead ON lead.channel_id = d.channel_id AND lead.audience = n.audience AND lead.delivery_id <> d.delivery_id
    -- What only tries the way, or tells of the work list, is no part of what people are to answer now.
    WHERE u.is_test IS NOT true AND d.priority <> 'low' AND (d.priority <> 'high' OR lead.priority = 'high') AND d.next_try_at <= from_us(%(now)s)
        AND (d.claimed_by IS NULL OR NOT EXISTS (
        SELECT FROM service_heartbeat AS h
        WHERE h.service = 'notifier' AND h.instance = d.claimed_by AND h.at > from_us(%(now)s) - interval '3 seconds'))
    ORDER BY priority_rank(d.priority) DESC, d.queued_at, d.delivery_id LIMIT %(limit)s
    FOR UPDATE OF d SKIP LOCKED
), folded AS (
    UPDATE delivery AS d SET
        claimed_by = %(instance)s, claimed_at = from_us(%(now)s), attempts = attempts + 1, folded_into = due.lead
    FROM due
    WHERE d.delivery_id = due.delivery_id
    RETURNING due.lead, due.priority, due.unit_id
), together AS (
    SELECT lead, priority, unit_id FROM folded
    UNION ALL
    SELECT delivery_id, priority, unit_id FROM lead WHERE delivery_id IN (SELECT lead FROM folded)
)
SELECT lead, count(DISTINCT unit_id), count(*) FILTER (WHERE priority = 'high'), count(*) FILTER (WHERE priority <> 'high')
FROM together
GROUP BY lead

-- name: release_deliveries
WITH mine AS MATERIALIZED (
    SELECT delivery_id FROM delivery
    WHERE next_try_at IS NOT NULL AND claimed_by = %(instance)s AND delivery_id <> ALL (%(held)s::bigint[])
        AND (folded_into IS NULL OR folded_into <> ALL (%(held)s::bigint[]))
    ORDER BY delivery_id
    FOR UPDATE
)
UPDATE delivery AS d SET claimed_by = NULL, folded_into = NULL
FROM mine
WHERE d.delivery_id = mine.delivery_id AND d.claimed_by = %(instance)s
RETURNING d.delivery_id

-- name: put_off_delivery
UPDATE delivery SET claimed_by = NULL, folded_into = NULL, next_try_at = from_us(%(next)s)
WHERE (delivery_id = %(delivery)s OR folded_into = %(delivery)s) AND claimed_by = %(instance)s AND next_try_at IS NOT NULL

-- name: report_deliveries
WITH moved AS (
    UPDATE delivery AS d SET
        state = said.state, next_try_at = from_us(said.next), claimed_by = NULL, changed_at = from_us(%(now)s),
        -- Not taken: each waits for itself again, to be folded or not when its time comes.
        folded_into = CASE WHEN said.next IS NULL THEN folded_into END
    FROM unnest(%(deliveries)s::bigint[], %(states)s::text[], %(details)s::text[], %(nexts)s::bigint[])
        WITH ORDINALITY AS said (delivery_id, state, detail, next, number)
    WHERE d.delivery_id = said.delivery_id
    RETURNING d.delivery_id, d.attempts, said.state, said.detail, said.number
)
INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
SELECT delivery_id, from_us(%(now)s), state, attempts, detail FROM moved
ORDER BY number

-- name: lock_deliveries
SELECT delivery_id, state, claimed_by, notice_id, round, next_try_at IS NOT NULL, coalesce(folded_into, delivery_id),
    to_us(queued_at)
FROM delivery
WHERE delivery_id = ANY (%(deliveries)s::bigint[]) OR folded_into = ANY (%(deliveries)s::bigint[])
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
