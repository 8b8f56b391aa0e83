-- name: usual_treatments
-- The last ones of a patient that are over and began before a time, newest first.
SELECT treatment_id, revision, unit_id, to_us(started_at), to_us(ended_at)
FROM treatment
WHERE patient_id = %(patient)s AND ended_at IS NOT NULL AND started_at < from_us(%(before)s)
ORDER BY started_at DESC, treatment_id DESC
LIMIT %(limit)s
