-- name: card_units
SELECT
    u.unit_id, u.name, u.clinic_id, EXISTS (SELECT FROM treatment WHERE unit_id = u.unit_id AND ended_at IS NULL),
    CASE WHEN o.is_out AND o.until > clock_timestamp() THEN o.reason ELSE '' END,
    CASE WHEN o.is_out AND o.until > clock_timestamp() THEN to_us(o.until) END, u.is_test
FROM unit AS u
LEFT JOIN LATERAL (
    SELECT is_out, until, reason FROM unit_service_event WHERE unit_id = u.unit_id ORDER BY event_id DESC LIMIT 1
) AS o ON true
ORDER BY u.unit_id

-- name: card_channels
SELECT c.channel_id, c.user_id, c.kind, c.address, c.host, c.tier, c.language
FROM channel AS c
JOIN user_account AS u USING (user_id)
WHERE c.disabled_at IS NULL AND u.disabled_at IS NULL
ORDER BY c.tier, c.channel_id

-- name: card_shelves
SELECT unit_id, rule, kind, priority, alert_id, to_us(until)
FROM (
    SELECT DISTINCT ON (unit_id, rule) * FROM shelving_event
    -- Nothing is set aside for longer than twelve hours.
    WHERE at > clock_timestamp() - interval '13 hours'
    ORDER BY unit_id, rule, event_id DESC
) AS newest
WHERE kind <> 'ended' AND until > clock_timestamp()
ORDER BY unit_id, rule

-- name: card_notices
SELECT
    n.notice_id, n.unit_id, n.cause, n.state, n.priority, n.round, n.accepted_by, to_us(n.accepted_until),
    coalesce(s.began, 0), coalesce(s.done, '{}')
FROM notice AS n
LEFT JOIN LATERAL (
    SELECT to_us(min(due_at) FILTER (WHERE kind = 'first')) AS began,
        array_agg(kind ORDER BY number) FILTER (WHERE done_at IS NOT NULL) AS done
    FROM notice_step WHERE notice_id = n.notice_id AND round = n.round
) AS s ON true
WHERE n.state <> 'over' AND n.unit_id IS NOT NULL AND n.patient_id IS NULL
ORDER BY n.notice_id

-- name: card_used
SELECT d.notice_id, d.channel_id, d.user_id, d.state, EXISTS (
    SELECT FROM notice_event AS e
    WHERE e.notice_id = d.notice_id AND e.round = d.round AND e.move = 'reject' AND e.actor = d.user_id)
FROM delivery AS d
JOIN notice AS n USING (notice_id, round)
WHERE n.notice_id = ANY (%(notices)s::bigint[])
ORDER BY d.delivery_id

-- name: card_notifiers
SELECT instance FROM service_heartbeat
WHERE service = 'notifier' AND at > clock_timestamp() - interval '10 seconds'
ORDER BY instance

-- name: reported_pages
SELECT DISTINCT d.notice_id FROM delivery AS d WHERE d.receipt = ANY (%(receipts)s::text[])

-- name: report_away_pages
WITH sent AS (
    SELECT *
    FROM unnest(
        %(rounds)s::int[], %(steps)s::smallint[], %(channels)s::int[], %(priorities)s::text[], %(at)s::bigint[],
        %(states)s::text[], %(receipts)s::text[]
    ) WITH ORDINALITY AS sent (round, step, channel_id, priority, at, state, receipt, number)
), went AS (
    -- It was queued when the database went away, and went out without it: once is enough.
    UPDATE delivery AS d SET
        state = s.state, attempts = d.attempts + 1, next_try_at = NULL, claimed_by = NULL, folded_into = NULL,
        changed_at = from_us(s.at), receipt = s.receipt
    FROM sent AS s
    WHERE d.notice_id = %(notice)s AND d.round = s.round AND d.channel_id = s.channel_id AND d.state = 'queued'
        AND NOT EXISTS (SELECT FROM delivery AS other WHERE other.receipt = s.receipt)
    RETURNING d.delivery_id, d.receipt, d.state, d.changed_at, d.attempts
), added AS (
    INSERT INTO delivery
        (notice_id, round, step, channel_id, user_id, priority, queued_at, state, attempts, next_try_at, changed_at, receipt)
    SELECT %(notice)s, round, step, channel_id, c.user_id, priority, from_us(at), state, 1, NULL,
        from_us(at), receipt
    FROM sent
    JOIN channel AS c USING (channel_id)
    ORDER BY number
    -- By its receipt: reported before, perhaps by another. By its channel: this round has used it.
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, receipt, state, changed_at, attempts
)
INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
SELECT a.delivery_id, a.changed_at, a.state, a.attempts, w.detail
FROM (SELECT * FROM went UNION ALL SELECT * FROM added) AS a
JOIN unnest(%(receipts)s::text[], %(details)s::text[]) AS w (receipt, detail) USING (receipt)
ORDER BY a.delivery_id
RETURNING delivery_id

-- name: end_away_step
UPDATE notice_step SET done_at = from_us(%(at)s), outcome = %(outcome)s
WHERE notice_id = %(notice)s AND round = %(round)s AND number = %(number)s AND done_at IS NULL
RETURNING notice_id
