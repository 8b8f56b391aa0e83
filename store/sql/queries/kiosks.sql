-- name: add_kiosk
INSERT INTO kiosk (name, clinic_id, added_at, code_hash, code_until, hides_names)
VALUES (%(name)s, %(clinic)s, from_us(%(now)s), %(code)s, from_us(%(until)s), %(hides_names)s)
RETURNING kiosk_id

-- name: offer_kiosk_code
UPDATE kiosk SET code_hash = %(code)s, code_until = from_us(%(until)s) WHERE kiosk_id = %(kiosk)s AND removed_at IS NULL

-- name: remove_kiosk
UPDATE kiosk SET removed_at = coalesce(removed_at, from_us(%(now)s)), code_hash = NULL, code_until = NULL,
    token_hash = NULL, bound_at = NULL
WHERE kiosk_id = %(kiosk)s

-- name: kiosks
SELECT kiosk_id, k.name, k.clinic_id, c.name, to_us(bound_at), to_us(code_until), hides_names, k.team_id, t.name
FROM kiosk AS k
JOIN clinic AS c ON c.clinic_id = k.clinic_id
LEFT JOIN care_team AS t ON t.team_id = k.team_id
WHERE k.removed_at IS NULL
ORDER BY kiosk_id

-- name: bind_kiosk
UPDATE kiosk AS k SET token_hash = %(token)s, bound_at = from_us(%(now)s), code_hash = NULL, code_until = NULL
FROM clinic AS c
WHERE c.clinic_id = k.clinic_id AND k.code_hash = %(code)s AND k.code_until > from_us(%(now)s) AND k.removed_at IS NULL
RETURNING k.kiosk_id, k.name, k.clinic_id, c.name, to_us(k.bound_at), NULL::bigint, k.hides_names, k.team_id,
    (SELECT t.name FROM care_team AS t WHERE t.team_id = k.team_id)

-- name: kiosks_of_tokens
SELECT k.token_hash, kiosk_id, k.name, k.clinic_id, c.name, to_us(bound_at), to_us(code_until), k.hides_names, k.team_id, t.name
FROM kiosk AS k
JOIN clinic AS c ON c.clinic_id = k.clinic_id
LEFT JOIN care_team AS t ON t.team_id = k.team_id
WHERE k.token_hash = ANY (%(tokens)s::bytea[]) AND k.removed_at IS NULL

-- name: release_kiosk
UPDATE kiosk SET token_hash = NULL, bound_at = NULL WHERE token_hash = %(token)s RETURNING kiosk_id

-- name: show_team_on_kiosk
UPDATE kiosk SET team_id = %(team)s WHERE kiosk_id = %(kiosk)s AND removed_at IS NULL

-- name: note_kiosk_sounds
-- By the database's clock. One that somebody else is at work on waits for the next time.
WITH said AS (
    SELECT kiosk_id, sound FROM unnest(%(kiosks)s::int[], %(sounds)s::text[]) AS said (kiosk_id, sound)
), held AS (
    SELECT kiosk_id FROM kiosk WHERE kiosk_id = ANY (%(kiosks)s::int[]) AND removed_at IS NULL
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE kiosk AS k SET sound = said.sound, sound_at = clock_timestamp(),
    armed_at = CASE WHEN said.sound = 'armed' THEN clock_timestamp() ELSE k.armed_at END
FROM said
WHERE k.kiosk_id = said.kiosk_id AND k.kiosk_id IN (SELECT kiosk_id FROM held)

-- name: silent_kiosks
SELECT k.kiosk_id, k.name, k.clinic_id, to_us(k.armed_at), k.token_hash IS NOT NULL, k.sound, to_us(k.sound_at)
FROM kiosk AS k
WHERE k.removed_at IS NULL AND k.armed_at < from_us(%(before)s)
ORDER BY k.kiosk_id

-- name: quieten_kiosk
UPDATE kiosk SET armed_at = NULL
WHERE kiosk_id = %(kiosk)s AND NOT coalesce(sound = 'armed' AND sound_at > clock_timestamp() - interval '30 seconds', false)
RETURNING 1
