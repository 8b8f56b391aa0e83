-- name: tenures_of_unit
-- One row without a tenure where it never served anybody.
SELECT u.unit_id, t.patient_id, p.clinic_id, to_us(t.since), to_us(t.until), t.stands
FROM unit AS u
LEFT JOIN tenure AS t ON t.unit_id = u.unit_id AND t.since IS DISTINCT FROM t.until
LEFT JOIN patient AS p USING (patient_id)
WHERE u.name = %(unit)s
ORDER BY t.since
