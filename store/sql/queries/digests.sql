-- name: begin_digest
INSERT INTO digest (rota_id, day, at) VALUES (%(rota)s, %(day)s, from_us(%(now)s))
ON CONFLICT DO NOTHING
RETURNING rota_id

-- name: work_list
-- What is set aside or out of service is not on it; what people are asked about is, but has its own pages.
SELECT count(*)::int, to_us(min(n.opened_at)) FROM notice AS n
LEFT JOIN unit AS u USING (unit_id)
CROSS JOIN LATERAL (SELECT CASE WHEN n.unit_id IS NULL THEN n.clinic_id ELSE u.clinic_id END AS clinic) AS whose
WHERE n.state = 'nobody' AND n.audience = %(audience)s AND u.is_test IS NOT true
    AND (whose.clinic = ANY (%(clinics)s::int[]) OR (whose.clinic IS NULL AND %(none)s::boolean))
    AND (n.unit_id IS NULL OR EXISTS (
        SELECT FROM notice_alert AS w JOIN alert AS a USING (alert_id)
        WHERE w.notice_id = n.notice_id AND w.verdict = 'list' AND a.state <> 'normal'))

-- name: send_digest
WITH told AS (
    UPDATE digest SET notice_id = %(notice)s, open = %(open)s, days = %(days)s WHERE rota_id = %(rota)s AND day = %(day)s
), added AS (
    -- One page, by the person's first way. Screens show the work list by themselves.
    INSERT INTO delivery (notice_id, round, step, channel_id, user_id, priority, queued_at, next_try_at, changed_at)
    SELECT %(notice)s, 0, 0, c.channel_id, c.user_id, 'low', from_us(%(now)s), from_us(%(now)s), from_us(%(now)s)
    FROM channel AS c
    JOIN user_account AS u USING (user_id)
    WHERE c.user_id = %(user)s AND c.kind <> 'screen' AND c.disabled_at IS NULL AND u.disabled_at IS NULL
    ORDER BY c.tier, c.channel_id LIMIT 1
    RETURNING delivery_id
)
INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
SELECT delivery_id, from_us(%(now)s), 'queued', 0, '' FROM added
