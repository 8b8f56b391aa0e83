-- name: add_clinic
WITH added AS (INSERT INTO clinic (name) VALUES (%(name)s) ON CONFLICT (name) DO NOTHING RETURNING clinic_id)
SELECT clinic_id FROM added UNION ALL SELECT clinic_id FROM clinic WHERE name = %(name)s LIMIT 1

-- name: name_alone
SELECT pg_advisory_xact_lock(hashtext('homehd name a unit'))

-- name: add_unit
INSERT INTO unit (name, label, shard, clinic_id, activated_at, is_test)
VALUES (%(name)s, %(label)s, %(shard)s, %(clinic)s, from_us(%(now)s), %(test)s)

-- name: revoke_unit
UPDATE unit SET revoked_at = coalesce(revoked_at, from_us(%(now)s)) WHERE name = %(name)s

-- name: revoked_homes
SELECT
    u.name, u.shard, u.revoked_at IS NOT NULL, u.revoked_at IS NULL AND held.revoked < held.certificates,
    to_us(greatest(u.revoked_at, held.revoked_at))
FROM unit AS u
CROSS JOIN LATERAL (
    SELECT count(*) AS certificates, count(c.revoked_at) AS revoked, max(c.revoked_at) AS revoked_at
    FROM certificate AS c
    WHERE c.unit_id = u.unit_id AND c.valid_until > from_us(%(ended)s)
) AS held
WHERE held.certificates > 0 AND (
    u.revoked_at IS NOT NULL OR held.revoked = held.certificates OR held.revoked_at > from_us(%(since)s)
)
ORDER BY greatest(u.revoked_at, held.revoked_at) DESC, u.unit_id

-- name: revoked_names
SELECT name FROM unit WHERE revoked_at IS NOT NULL AND shard = ANY (%(shards)s::int[])

-- name: units
SELECT
    u.unit_id, u.name, u.label, u.shard, u.clinic_id, c.name, p.patient_id, p.display_name, to_us(u.activated_at),
    to_us(u.revoked_at), u.is_test
FROM unit AS u
LEFT JOIN clinic AS c USING (clinic_id)
LEFT JOIN binding AS b ON b.unit_id = u.unit_id AND b.until IS NULL
LEFT JOIN patient AS p ON p.patient_id = b.patient_id
WHERE (%(names)s::text[] IS NULL OR u.name = ANY (%(names)s::text[]))
    AND (%(shards)s::int[] IS NULL OR u.shard = ANY (%(shards)s::int[]))
ORDER BY u.unit_id

-- name: add_patient
INSERT INTO patient
    (display_name, clinic_id, target_weight_kg, pre_systolic_mmhg, prescribed_conductivity_ms_cm,
     transmembrane_limit_mmhg, prescribed_spktv, prescribed_heparin_ml_h, heparin_stop_min)
VALUES (%(name)s, %(clinic)s, %(weight)s, %(systolic)s, %(conductivity)s, %(transmembrane)s, %(spktv)s, %(heparin)s,
    %(heparin_stop)s)
RETURNING patient_id

-- name: end_bindings
UPDATE binding SET until = greatest(since, from_us(%(now)s))
WHERE until IS NULL AND (unit_id = %(unit)s OR patient_id = %(patient)s)

-- name: bind
INSERT INTO binding (unit_id, patient_id, since) VALUES (%(unit)s, %(patient)s, from_us(%(now)s))

-- name: prescriptions
SELECT
    b.unit_id, p.target_weight_kg, p.pre_systolic_mmhg, p.prescribed_conductivity_ms_cm, p.transmembrane_limit_mmhg,
    p.prescribed_spktv, p.prescribed_heparin_ml_h, p.heparin_stop_min
FROM binding AS b
JOIN patient AS p USING (patient_id)
WHERE b.until IS NULL AND b.unit_id = ANY (%(units)s::int[])
