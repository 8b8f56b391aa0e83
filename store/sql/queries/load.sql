-- name: alert_stories
-- What began in the stretch, and what stood in it and is not over.
WITH chosen AS MATERIALIZED (
    SELECT a.alert_id, a.rule, a.unit_id, a.since, a.state, a.changed_at, na.notice_id
    FROM alert AS a
    JOIN unit AS u USING (unit_id)
    LEFT JOIN notice_alert AS na USING (alert_id)
    WHERE (%(clinic)s::int IS NULL OR u.clinic_id = %(clinic)s) AND a.since < from_us(%(to)s)
        AND (a.since >= from_us(%(from)s) OR a.state <> 'normal') AND NOT a.late
)
SELECT c.alert_id, c.rule, c.unit_id, (ARRAY['low', 'medium', 'high'])[steps.rank], to_us(c.since),
    CASE WHEN c.state = 'normal' THEN to_us(c.changed_at) END, to_us(steps.answered_at),
    EXISTS (SELECT FROM notice_event AS e
        WHERE e.notice_id = c.notice_id AND e.alert_id = c.alert_id AND e.stage = 'ask'),
    EXISTS (SELECT FROM notice_event AS e
        WHERE e.notice_id = c.notice_id AND e.move = 'reject' AND e.at >= c.since),
    EXISTS (SELECT FROM shelving_event AS s
        WHERE s.unit_id = c.unit_id AND s.rule = c.rule AND s.alert_id = c.alert_id AND s.kind <> 'ended')
FROM chosen AS c
CROSS JOIN LATERAL (
    SELECT max(priority_rank(e.priority)) AS rank, min(e.recorded_at) FILTER (WHERE e.actor IS NOT NULL) AS answered_at
    FROM alert_event AS e
    WHERE e.alert_id = c.alert_id
) AS steps
ORDER BY c.alert_id

-- name: asked_people
SELECT d.user_id, to_us(min(d.queued_at)), (ARRAY['low', 'medium', 'high'])[max(priority_rank(d.priority))], n.unit_id,
    CASE WHEN n.unit_id IS NULL THEN n.cause || ' ' || n.subject ELSE n.cause END,
    CASE WHEN n.state = 'over' THEN to_us(n.changed_at) END,
    EXISTS (SELECT FROM notice_event AS e
        WHERE e.notice_id = d.notice_id AND e.round = d.round AND e.move IN ('accept', 'take over')),
    -- A screen interrupts nobody who is not at it.
    coalesce(bool_and(d.folded_into IS NOT NULL) FILTER (WHERE c.kind <> 'screen'), false)
FROM delivery AS d
JOIN channel AS c USING (channel_id)
JOIN notice AS n USING (notice_id)
WHERE d.queued_at >= from_us(%(from)s) AND d.queued_at < from_us(%(to)s)
    AND (%(clinic)s::int IS NULL OR n.clinic_id = %(clinic)s)
GROUP BY d.notice_id, d.round, d.user_id, n.notice_id
ORDER BY 2, d.user_id

-- name: unit_labels
SELECT u.unit_id, u.label, p.display_name
FROM unit AS u
LEFT JOIN binding AS b ON b.unit_id = u.unit_id AND b.until IS NULL
LEFT JOIN patient AS p ON p.patient_id = b.patient_id
WHERE %(clinic)s::int IS NULL OR u.clinic_id = %(clinic)s

-- name: standing_for_handover
SELECT n.notice_id, n.unit_id, n.cause, n.subject, n.priority, n.state, to_us(n.opened_at), holder.name,
    to_us(n.accepted_until), n.reason, ARRAY(
        SELECT DISTINCT a.rule FROM notice_alert AS na JOIN alert AS a USING (alert_id)
        WHERE na.notice_id = n.notice_id AND a.state <> 'normal' ORDER BY a.rule)
FROM notice AS n
LEFT JOIN user_account AS holder ON holder.user_id = n.accepted_by
WHERE n.state <> 'over' AND (%(clinic)s::int IS NULL OR n.clinic_id = %(clinic)s)
ORDER BY priority_rank(n.priority) DESC, n.opened_at, n.notice_id

-- name: shelved_now
SELECT s.unit_id, s.rule, s.kind, to_us(s.until), who.name, s.reason
FROM (SELECT DISTINCT ON (unit_id, rule) * FROM shelving_event ORDER BY unit_id, rule, event_id DESC) AS s
JOIN unit AS u USING (unit_id)
LEFT JOIN user_account AS who ON who.user_id = s.actor
WHERE s.kind <> 'ended' AND s.until > from_us(%(now)s) AND (%(clinic)s::int IS NULL OR u.clinic_id = %(clinic)s)
ORDER BY s.until, s.unit_id, s.rule

-- name: out_of_service_now
SELECT s.unit_id, to_us(s.until), s.actor, s.reason
FROM (SELECT DISTINCT ON (unit_id) * FROM unit_service_event ORDER BY unit_id, event_id DESC) AS s
JOIN unit AS u USING (unit_id)
WHERE s.is_out AND s.until > from_us(%(now)s) AND (%(clinic)s::int IS NULL OR u.clinic_id = %(clinic)s)
ORDER BY s.until, s.unit_id
