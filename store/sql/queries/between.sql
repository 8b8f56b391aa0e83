-- name: add_arrangement
INSERT INTO arrangement (patient_id, kind, content, since, author, reason, entered_at)
VALUES (%(patient)s, %(kind)s, %(content)s, from_us(%(since)s), %(author)s, %(reason)s, from_us(%(now)s))

-- name: arrangements
SELECT to_us(since), kind, content, author, reason, to_us(entered_at)
FROM arrangement
WHERE patient_id = %(patient)s
ORDER BY arrangement_id

-- name: add_measurement
INSERT INTO measurement (patient_id, unit_id, what, value, taken_at, author, entered_at)
VALUES (%(patient)s, %(unit)s, %(what)s, %(value)s, from_us(%(taken)s), %(author)s, from_us(%(now)s))

-- name: measurements
SELECT measurement_id, what, value, to_us(taken_at)
FROM measurement
WHERE (patient_id = %(patient)s OR unit_id = %(unit)s) AND taken_at >= from_us(%(since)s)
ORDER BY measurement_id

-- name: treatments_to_compare
SELECT t.treatment_id, s.revision, t.unit_id, to_us(t.started_at), to_us(t.ended_at),
    (s.signals -> 'blood_flow' ->> 'median')::float8
FROM treatment AS t
JOIN treatment_summary AS s ON s.treatment_id = t.treatment_id AND s.revision = t.revision
LEFT JOIN treatment_comparison AS c ON c.treatment_id = t.treatment_id
WHERE t.patient_id = %(patient)s AND t.ended_at IS NOT NULL AND c.revision IS DISTINCT FROM s.revision
ORDER BY t.started_at DESC
LIMIT %(limit)s

-- name: compare_treatment
WITH cuff AS MATERIALIZED (
    SELECT time, seq, systolic
    FROM reading
    WHERE unit_id = %(unit)s AND systolic IS NOT NULL
        AND time BETWEEN from_us(%(start)s) - interval '30 minutes' AND from_us(%(end)s)
)
SELECT
    coalesce(
        (SELECT systolic FROM cuff WHERE time <= from_us(%(start)s) ORDER BY time DESC, seq DESC LIMIT 1),
        (SELECT systolic FROM cuff WHERE time > from_us(%(start)s)
            AND time <= from_us(%(start)s) + interval '30 minutes' ORDER BY time, seq LIMIT 1)
    )::float8,
    -- One value from beginning to end is one reading repeated, not two.
    CASE WHEN (SELECT count(DISTINCT systolic) FROM cuff) > 1 THEN
        (SELECT systolic FROM cuff WHERE time >= from_us(%(end)s) - interval '30 minutes'
            ORDER BY time DESC, seq DESC LIMIT 1) END::float8,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY venous_pressure),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY arterial_pressure)
FROM reading
WHERE unit_id = %(unit)s AND time BETWEEN from_us(%(start)s) AND from_us(%(end)s) AND phase = %(phase)s
    AND blood_flow BETWEEN 0.95 * %(flow)s::float8 AND 1.05 * %(flow)s::float8

-- name: save_comparison
INSERT INTO treatment_comparison (treatment_id, revision, systolic_before, systolic_after, flow, venous, arterial)
SELECT treatment_id, %(revision)s, %(before)s, %(after)s, %(flow)s, %(venous)s, %(arterial)s
FROM treatment
WHERE treatment_id = %(id)s -- it may be gone
ON CONFLICT (treatment_id) DO UPDATE SET
    revision = EXCLUDED.revision,
    systolic_before = EXCLUDED.systolic_before,
    systolic_after = EXCLUDED.systolic_after,
    flow = EXCLUDED.flow,
    venous = EXCLUDED.venous,
    arterial = EXCLUDED.arterial

-- name: past_treatments
SELECT * FROM (
    SELECT t.treatment_id, t.revision, to_us(t.started_at) AS start_us, to_us(t.ended_at), t.end_known,
        coalesce(s.revision = t.revision, false), s.treated_s / 60, s.unseen_s / 60, s.machine_time_min::float8,
        s.volume_removed_ml::float8, s.spktv::float8, s.ektv::float8, c.systolic_before::float8,
        c.systolic_after::float8, (s.signals -> 'systolic' ->> 'median')::float8,
        (s.signals -> 'diastolic' ->> 'median')::float8, (s.signals -> 'mean_pressure' ->> 'median')::float8,
        c.flow::float8, c.venous::float8, c.arterial::float8, (s.signals -> 'weight_before' ->> 'median')::float8,
        (s.signals -> 'weight_after' ->> 'median')::float8
    FROM treatment AS t
    LEFT JOIN treatment_summary AS s USING (treatment_id)
    LEFT JOIN treatment_comparison AS c ON c.treatment_id = t.treatment_id AND c.revision = s.revision
    WHERE t.patient_id = %(patient)s AND t.started_at >= from_us(%(since)s)
    ORDER BY t.started_at DESC
    LIMIT %(limit)s
) AS newest
ORDER BY start_us

-- name: patient_now
SELECT p.target_weight_kg::float8, to_us(s.heard_at)
FROM patient AS p
LEFT JOIN unit_status AS s ON s.unit_id = %(unit)s
WHERE p.patient_id = %(patient)s

-- name: due_reviews
SELECT wanted.patient_id, b.unit_id, unit.name, to_us(b.since), b.until IS NULL AND unit.revoked_at IS NULL
FROM (
    SELECT patient_id FROM review_mark
    UNION
    SELECT patient_id FROM patient_review WHERE due_at <= from_us(%(now)s)
) AS wanted
CROSS JOIN LATERAL (
    SELECT unit_id, since, until
    FROM binding
    WHERE patient_id = wanted.patient_id
    ORDER BY until IS NULL DESC, since DESC
    LIMIT 1
) AS b
JOIN unit USING (unit_id)
LEFT JOIN patient_review AS r ON r.patient_id = wanted.patient_id
WHERE unit.shard = ANY (%(shards)s::int[]) AND (r.not_before IS NULL OR r.not_before <= from_us(%(now)s))
ORDER BY r.reviewed_at NULLS FIRST, wanted.patient_id
LIMIT %(limit)s

-- name: review_alone
SELECT pg_advisory_xact_lock(hashtext('homehd review'), %(patient)s)

-- name: review_marks
SELECT mark_id FROM review_mark WHERE patient_id = %(patient)s

-- name: remove_review_marks
DELETE FROM review_mark WHERE mark_id = ANY (%(marks)s::bigint[])

-- name: review_is_done
INSERT INTO patient_review (patient_id, reviewed_at, due_at)
VALUES (%(patient)s, from_us(%(now)s), from_us(%(due)s))
ON CONFLICT (patient_id) DO UPDATE SET
    reviewed_at = EXCLUDED.reviewed_at, due_at = EXCLUDED.due_at, not_before = NULL

-- name: put_review_off
INSERT INTO patient_review (patient_id, reviewed_at, due_at, not_before)
VALUES (%(patient)s, from_us(%(now)s), from_us(%(until)s), from_us(%(until)s))
ON CONFLICT (patient_id) DO UPDATE SET due_at = EXCLUDED.due_at, not_before = EXCLUDED.not_before

-- name: review_all
UPDATE patient_review AS r SET due_at = from_us(%(now)s)
WHERE cardinality(%(versions)s::text[]) > (
    SELECT count(DISTINCT rule_version)
    FROM between_finding AS f
    WHERE f.patient_id = r.patient_id AND f.rule_version = ANY (%(versions)s::text[])
)

-- name: known_findings
SELECT rule, rule_version, about, basis, state, priority, to_us(time), finding_id
FROM between_finding
WHERE patient_id = %(patient)s AND rule_version = ANY (%(versions)s::text[])
ORDER BY finding_id DESC
LIMIT %(limit)s

-- name: save_findings
INSERT INTO between_finding
    (patient_id, rule, rule_version, about, basis, time, found_at, state, priority, reason, inputs, limits)
SELECT %(patient)s, rule, rule_version, about, basis, from_us(time), from_us(%(now)s), state, priority, reason, inputs,
    limits
FROM unnest(
    %(rules)s::text[], %(versions)s::text[], %(abouts)s::text[], %(bases)s::text[], %(times)s::bigint[],
    %(states)s::text[], %(priorities)s::text[], %(reasons)s::text[], %(inputs)s::jsonb[], %(limits)s::jsonb[]
) WITH ORDINALITY AS found (rule, rule_version, about, basis, time, state, priority, reason, inputs, limits, number)
ORDER BY number
ON CONFLICT (patient_id, rule, rule_version, about) DO UPDATE SET
    finding_id = DEFAULT,
    basis = EXCLUDED.basis,
    time = EXCLUDED.time,
    found_at = EXCLUDED.found_at,
    state = EXCLUDED.state,
    priority = EXCLUDED.priority,
    reason = EXCLUDED.reason,
    inputs = EXCLUDED.inputs,
    limits = EXCLUDED.limits

-- name: newest_findings
SELECT DISTINCT ON (rule) rule, rule_version, about, state, priority, reason, to_us(time), to_us(found_at)
FROM between_finding
WHERE patient_id = %(patient)s
ORDER BY rule, finding_id DESC

-- name: not_evaluated_between
SELECT b.unit_id, last.rule, last.reason
FROM binding AS b
CROSS JOIN unnest(%(rules)s::text[]) AS wanted (rule)
CROSS JOIN LATERAL (
    SELECT rule, state, reason
    FROM between_finding
    WHERE patient_id = b.patient_id AND rule = wanted.rule
    ORDER BY finding_id DESC
    LIMIT 1
) AS last
WHERE b.until IS NULL AND b.unit_id = ANY (%(units)s::int[]) AND last.state = 'not evaluated'
ORDER BY b.unit_id, last.rule

-- name: open_alerts_of_patient
SELECT alert_id, unit_id, rule, state, priority, to_us(since), acknowledged_by
FROM alert
WHERE patient_id = %(patient)s AND state <> 'normal'
ORDER BY alert_id
FOR UPDATE

-- name: name_patient_of_alerts
UPDATE alert SET patient_id = %(patient)s WHERE alert_id = ANY (%(alerts)s::bigint[]) AND patient_id IS NULL

-- name: limits_in_force
SELECT DISTINCT ON (b.unit_id, a.content ->> 'rule') b.unit_id, a.content ->> 'rule', a.content -> 'limits'
FROM binding AS b
JOIN arrangement AS a USING (patient_id)
WHERE b.until IS NULL AND b.unit_id = ANY (%(units)s::int[]) AND a.kind = 'limits' AND a.since <= from_us(%(now)s)
ORDER BY b.unit_id, a.content ->> 'rule', a.since DESC, a.arrangement_id DESC

-- name: prescribed_in_force
SELECT DISTINCT ON (b.unit_id, a.content ->> 'item')
    b.unit_id, a.content ->> 'item', (a.content ->> 'value')::float8
FROM binding AS b
JOIN arrangement AS a USING (patient_id)
WHERE b.until IS NULL AND b.unit_id = ANY (%(units)s::int[]) AND a.kind = 'prescription' AND a.since <= from_us(%(now)s)
ORDER BY b.unit_id, a.content ->> 'item', a.since DESC, a.arrangement_id DESC

-- name: target_weights_in_force
SELECT DISTINCT ON (b.unit_id) b.unit_id, (a.content ->> 'kg')::float8
FROM binding AS b
JOIN arrangement AS a USING (patient_id)
WHERE b.until IS NULL AND b.unit_id = ANY (%(units)s::int[]) AND a.kind = 'target weight' AND a.since <= from_us(%(now)s)
ORDER BY b.unit_id, a.since DESC, a.arrangement_id DESC

-- name: accesses_in_force
SELECT DISTINCT ON (b.unit_id) b.unit_id, a.content
FROM binding AS b
JOIN arrangement AS a USING (patient_id)
WHERE b.until IS NULL AND b.unit_id = ANY (%(units)s::int[]) AND a.kind = 'access' AND a.since <= from_us(%(now)s)
ORDER BY b.unit_id, a.since DESC, a.arrangement_id DESC

-- name: own_baseline
WITH newest AS MATERIALIZED (
    SELECT treatment_id, unit_id, started_at, ended_at
    FROM treatment
    WHERE patient_id = %(patient)s AND ended_at IS NOT NULL
    ORDER BY started_at DESC
    LIMIT %(limit)s
)
SELECT
    (round(r.blood_flow / %(band)s) * %(band)s)::int AS flow,
    count(DISTINCT t.treatment_id),
    count(DISTINCT date_trunc('minute', r.time)),
    percentile_cont(ARRAY[0.5, 0.95, 0.99]::float8[]) WITHIN GROUP (
        ORDER BY CASE WHEN r.invalid >> %(venous)s & 1 = 0 THEN r.venous_pressure END),
    percentile_cont(ARRAY[0.5, 0.05, 0.01]::float8[]) WITHIN GROUP (
        ORDER BY CASE WHEN r.invalid >> %(arterial)s & 1 = 0 THEN r.arterial_pressure END),
    percentile_cont(ARRAY[0.5, 0.95, 0.99]::float8[]) WITHIN GROUP (
        ORDER BY CASE WHEN r.invalid >> %(transmembrane)s & 1 = 0 THEN r.transmembrane_pressure END)
FROM newest AS t
JOIN reading AS r ON r.unit_id = t.unit_id AND r.time BETWEEN t.started_at AND t.ended_at
WHERE r.phase = %(phase)s AND r.invalid >> %(flow)s & 1 = 0 AND r.blood_flow >= %(band)s / 2.0
GROUP BY 1
HAVING count(DISTINCT date_trunc('minute', r.time)) >= %(least)s
ORDER BY 1
