-- name: teams
SELECT t.team_id, t.name, t.clinic_id, c.name, c.by_team
FROM care_team AS t
JOIN clinic AS c ON c.clinic_id = t.clinic_id
WHERE t.removed_at IS NULL
ORDER BY t.team_id

-- name: team_members
SELECT m.team_id, m.user_id, u.name, u.email, u.role, u.clinic_id, c.name, to_us(m.until)
FROM team_member AS m
JOIN care_team AS t USING (team_id)
JOIN user_account AS u USING (user_id)
LEFT JOIN clinic AS c ON c.clinic_id = u.clinic_id
WHERE t.removed_at IS NULL AND u.disabled_at IS NULL AND (m.until IS NULL OR m.until > from_us(%(now)s))
ORDER BY m.team_id, u.name, m.user_id

-- name: team_patients
-- A patient who went to another clinic is in no team of the one before.
SELECT x.team_id, x.patient_id, p.display_name, p.clinic_id
FROM team_patient AS x
JOIN care_team AS t USING (team_id)
JOIN patient AS p ON p.patient_id = x.patient_id AND p.clinic_id = t.clinic_id
WHERE t.removed_at IS NULL AND x.removed_at IS NULL
ORDER BY x.team_id, p.display_name, x.patient_id

-- name: patients_of_no_team
-- Of clinics that go by team.
SELECT p.clinic_id, p.patient_id
FROM patient AS p
JOIN clinic AS c ON c.clinic_id = p.clinic_id AND c.by_team
WHERE NOT EXISTS (SELECT FROM team_patient AS x JOIN care_team AS t USING (team_id)
    WHERE x.patient_id = p.patient_id AND x.removed_at IS NULL AND t.removed_at IS NULL AND t.clinic_id = p.clinic_id)

-- name: clinics_by_team
SELECT clinic_id FROM clinic WHERE by_team

-- name: patients_people_are_asked_about
-- Open notices only, by their deliveries, and by who has accepted: whose the notice is, or whom the home serves now.
SELECT asked.user_id, p.patient_id, p.clinic_id
FROM notice AS n
JOIN LATERAL (
    SELECT d.user_id FROM delivery AS d WHERE d.notice_id = n.notice_id
    UNION
    SELECT n.accepted_by
) AS asked ON asked.user_id IS NOT NULL
LEFT JOIN binding AS b ON b.unit_id = n.unit_id AND b.until IS NULL
JOIN patient AS p ON p.patient_id = coalesce(n.owner_id, b.patient_id)
WHERE n.state <> 'over'

-- name: broken_glasses
SELECT g.user_id, g.patient_id, g.glass_id, to_us(g.until), p.clinic_id
FROM break_glass AS g
JOIN patient AS p USING (patient_id)
WHERE ended_at IS NULL AND until > from_us(%(now)s)

-- name: add_team
INSERT INTO care_team (clinic_id, name, added_at) VALUES (%(clinic)s, %(name)s, from_us(%(now)s)) RETURNING team_id

-- name: remove_team
UPDATE care_team SET removed_at = coalesce(removed_at, from_us(%(now)s)) WHERE team_id = %(team)s

-- name: unbind_kiosks_of_team
UPDATE kiosk SET team_id = NULL WHERE team_id = %(team)s RETURNING name

-- name: put_team_member
INSERT INTO team_member (team_id, user_id, until) VALUES (%(team)s, %(user)s, from_us(%(until)s))
ON CONFLICT (team_id, user_id) DO UPDATE SET until = excluded.until

-- name: put_team_patient
INSERT INTO team_patient (team_id, patient_id, removed_at)
SELECT %(team)s, p.patient_id, from_us(%(removed)s)
FROM patient AS p
JOIN care_team AS t ON t.team_id = %(team)s AND t.clinic_id = p.clinic_id
WHERE p.patient_id = %(patient)s
ON CONFLICT (team_id, patient_id) DO UPDATE SET removed_at = excluded.removed_at
RETURNING patient_id

-- name: clinic_goes_by_team
UPDATE clinic SET by_team = %(by_team)s WHERE lower(name) = lower(%(name)s) RETURNING clinic_id, name

-- name: clinic_named
SELECT clinic_id FROM clinic WHERE lower(name) = lower(%(name)s)
