-- name: lock_home_notices
SELECT pg_advisory_xact_lock(hashtext('homehd notices'), unit)
FROM (SELECT unit FROM unnest(%(units)s::int[]) AS asked (unit) ORDER BY unit) AS ordered

-- name: take_alerts_to_route
WITH due AS (
    SELECT event_id FROM routing_due ORDER BY rank DESC, event_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
DELETE FROM routing_due USING due WHERE routing_due.event_id = due.event_id
RETURNING routing_due.alert_id

-- name: notices_to_recheck
SELECT notice_id, unit_id FROM notice
WHERE recheck_at <= from_us(%(now)s) AND state <> 'over' AND unit_id IS NOT NULL
ORDER BY recheck_at
LIMIT %(limit)s

-- name: alert_homes
SELECT alert_id, unit_id, coalesce(patient_id, 0), rule FROM alert WHERE alert_id = ANY (%(alerts)s::bigint[])

-- name: notice_columns
notice_id, unit_id, patient_id, clinic_id, audience, cause, subject, to_us(opened_at), state, priority, round,
accepted_by, to_us(accepted_until), reason, to_us(changed_at), last_event_id

-- name: lock_open_notices
SELECT {columns} FROM notice
WHERE unit_id = ANY (%(units)s::int[]) AND state <> 'over'
ORDER BY notice_id
FOR UPDATE

-- name: lock_notice
SELECT {columns} FROM notice WHERE notice_id = %(notice)s FOR UPDATE

-- name: lock_open_trouble
SELECT {columns} FROM notice WHERE unit_id IS NULL AND state <> 'over' ORDER BY notice_id FOR UPDATE

-- name: notice_of_alert
SELECT notice_id FROM notice_alert WHERE alert_id = %(alert)s

-- name: alerts_to_judge
SELECT
    a.alert_id, a.unit_id, coalesce(a.patient_id, 0), a.rule, a.priority, a.state, a.late, a.patient_id IS NOT NULL,
    EXISTS (SELECT FROM alert_event AS e WHERE e.alert_id = a.alert_id AND e.actor IS NOT NULL), n.notice_id, n.verdict,
    n.stage, n.reason, to_us(a.since), s.kind, s.priority, s.alert_id, to_us(s.until),
    EXISTS (SELECT FROM alert_event AS e WHERE e.alert_id = a.alert_id AND e.again AND NOT e.late
        AND e.event_id > s.alert_event_id)
FROM alert AS a
LEFT JOIN notice_alert AS n USING (alert_id)
LEFT JOIN LATERAL (
    SELECT kind, priority, alert_id, until, alert_event_id FROM shelving_event
    WHERE unit_id = a.unit_id AND rule = a.rule
    ORDER BY event_id DESC LIMIT 1
) AS s ON s.kind <> 'ended'
WHERE a.alert_id = ANY (ARRAY(
        -- Found by number: an OR over both tables would go through all alerts there ever were.
        SELECT unnest(%(alerts)s::bigint[])
        UNION
        SELECT alert_id FROM notice_alert WHERE notice_id = ANY (%(notices)s::bigint[])))
    AND a.state IS NOT NULL
    AND (a.alert_id = ANY (%(alerts)s::bigint[]) OR a.state <> 'normal' OR n.verdict <> 'over')
ORDER BY a.alert_id

-- name: homes_of_notices
SELECT
    u.unit_id, u.clinic_id, EXISTS (SELECT FROM treatment WHERE unit_id = u.unit_id AND ended_at IS NULL),
    CASE WHEN o.is_out AND o.until > from_us(%(now)s) THEN o.reason ELSE '' END,
    CASE WHEN o.is_out AND o.until > from_us(%(now)s) THEN to_us(o.until) END, u.is_test
FROM unit AS u
LEFT JOIN LATERAL (
    SELECT is_out, until, reason FROM unit_service_event WHERE unit_id = u.unit_id ORDER BY event_id DESC LIMIT 1
) AS o ON true
WHERE u.unit_id = ANY (%(units)s::int[])

-- name: open_notice
INSERT INTO notice (unit_id, patient_id, clinic_id, audience, cause, subject, opened_at, priority)
VALUES (%(unit)s, nullif(%(patient)s, 0), %(clinic)s, %(audience)s, %(cause)s, %(subject)s, from_us(%(now)s), %(priority)s)
RETURNING notice_id

-- name: judge_alerts
INSERT INTO notice_alert (alert_id, notice_id, verdict, stage, reason, judged_at)
SELECT alert, notice, verdict, stage, reason, from_us(%(now)s)
FROM unnest(%(alerts)s::bigint[], %(notices)s::bigint[], %(verdicts)s::text[], %(stages)s::text[], %(reasons)s::text[])
    AS judged (alert, notice, verdict, stage, reason)
ON CONFLICT (alert_id) DO UPDATE SET
    notice_id = excluded.notice_id, verdict = excluded.verdict, stage = excluded.stage, reason = excluded.reason,
    judged_at = excluded.judged_at

-- name: append_notice_event
INSERT INTO notice_event
    (notice_id, at, move, state, priority, round, actor, answerable, until, alert_id, stage, reason)
VALUES
    (%(notice)s, from_us(%(at)s), %(move)s, %(state)s, %(priority)s, %(round)s, %(actor)s, %(answerable)s,
     from_us(%(until)s), %(alert)s, %(stage)s, %(reason)s)

-- name: append_notice_events
INSERT INTO notice_event
    (notice_id, at, move, state, priority, round, actor, answerable, until, alert_id, stage, reason)
SELECT notice, from_us(at), move, state, priority, round, actor, answerable, from_us(until), alert, stage, reason
FROM unnest(
    %(notice)s::bigint[], %(at)s::bigint[], %(move)s::text[], %(state)s::text[], %(priority)s::text[], %(round)s::int[],
    %(actor)s::int[], %(answerable)s::int[], %(until)s::bigint[], %(alert)s::bigint[], %(stage)s::text[],
    %(reason)s::text[]
) WITH ORDINALITY AS added (notice, at, move, state, priority, round, actor, answerable, until, alert, stage, reason,
    number)
ORDER BY number

-- name: add_notices
INSERT INTO notice (unit_id, patient_id, clinic_id, audience, cause, subject, opened_at, priority)
SELECT unit, nullif(patient, 0), clinic, audience, cause, subject, from_us(%(now)s), priority
FROM unnest(
    %(units)s::int[], %(patients)s::int[], %(clinics)s::int[], %(audiences)s::text[], %(causes)s::text[],
    %(subjects)s::text[], %(priorities)s::text[]
) WITH ORDINALITY AS opened (unit, patient, clinic, audience, cause, subject, priority, number)
ORDER BY number
RETURNING {columns}

-- name: recheck_notices
UPDATE notice SET recheck_at = from_us(again)
FROM unnest(%(notices)s::bigint[], %(again)s::bigint[]) AS wanted (notice, again)
WHERE notice_id = notice AND recheck_at IS DISTINCT FROM from_us(again)

-- name: plan_steps
INSERT INTO notice_step (notice_id, round, number, kind, due_at)
SELECT %(notice)s, %(round)s, number - 1, kind, from_us(due)
FROM unnest(%(kinds)s::text[], %(due)s::bigint[]) WITH ORDINALITY AS plan (kind, due, number)

-- name: plan_rounds
INSERT INTO notice_step (notice_id, round, number, kind, due_at)
SELECT notice, round, number, kind, from_us(due)
FROM unnest(%(notices)s::bigint[], %(rounds)s::int[], %(numbers)s::int[], %(kinds)s::text[], %(due)s::bigint[])
    AS plan (notice, round, number, kind, due)

-- name: cancel_steps
UPDATE notice_step SET done_at = from_us(%(now)s), outcome = %(outcome)s
WHERE notice_id = %(notice)s AND done_at IS NULL

-- name: withdraw_deliveries
UPDATE delivery SET next_try_at = NULL, claimed_by = NULL
WHERE notice_id = %(notice)s AND next_try_at IS NOT NULL

-- name: lock_notices_with_due_steps
SELECT {columns} FROM notice
WHERE notice_id IN (
    SELECT notice_id FROM (
        SELECT s.notice_id, max(priority_rank(n.priority)) AS rank, min(s.due_at) AS due
        FROM notice_step AS s
        JOIN notice AS n USING (notice_id)
        WHERE s.done_at IS NULL AND s.due_at <= from_us(%(now)s) AND NOT EXISTS (
            SELECT FROM unnest(%(units)s::int[], %(causes)s::text[]) AS w (unit, cause)
            WHERE w.unit = n.unit_id AND w.cause = n.cause AND n.patient_id IS NULL)
        GROUP BY s.notice_id
    ) AS waiting
    ORDER BY rank DESC, due, notice_id LIMIT %(limit)s)
ORDER BY priority_rank(priority) DESC, notice_id
FOR UPDATE SKIP LOCKED

-- name: due_steps
SELECT notice_id, round, number, kind, to_us(due_at) FROM notice_step
WHERE notice_id = ANY (%(notices)s::bigint[]) AND done_at IS NULL AND due_at <= from_us(%(now)s)
ORDER BY notice_id, round, number

-- name: end_steps
UPDATE notice_step AS s SET done_at = from_us(%(now)s), outcome = ended.outcome
FROM unnest(%(notices)s::bigint[], %(rounds)s::int[], %(numbers)s::smallint[], %(outcomes)s::text[])
    AS ended (notice_id, round, number, outcome)
WHERE s.notice_id = ended.notice_id AND s.round = ended.round AND s.number = ended.number

-- name: hurry_next_step
UPDATE notice_step SET due_at = least(due_at, from_us(%(now)s))
WHERE notice_id = %(notice)s AND round = %(round)s AND done_at IS NULL AND kind <> 'repeat'
    AND number = (SELECT min(number) FROM notice_step
        WHERE notice_id = %(notice)s AND round = %(round)s AND done_at IS NULL AND kind <> 'second channel')

-- name: next_due
SELECT to_us(least(
    (SELECT min(due_at) FROM notice_step WHERE done_at IS NULL),
    -- Troubles of the system are looked at every few seconds whatever is said here.
    (SELECT min(recheck_at) FROM notice WHERE recheck_at IS NOT NULL AND state <> 'over' AND unit_id IS NOT NULL)))

-- name: notice_history
SELECT e.event_id, to_us(e.at), e.move, e.state, e.priority, e.round, e.actor, u.name, e.alert_id, e.stage, e.reason
FROM notice_event AS e
LEFT JOIN user_account AS u ON u.user_id = e.actor
WHERE e.notice_id = %(notice)s
ORDER BY e.event_id

-- name: notice_steps
SELECT round, number, kind, to_us(due_at), to_us(done_at), outcome FROM notice_step
WHERE notice_id = %(notice)s
ORDER BY round, number

-- name: database_time
SELECT to_us(clock_timestamp())

-- name: open_alerts_of_notice
SELECT a.alert_id FROM alert AS a
JOIN notice_alert AS n USING (alert_id)
WHERE n.notice_id = %(notice)s AND a.state IN ('active, unacknowledged', 'latched, clear')
ORDER BY a.alert_id

-- name: answer_deliveries
WITH moved AS (
    UPDATE delivery SET state = %(state)s, next_try_at = NULL, claimed_by = NULL, changed_at = from_us(%(now)s)
    WHERE notice_id = %(notice)s AND round = %(round)s AND user_id = %(user)s
        AND state NOT IN ('accepted', 'rejected', 'failed')
    RETURNING delivery_id, attempts
)
INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
SELECT delivery_id, from_us(%(now)s), %(state)s, attempts, 'by the person' FROM moved

-- name: shelve
WITH added AS (
    INSERT INTO shelving_event (unit_id, rule, alert_id, kind, priority, until, at, actor, reason, alert_event_id)
    VALUES (%(unit)s, %(rule)s, %(alert)s, %(kind)s, %(priority)s, from_us(%(until)s), from_us(%(now)s), %(actor)s,
        %(reason)s, (SELECT last_event_id FROM alert WHERE alert_id = %(alert)s))
    RETURNING event_id
)
SELECT pg_notify('shelving_event', event_id::text) FROM added

-- name: newest_shelving
SELECT kind, priority, alert_id, to_us(until), actor, reason FROM shelving_event
WHERE unit_id = %(unit)s AND rule = %(rule)s
ORDER BY event_id DESC LIMIT 1

-- name: look_again
UPDATE notice SET recheck_at = from_us(%(now)s) WHERE notice_id = %(notice)s

-- name: look_at_unit_again
UPDATE notice SET recheck_at = from_us(%(now)s) WHERE unit_id = %(unit)s AND state <> 'over'

-- name: set_unit_service
INSERT INTO unit_service_event (unit_id, is_out, until, at, actor, reason)
VALUES (%(unit)s, %(out)s, from_us(%(until)s), from_us(%(now)s), %(actor)s, %(reason)s)

-- name: units_out_of_service
SELECT unit_id, to_us(until), actor, reason FROM (
    SELECT DISTINCT ON (unit_id) unit_id, is_out, until, actor, reason FROM unit_service_event
    ORDER BY unit_id, event_id DESC
) AS newest
WHERE is_out AND until > from_us(%(now)s)

-- name: unreached_notices
SELECT n.notice_id, n.clinic_id, n.priority FROM notice AS n
WHERE n.state IN ('asking', 'unanswered') AND n.unit_id IS NOT NULL
    AND EXISTS (SELECT FROM notice_step AS s WHERE s.notice_id = n.notice_id AND s.round = n.round
        AND s.kind = 'first' AND s.done_at <= from_us(%(now)s) - interval '60 seconds')
    AND NOT EXISTS (SELECT FROM delivery AS d WHERE d.notice_id = n.notice_id AND d.round = n.round
        AND d.state IN ('sent', 'delivered', 'read', 'accepted', 'rejected'))
ORDER BY n.notice_id

-- name: standing_notice_columns
SELECT n.notice_id, coalesce(u.name, home_name(n.unit_id)),
    CASE WHEN n.unit_id IS NULL THEN n.clinic_id ELSE u.clinic_id END, n.audience, n.cause,
    n.subject, to_us(n.opened_at), n.state, n.priority, n.round, n.accepted_by, p.name, to_us(n.accepted_until),
    n.reason, to_us(coalesce(n.changed_at, n.opened_at)), n.owner_id, o.clinic_id, EXISTS (
        SELECT FROM notice_alert AS w JOIN alert AS a USING (alert_id)
        WHERE w.notice_id = n.notice_id AND a.state LIKE 'active%%')
FROM notice AS n
LEFT JOIN unit AS u USING (unit_id)
LEFT JOIN patient AS o ON o.patient_id = n.owner_id
LEFT JOIN user_account AS p ON p.user_id = n.accepted_by

-- name: open_notices
{columns}
WHERE n.state <> 'over' AND u.is_test IS NOT true AND (%(all)s OR n.unit_id IS NULL OR u.clinic_id = %(clinic)s OR o.clinic_id = %(clinic)s)
ORDER BY priority_rank(n.priority) DESC, n.opened_at DESC, n.notice_id DESC

-- name: recent_notices
{columns}
WHERE (n.state <> 'over' OR n.changed_at >= from_us(%(since)s)) AND u.is_test IS NOT true
    AND (%(all)s OR n.unit_id IS NULL OR u.clinic_id = %(clinic)s OR o.clinic_id = %(clinic)s)
ORDER BY n.changed_at DESC NULLS FIRST, n.notice_id DESC
LIMIT %(limit)s

-- name: notice_by_id
{columns}
WHERE n.notice_id = %(notice)s

-- name: alerts_of_notices
SELECT w.notice_id, w.alert_id, a.rule, a.priority, a.state, w.stage, w.reason, a.owner_id, o.clinic_id
FROM notice_alert AS w
JOIN alert AS a USING (alert_id)
LEFT JOIN patient AS o ON o.patient_id = a.owner_id
WHERE w.notice_id = ANY (%(notices)s::bigint[]) AND (a.state <> 'normal' OR %(over)s)
ORDER BY w.notice_id, priority_rank(a.priority) DESC, w.alert_id

-- name: notices_on_the_pathway
SELECT n.notice_id, u.name, u.clinic_id, c.name, n.priority, to_us(asked.since)
FROM notice AS n
JOIN unit AS u USING (unit_id)
LEFT JOIN clinic AS c ON c.clinic_id = u.clinic_id
JOIN LATERAL (
    -- Since it was last held or with somebody.
    SELECT min(e.at) AS since, bool_or(e.stage = 'step pathway') AS passed FROM notice_event AS e
    WHERE e.notice_id = n.notice_id AND e.state IN ('asking', 'unanswered')
        AND e.event_id > coalesce((SELECT max(event_id) FROM notice_event
            WHERE notice_id = n.notice_id AND state NOT IN ('asking', 'unanswered')), 0)
) AS asked ON asked.passed
WHERE n.state IN ('asking', 'unanswered') AND n.audience = 'clinical'
ORDER BY n.notice_id
