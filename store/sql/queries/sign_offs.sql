-- name: outstanding_treatments
-- Those of which something is not signed, the newest first.
SELECT t.treatment_id, t.revision, t.summary_revision, mark.newest,
    (SELECT max(s.sign_off_id) FROM sign_off AS s WHERE s.treatment_id = t.treatment_id)
FROM (SELECT treatment_id, max(mark_id) AS newest FROM sign_off_mark GROUP BY treatment_id) AS mark
JOIN treatment_report AS t USING (treatment_id)
WHERE t.end_us IS NOT NULL AND NOT EXISTS (SELECT FROM unit AS u WHERE u.unit_id = t.unit_id AND u.is_test)
    AND (%(all)s OR t.clinic_id = %(clinic)s)
    AND (%(patient)s::int IS NULL OR t.patient_id = %(patient)s)
ORDER BY t.started_at DESC, t.treatment_id DESC
LIMIT %(limit)s

-- name: recent_or_outstanding_treatments
-- The same, and signed ones that began since then.
SELECT t.treatment_id, t.revision, t.summary_revision,
    (SELECT max(m.mark_id) FROM sign_off_mark AS m WHERE m.treatment_id = t.treatment_id),
    (SELECT max(s.sign_off_id) FROM sign_off AS s WHERE s.treatment_id = t.treatment_id)
FROM treatment_report AS t
WHERE t.end_us IS NOT NULL AND NOT EXISTS (SELECT FROM unit AS u WHERE u.unit_id = t.unit_id AND u.is_test)
    AND (%(all)s OR t.clinic_id = %(clinic)s)
    AND (%(patient)s::int IS NULL OR t.patient_id = %(patient)s)
    AND (t.started_at >= from_us(%(since)s) OR EXISTS (SELECT FROM sign_off_mark AS m WHERE m.treatment_id = t.treatment_id))
ORDER BY t.started_at DESC, t.treatment_id DESC
LIMIT %(limit)s

-- name: sign_off_evidence
-- All by which a treatment is judged; prescribed as it held when it began, weights as alerts/between/weights.py takes them.
SELECT r.treatment_id, r.unit, r.clinic_id, r.patient_id, r.patient, r.revision, r.changed_us, r.start_us, r.end_us, r.end_known,
    r.derived, r.unusual, r.interruptions, r.summary_revision, r.version, r.computed_us, r.readings, r.treated_s, r.unseen_s,
    r.machine_time_min, r.volume_removed_ml, r.blood_processed_l, r.spktv, r.ektv, r.signals,
    r.unit_id,
    -- The second wall hides what a unit said that another clinic has now.
    EXISTS (SELECT FROM unit AS own WHERE own.unit_id = r.unit_id),
    (
        SELECT (content ->> 'duration_min')::float8 FROM arrangement AS a
        WHERE a.patient_id = r.patient_id AND a.kind = 'schedule' AND a.since <= r.started_at
        ORDER BY a.since DESC, a.arrangement_id DESC LIMIT 1
    ),
    coalesce((
        SELECT (content ->> 'kg')::float8 FROM arrangement AS a
        WHERE a.patient_id = r.patient_id AND a.kind = 'target weight' AND a.since <= r.started_at
        ORDER BY a.since DESC, a.arrangement_id DESC LIMIT 1
    ), p.target_weight_kg::float8),
    CASE WHEN dose.content IS NULL THEN p.prescribed_spktv::float8 ELSE (dose.content ->> 'value')::float8 END,
    coalesce((
        SELECT value FROM measurement AS m
        WHERE m.patient_id = r.patient_id AND m.what = 'weight-before'
            AND m.taken_at BETWEEN r.started_at - interval '6 hours' AND r.started_at + interval '1 hour'
        ORDER BY m.taken_at DESC, m.measurement_id DESC LIMIT 1
    ), (r.signals -> 'weight_before' ->> 'median')::float8),
    coalesce((
        SELECT value FROM measurement AS m
        WHERE m.patient_id = r.patient_id AND m.what = 'weight-after'
            AND m.taken_at BETWEEN from_us(r.end_us) - interval '1 hour' AND from_us(r.end_us) + interval '6 hours'
        ORDER BY m.taken_at DESC, m.measurement_id DESC LIMIT 1
    ), (r.signals -> 'weight_after' ->> 'median')::float8),
    c.systolic_before::float8,
    (
        -- With which what was delivered is compared, as it held when it began; one that was taken back is null.
        SELECT coalesce(json_object_agg(held.item, held.value), '{}') FROM (
            SELECT DISTINCT ON (a.content ->> 'item') a.content ->> 'item' AS item, (a.content ->> 'value')::float8 AS value
            FROM arrangement AS a
            WHERE a.patient_id = r.patient_id AND a.kind = 'prescription' AND a.since <= r.started_at
                AND a.content ->> 'item' IN (
                    'prescribed_blood_flow_ml_min', 'prescribed_dialysate_flow_ml_min', 'prescribed_ultrafiltration_ml')
            ORDER BY a.content ->> 'item', a.since DESC, a.arrangement_id DESC
        ) AS held
    ),
    ARRAY(SELECT mark_id FROM sign_off_mark AS m WHERE m.treatment_id = r.treatment_id ORDER BY mark_id),
    ARRAY(SELECT DISTINCT why FROM sign_off_mark AS m WHERE m.treatment_id = r.treatment_id ORDER BY why),
    (
        -- By its events, not by what it is now: one that stays latched may fire in a later treatment, and one that was high
        -- ends as low. What its rule found within this treatment says when it began, how bad it was, and whether it ended.
        SELECT coalesce(json_agg(json_build_array(found.alert_id, found.rule, found.priority, to_us(found.since), found.until,
            found.late) ORDER BY found.since, found.alert_id), '[]')
        FROM (
            SELECT a.alert_id, a.rule, (ARRAY['high', 'medium', 'low'])[told.rank] AS priority, told.since, told.late, (
                SELECT CASE WHEN e.state NOT LIKE 'active%%' THEN to_us(e.time) END FROM alert_event AS e
                WHERE e.alert_id = a.alert_id AND e.actor IS NULL AND e.time BETWEEN r.started_at AND from_us(r.end_us)
                ORDER BY e.time DESC, e.event_id DESC LIMIT 1
            ) AS until
            FROM (
                SELECT e.alert_id, min(array_position(ARRAY['high', 'medium', 'low'], e.priority)) AS rank,
                    min(e.time) AS since, bool_and(e.late) AS late
                FROM alert_event AS e
                WHERE e.unit_id = r.unit_id AND e.time BETWEEN r.started_at AND from_us(r.end_us)
                    AND e.actor IS NULL AND e.state LIKE 'active%%'
                GROUP BY e.alert_id
            ) AS told
            JOIN alert AS a USING (alert_id)
            WHERE a.patient_id IS NULL OR a.patient_id = r.patient_id
            ORDER BY told.rank, told.since
            LIMIT 1000
        ) AS found
    ),
    (
        SELECT coalesce(json_agg(json_build_array(to_us(found.time), found.name, found.signal, found.active)
            ORDER BY found.time, found.seq), '[]')
        FROM (
            SELECT time, seq, name, signal, active FROM machine_event AS e
            WHERE e.unit_id = r.unit_id AND e.kind = 'alarm' AND e.time BETWEEN r.started_at AND from_us(r.end_us)
            ORDER BY time, seq LIMIT 1000
        ) AS found
    ),
    (
        SELECT coalesce(json_agg(json_build_object('id', s.sign_off_id, 'kind', s.kind, 'at_us', to_us(s.at),
            'user_id', s.user_id, 'name', u.name, 'role', u.role, 'note', s.note, 'in_bulk', s.in_bulk,
            'revision', s.revision, 'rules', s.rules, 'seen', s.seen) ORDER BY s.sign_off_id), '[]')
        FROM sign_off AS s LEFT JOIN user_account AS u USING (user_id)
        WHERE s.treatment_id = r.treatment_id
    )
FROM treatment_report AS r
LEFT JOIN patient AS p ON p.patient_id = r.patient_id
LEFT JOIN treatment_comparison AS c ON c.treatment_id = r.treatment_id AND c.revision = r.summary_revision
LEFT JOIN LATERAL (
    SELECT content FROM arrangement AS a
    WHERE a.patient_id = r.patient_id AND a.kind = 'prescription' AND a.content ->> 'item' = 'prescribed_spktv'
        AND a.since <= r.started_at
    ORDER BY a.since DESC, a.arrangement_id DESC LIMIT 1
) AS dose ON true
WHERE r.treatment_id = ANY (%(ids)s::bigint[])
ORDER BY r.started_at DESC, r.treatment_id DESC

-- name: lock_sign_off
SELECT pg_advisory_xact_lock(hashtextextended('homehd sign-off ' || %(id)s::bigint, 0))

-- name: add_sign_off
INSERT INTO sign_off
    (treatment_id, unit_id, patient_id, kind, at, user_id, note, in_bulk, revision, summary_revision, rules, seen)
VALUES (%(id)s, %(unit)s, %(patient)s, %(kind)s, from_us(%(at)s), %(user)s, %(note)s, %(bulk)s, %(revision)s, %(summary)s,
    %(rules)s, %(seen)s)

-- name: remove_sign_off_marks
DELETE FROM sign_off_mark WHERE mark_id = ANY (%(marks)s::bigint[])

-- name: alerts_of_treatment
-- With who answered: an acknowledgement, or whoever accepted its notice first after it was told.
-- Each as the worst its rule found within the treatment, as in sign_off_evidence.
-- Until its rule found it anew after the treatment: what people did from then on answers that, and may be another patient's.
SELECT a.alert_id, a.rule, f.rule_version, f.priority, to_us(f.since), f.late, f.reason, seen.name,
    CASE WHEN answer.actor IS NOT NULL THEN to_us(answer.recorded_at) END, taken.name, taken.at_us
FROM treatment AS t
JOIN LATERAL (
    SELECT DISTINCT ON (e.alert_id) e.alert_id, e.rule_version, e.priority, e.reason,
        min(e.time) OVER (PARTITION BY e.alert_id) AS since, bool_and(e.late) OVER (PARTITION BY e.alert_id) AS late
    FROM alert_event AS e
    WHERE e.unit_id = t.unit_id AND e.time BETWEEN t.started_at AND t.ended_at
        AND e.actor IS NULL AND e.state LIKE 'active%%'
    ORDER BY e.alert_id, array_position(ARRAY['high', 'medium', 'low'], e.priority), e.event_id DESC
) AS f ON true
JOIN alert AS a ON a.alert_id = f.alert_id AND (a.patient_id IS NULL OR a.patient_id = t.patient_id)
LEFT JOIN LATERAL (
    SELECT e.event_id, e.recorded_at FROM alert_event AS e
    WHERE e.alert_id = a.alert_id AND e.time > t.ended_at AND e.actor IS NULL AND e.state LIKE 'active%%'
    ORDER BY e.event_id LIMIT 1
) AS anew ON true
LEFT JOIN LATERAL (
    SELECT e.actor, e.recorded_at FROM alert_event AS e
    WHERE e.alert_id = a.alert_id AND (e.actor IS NOT NULL OR e.state = 'active, unacknowledged')
        AND (anew.event_id IS NULL OR e.event_id < anew.event_id)
    ORDER BY e.event_id DESC LIMIT 1
) AS answer ON true
LEFT JOIN user_account AS seen ON seen.user_id = answer.actor
LEFT JOIN LATERAL (
    SELECT u.name, to_us(e.at) AS at_us
    FROM notice_alert AS w
    JOIN notice_event AS e ON e.notice_id = w.notice_id AND e.move IN ('accept', 'take over') AND e.at >= f.since
        AND (anew.event_id IS NULL OR e.at < anew.recorded_at)
    LEFT JOIN user_account AS u ON u.user_id = e.actor
    WHERE w.alert_id = a.alert_id
    ORDER BY e.event_id LIMIT 1
) AS taken ON true
WHERE t.treatment_id = %(id)s
ORDER BY array_position(ARRAY['high', 'medium', 'low'], f.priority), f.since, a.alert_id
LIMIT 1000

-- name: unit_of_report
SELECT u.label, u.name, c.name, s.machine, s.protocol, s.profile
FROM treatment AS t
JOIN unit AS u USING (unit_id)
LEFT JOIN unit_status AS s USING (unit_id)
LEFT JOIN patient AS p ON p.patient_id = t.patient_id
LEFT JOIN clinic AS c ON c.clinic_id = CASE WHEN t.patient_id IS NULL THEN u.clinic_id ELSE p.clinic_id END
WHERE t.treatment_id = %(id)s
