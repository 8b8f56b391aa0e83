-- name: load_phase_runs
SELECT r.unit_id, to_us(r.first_at), to_us(r.last_at), r.mark, r.clock_low::float8, r.clock_high::float8
FROM unnest(%(units)s::int[], %(starts)s::bigint[], %(ends)s::bigint[]) AS wanted (unit, start_us, end_us),
LATERAL (
    SELECT *
    FROM phase_run
    WHERE unit_id = wanted.unit AND first_at <= from_us(wanted.end_us)
        -- Runs do not overlap: the last one that begins before the span is the only one that can reach into it.
        AND first_at >= coalesce((
            SELECT first_at
            FROM phase_run
            WHERE unit_id = wanted.unit AND first_at < from_us(wanted.start_us)
            ORDER BY first_at DESC
            LIMIT 1
        ), '-infinity')
) AS r
ORDER BY r.unit_id, r.first_at, r.last_at, r.mark

-- name: newest_phase_runs
-- Whatever was stored after the newest run and is no continuation of it has become a run in its own transaction.
SELECT r.unit_id, to_us(r.first_at), to_us(greatest(r.last_at, since.last_at)), r.mark,
    least(r.clock_low, since.clock_low)::float8, greatest(r.clock_high, since.clock_high)::float8
FROM unnest(%(units)s::int[]) AS wanted (unit),
LATERAL (
    SELECT * FROM phase_run WHERE unit_id = wanted.unit ORDER BY first_at DESC, last_at DESC, mark DESC LIMIT 1
) AS r,
LATERAL (
    SELECT max(time) AS last_at, min(treatment_elapsed) AS clock_low, max(treatment_elapsed) AS clock_high
    FROM reading
    WHERE unit_id = wanted.unit AND time > r.last_at AND time <= received_at + interval '2 seconds'
        AND phase * 2 + (flags >> 1 & 1) = r.mark
) AS since

-- name: phase_sightings
SELECT to_us(time), phase::int, flags::int, treatment_elapsed::float8, '', '', ''
FROM reading
WHERE unit_id = %(unit_id)s AND time BETWEEN from_us(%(start_us)s) AND from_us(%(end_us)s)
    AND time <= received_at + interval '2 seconds'
UNION ALL
SELECT to_us(time), 0, flags::int, NULL, kind, name, text
FROM machine_event
WHERE unit_id = %(unit_id)s AND time BETWEEN from_us(%(start_us)s) AND from_us(%(end_us)s)
    AND time <= received_at + interval '2 seconds' AND kind IN ('phase', 'link') AND active

-- name: delete_phase_runs
DELETE FROM phase_run
USING unnest(%(units)s::int[], %(firsts)s::bigint[], %(marks)s::smallint[]) AS gone (unit_id, first_us, mark)
WHERE phase_run.unit_id = gone.unit_id AND phase_run.first_at = from_us(gone.first_us) AND phase_run.mark = gone.mark

-- name: save_phase_runs
INSERT INTO phase_run (unit_id, first_at, last_at, mark, clock_low, clock_high)
SELECT unit_id, from_us(first_us), from_us(last_us), mark, clock_low, clock_high
FROM unnest(
    %(units)s::int[], %(firsts)s::bigint[], %(lasts)s::bigint[], %(marks)s::smallint[], %(lows)s::real[],
    %(highs)s::real[]
) AS saved (unit_id, first_us, last_us, mark, clock_low, clock_high)
ON CONFLICT (unit_id, first_at, mark) DO UPDATE SET
    last_at = EXCLUDED.last_at, clock_low = EXCLUDED.clock_low, clock_high = EXCLUDED.clock_high

-- name: overlapping_treatments
SELECT t.unit_id, t.treatment_id, to_us(t.started_at), to_us(t.ended_at), t.end_known, t.derived, t.unusual,
    t.interruptions
FROM unnest(%(units)s::int[], %(starts)s::bigint[], %(ends)s::bigint[]) AS wanted (unit, start_us, end_us),
LATERAL (
    SELECT *
    FROM treatment
    WHERE unit_id = wanted.unit AND started_at <= from_us(wanted.end_us)
        -- Treatments do not overlap: the last one that begins before the span is the only one that can reach into it.
        AND started_at >= coalesce((
            SELECT started_at
            FROM treatment
            WHERE unit_id = wanted.unit AND started_at < from_us(wanted.start_us)
            ORDER BY started_at DESC
            LIMIT 1
        ), '-infinity')
        AND (ended_at IS NULL OR ended_at >= from_us(wanted.start_us))
) AS t
ORDER BY t.unit_id, t.started_at

-- name: open_treatments
SELECT unit_id FROM treatment JOIN unit USING (unit_id) WHERE ended_at IS NULL AND shard = ANY (%(shards)s::int[])

-- name: add_treatments
INSERT INTO treatment
    (unit_id, patient_id, started_at, ended_at, end_known, derived, unusual, interruptions, changed_at, summary_due_at,
     late_pass_due_at)
SELECT unit_id, (
        SELECT patient_id
        FROM binding AS b
        WHERE b.unit_id = added.unit_id AND b.since <= from_us(start_us)
            AND (b.until IS NULL OR b.until > from_us(start_us))
        ORDER BY b.since DESC
        LIMIT 1
    ), from_us(start_us), from_us(end_us), known, derived, unusual, interruptions, from_us(%(now)s),
    CASE WHEN end_us IS NOT NULL THEN from_us(%(due)s) END, CASE WHEN end_us IS NOT NULL THEN from_us(%(due)s) END
FROM unnest(
    %(units)s::int[], %(starts)s::bigint[], %(ends)s::bigint[], %(known)s::text[], %(derived)s::boolean[],
    %(unusual)s::smallint[], %(interruptions)s::jsonb[]
) AS added (unit_id, start_us, end_us, known, derived, unusual, interruptions)
ORDER BY unit_id, start_us

-- name: change_treatments
UPDATE treatment AS t
SET started_at = from_us(start_us),
    ended_at = from_us(end_us),
    end_known = known,
    derived = changed.derived,
    unusual = changed.unusual,
    interruptions = changed.interruptions,
    patient_id = (
        SELECT b.patient_id
        FROM binding AS b
        WHERE b.unit_id = t.unit_id AND b.since <= from_us(start_us)
            AND (b.until IS NULL OR b.until > from_us(start_us))
        ORDER BY b.since DESC
        LIMIT 1
    ),
    revision = revision + 1,
    changed_at = from_us(%(now)s),
    summary_due_at = CASE WHEN end_us IS NOT NULL THEN from_us(%(due)s) END,
    late_pass_due_at = CASE WHEN end_us IS NOT NULL THEN from_us(%(due)s) END
FROM unnest(
    %(ids)s::bigint[], %(starts)s::bigint[], %(ends)s::bigint[], %(known)s::text[], %(derived)s::boolean[],
    %(unusual)s::smallint[], %(interruptions)s::jsonb[]
) AS changed (treatment_id, start_us, end_us, known, derived, unusual, interruptions)
WHERE t.treatment_id = changed.treatment_id

-- name: remove_treatments
DELETE FROM treatment WHERE treatment_id = ANY (%(ids)s::bigint[])

-- name: due_summaries
SELECT t.unit_id, t.revision, t.treatment_id, to_us(t.started_at), to_us(t.ended_at), t.end_known, t.derived, t.unusual,
    t.interruptions
FROM treatment AS t
JOIN unit USING (unit_id)
WHERE t.summary_due_at <= from_us(%(now)s) AND t.ended_at IS NOT NULL AND shard = ANY (%(shards)s::int[])
ORDER BY t.summary_due_at
LIMIT %(limit)s

-- name: last_value_in_treatment
(
    SELECT {signal}
    FROM reading
    WHERE unit_id = %(unit)s AND time BETWEEN from_us(%(start)s) AND from_us(%(end)s) AND phase = %(phase)s
        AND {signal} IS NOT NULL
    ORDER BY time DESC, seq DESC
    LIMIT 1
)::float8

-- name: span_in_treatment
count({signal}), percentile_cont(0.5) WITHIN GROUP (ORDER BY {signal}), min({signal})::float8, max({signal})::float8

-- name: summarise_treatment
SELECT count(*), {aggregates}
FROM reading
WHERE unit_id = %(unit)s AND time BETWEEN from_us(%(start)s) AND from_us(%(end)s) AND phase = %(phase)s

-- name: save_summary
INSERT INTO treatment_summary AS old
    (treatment_id, revision, version, computed_at, readings, treated_s, unseen_s, machine_time_min, volume_removed_ml,
     blood_processed_l, spktv, ektv, signals)
SELECT treatment_id, %(revision)s, %(version)s, from_us(%(now)s), %(readings)s, %(treated)s, %(unseen)s,
    %(machine_time)s, %(volume)s, %(blood)s, %(spktv)s, %(ektv)s, %(signals)s
FROM treatment
WHERE treatment_id = %(id)s -- it may be gone
ON CONFLICT (treatment_id) DO UPDATE SET
    revision = EXCLUDED.revision,
    version = EXCLUDED.version,
    computed_at = EXCLUDED.computed_at,
    readings = EXCLUDED.readings,
    treated_s = EXCLUDED.treated_s,
    unseen_s = EXCLUDED.unseen_s,
    machine_time_min = EXCLUDED.machine_time_min,
    volume_removed_ml = EXCLUDED.volume_removed_ml,
    blood_processed_l = EXCLUDED.blood_processed_l,
    spktv = EXCLUDED.spktv,
    ektv = EXCLUDED.ektv,
    signals = EXCLUDED.signals
WHERE old.revision <= EXCLUDED.revision

-- name: summary_is_done
UPDATE treatment SET summary_due_at = NULL WHERE treatment_id = %(id)s AND revision = %(revision)s

-- name: put_summary_off
UPDATE treatment SET summary_due_at = from_us(%(until)s) WHERE treatment_id = %(id)s AND summary_due_at IS NOT NULL

-- name: due_late_passes
SELECT t.unit_id, unit.name, t.treatment_id, t.revision, to_us(t.started_at), to_us(t.ended_at), t.patient_id,
    p.target_weight_kg, p.pre_systolic_mmhg, p.prescribed_conductivity_ms_cm, p.transmembrane_limit_mmhg,
    p.prescribed_spktv, p.prescribed_heparin_ml_h, p.heparin_stop_min
FROM treatment AS t
JOIN unit USING (unit_id)
LEFT JOIN patient AS p USING (patient_id)
WHERE t.late_pass_due_at <= from_us(%(now)s) AND t.ended_at IS NOT NULL AND shard = ANY (%(shards)s::int[])
ORDER BY t.late_pass_due_at
LIMIT %(limit)s

-- name: ended_treatments
SELECT t.unit_id, unit.name, t.treatment_id, t.revision, to_us(t.started_at), to_us(t.ended_at), t.patient_id,
    p.target_weight_kg, p.pre_systolic_mmhg, p.prescribed_conductivity_ms_cm, p.transmembrane_limit_mmhg,
    p.prescribed_spktv, p.prescribed_heparin_ml_h, p.heparin_stop_min
FROM treatment AS t
JOIN unit USING (unit_id)
LEFT JOIN patient AS p USING (patient_id)
WHERE t.ended_at IS NOT NULL AND t.started_at >= from_us(%(start)s) AND t.started_at < from_us(%(end)s)
    AND (t.unit_id = %(unit)s::int OR t.patient_id = %(patient)s::int)
ORDER BY t.started_at, t.treatment_id
LIMIT %(limit)s

-- name: late_times
SELECT to_us(time)
FROM reading
WHERE unit_id = %(unit)s AND time BETWEEN from_us(%(start)s) AND from_us(%(end)s) AND flags & %(flags)s = %(late)s
ORDER BY time

-- name: alert_spans
SELECT rule, to_us(since), CASE WHEN state NOT LIKE 'active%%' THEN (
        -- When its cause went, not when a person had seen it.
        SELECT to_us(max(time)) FROM alert_event AS e WHERE e.alert_id = alert.alert_id AND e.actor IS NULL
    ) END
FROM alert
WHERE unit_id = %(unit)s AND since <= from_us(%(end)s) AND since >= from_us(%(start)s) - interval '1 day'
ORDER BY alert_id

-- name: late_pass_is_done
UPDATE treatment SET late_pass_due_at = NULL WHERE treatment_id = %(id)s AND revision = %(revision)s

-- name: put_late_pass_off
UPDATE treatment SET late_pass_due_at = from_us(%(until)s)
WHERE treatment_id = %(id)s AND late_pass_due_at IS NOT NULL

-- name: clinic_of_patient
SELECT clinic_id FROM patient WHERE patient_id = %(patient)s

-- name: treatment_by_id
SELECT treatment_id, unit, clinic_id, patient_id, patient, revision, changed_us, start_us, end_us, end_known, derived, unusual,
    interruptions, summary_revision, version, computed_us, readings, treated_s, unseen_s, machine_time_min,
    volume_removed_ml, blood_processed_l, spktv, ektv, signals
FROM treatment_report
WHERE treatment_id = %(id)s

-- name: treatments_of_unit
SELECT treatment_id, unit, clinic_id, patient_id, patient, revision, changed_us, start_us, end_us, end_known, derived, unusual,
    interruptions, summary_revision, version, computed_us, readings, treated_s, unseen_s, machine_time_min,
    volume_removed_ml, blood_processed_l, spktv, ektv, signals
FROM treatment_report
WHERE unit_id = %(unit)s AND started_at >= from_us(%(start)s) AND (started_at, treatment_id) < (from_us(%(end)s), %(before)s)
ORDER BY started_at DESC, treatment_id DESC
LIMIT %(limit)s

-- name: treatments_of_patient
SELECT treatment_id, unit, clinic_id, patient_id, patient, revision, changed_us, start_us, end_us, end_known, derived, unusual,
    interruptions, summary_revision, version, computed_us, readings, treated_s, unseen_s, machine_time_min,
    volume_removed_ml, blood_processed_l, spktv, ektv, signals
FROM treatment_report
WHERE patient_id = %(patient)s AND started_at >= from_us(%(start)s) AND (started_at, treatment_id) < (from_us(%(end)s), %(before)s)
ORDER BY started_at DESC, treatment_id DESC
LIMIT %(limit)s
