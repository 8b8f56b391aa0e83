-- name: add_rota
INSERT INTO rota (clinic_id, audience, line, zone, author, reason, recorded_at)
VALUES (%(clinic)s, %(audience)s, %(line)s, %(zone)s, %(author)s, %(reason)s, from_us(%(now)s))
RETURNING rota_id

-- name: withdraw_rota
UPDATE rota SET withdrawn_at = from_us(%(now)s), withdrawn_by = %(author)s, withdrawn_reason = %(reason)s
WHERE rota_id = %(rota)s AND withdrawn_at IS NULL
RETURNING rota_id

-- name: rota_alone
SELECT rota_id FROM rota WHERE rota_id = %(rota)s AND withdrawn_at IS NULL FOR UPDATE

-- name: add_rotation
INSERT INTO rota_rotation (rota_id, people, every_days, hand_over, anchor, since, author, reason, recorded_at)
SELECT %(rota)s, %(people)s::int[], %(every)s, %(hand_over)s, %(anchor)s, from_us(%(since)s), %(author)s, %(reason)s,
    from_us(%(now)s)
WHERE NOT EXISTS (
    SELECT FROM unnest(%(people)s::int[]) AS named (user_id) LEFT JOIN user_account USING (user_id) WHERE email IS NULL
)
RETURNING rotation_id

-- name: add_override
INSERT INTO rota_override
    (rota_id, source, user_id, start_at, end_at, swap_of, uid, recurrence, author, reason, recorded_at)
VALUES (%(rota)s, %(source)s, %(user)s, from_us(%(start)s), from_us(%(end)s), %(swap_of)s, %(uid)s, %(recurrence)s,
    %(author)s, %(reason)s, from_us(%(now)s))
RETURNING override_id

-- name: withdraw_overrides
UPDATE rota_override SET withdrawn_at = from_us(%(now)s), withdrawn_by = %(author)s, withdrawn_reason = %(reason)s
WHERE rota_id = %(rota)s AND withdrawn_at IS NULL AND (
    override_id = ANY (%(overrides)s::bigint[])
    OR swap_of = ANY (%(overrides)s::bigint[])
    OR override_id IN (SELECT swap_of FROM rota_override WHERE override_id = ANY (%(overrides)s::bigint[]))
)
RETURNING override_id

-- name: add_acceptance
INSERT INTO rota_acceptance (rota_id, user_id, start_at, end_at, accepted, author, reason, recorded_at)
VALUES (%(rota)s, %(user)s, from_us(%(start)s), from_us(%(end)s), %(accepted)s, %(author)s, %(reason)s,
    from_us(%(now)s))

-- name: rotas
SELECT rota_id, clinic_id, audience, line, zone
FROM rota
WHERE withdrawn_at IS NULL AND (%(clinic)s::int IS NULL OR clinic_id = %(clinic)s OR clinic_id IS NULL)
ORDER BY clinic_id NULLS LAST, audience, line

-- name: rotations
SELECT rota_id, rotation_id, people, every_days, hand_over, anchor, to_us(since)
FROM rota_rotation JOIN rota USING (rota_id)
WHERE withdrawn_at IS NULL AND (%(clinic)s::int IS NULL OR clinic_id = %(clinic)s OR clinic_id IS NULL)
ORDER BY rotation_id

-- name: overrides
SELECT rota_id, override_id, to_us(start_at), to_us(end_at), user_id, source, coalesce(uid, ''), coalesce(recurrence, '')
FROM rota_override AS o JOIN rota USING (rota_id)
WHERE rota.withdrawn_at IS NULL AND o.withdrawn_at IS NULL AND end_at > from_us(%(since)s)
    AND (%(clinic)s::int IS NULL OR clinic_id = %(clinic)s OR clinic_id IS NULL)
ORDER BY override_id

-- name: acceptances
SELECT rota_id, acceptance_id, user_id, to_us(start_at), to_us(end_at), accepted
FROM rota_acceptance JOIN rota USING (rota_id)
WHERE withdrawn_at IS NULL AND end_at > from_us(%(since)s)
    AND (%(clinic)s::int IS NULL OR clinic_id = %(clinic)s OR clinic_id IS NULL)
ORDER BY acceptance_id

-- name: rota_people
SELECT user_id, name, email, role, clinic_id, disabled_at IS NOT NULL FROM user_account

-- name: rota_clinics
SELECT clinic_id, name, EXISTS (SELECT FROM patient WHERE patient.clinic_id = clinic.clinic_id) FROM clinic
