-- name: audit_page
-- `clinic` null: every row. Else rows about that clinic or something of it: a person, a home, a screen, a rota, a team, an
-- alert, a notice, a treatment, a patient. `patient`: rows about them, also those that list them among others.
SELECT
    e.event_id, to_us(e.at), e.actor, coalesce(u.name, k.name, ''), e.action, e.subject,
    coalesce(about.name, home.label, ''), e.detail::text
FROM audit_event AS e
LEFT JOIN user_account AS u ON u.user_id = substring(e.actor FROM '^user:([0-9]{1,9})$')::int
LEFT JOIN kiosk AS k ON k.kiosk_id = substring(e.actor FROM '^kiosk:([0-9]{1,9})$')::int
LEFT JOIN user_account AS about ON about.user_id = substring(e.subject FROM '^user:([0-9]{1,9})$')::int
LEFT JOIN unit AS home ON home.name = e.subject
WHERE (%(before)s::bigint IS NULL OR e.event_id < %(before)s::bigint)
    AND (%(actor)s::text IS NULL OR e.actor = %(actor)s::text)
    AND (%(action)s::text IS NULL OR e.action = %(action)s::text)
    AND (%(subject)s::text IS NULL OR e.subject = %(subject)s::text)
    AND (%(kind)s::text IS NULL OR %(kind)s::text = CASE
        WHEN e.action LIKE 'look at %%' THEN 'looks'
        WHEN e.action = ANY (%(sign_ins)s::text[]) THEN 'sign-ins'
        ELSE 'deeds' END)
    AND (%(start)s::bigint IS NULL OR e.at >= from_us(%(start)s::bigint))
    AND (%(end)s::bigint IS NULL OR e.at < from_us(%(end)s::bigint))
    AND (%(patient)s::int IS NULL OR EXISTS (
        SELECT FROM audit_patient AS a WHERE a.event_id = e.event_id AND a.patient_id = %(patient)s::int))
    AND (%(clinic)s::int IS NULL
        OR e.subject IN (
            SELECT 'user:' || user_id FROM user_account WHERE clinic_id = %(clinic)s::int
            UNION ALL SELECT name FROM unit WHERE clinic_id = %(clinic)s::int
            UNION ALL SELECT 'kiosk:' || kiosk_id FROM kiosk WHERE clinic_id = %(clinic)s::int
            UNION ALL SELECT 'rota:' || rota_id FROM rota WHERE clinic_id = %(clinic)s::int
            UNION ALL SELECT 'team:' || team_id FROM care_team WHERE clinic_id = %(clinic)s::int
            UNION ALL SELECT 'clinic:' || %(clinic)s::int)
        OR EXISTS (
            SELECT FROM audit_patient AS a JOIN patient AS p USING (patient_id)
            WHERE a.event_id = e.event_id AND p.clinic_id = %(clinic)s::int)
        OR EXISTS (
            SELECT FROM alert AS a JOIN unit USING (unit_id)
            WHERE a.alert_id = substring(e.subject FROM '^alert:([0-9]{1,18})$')::bigint
                AND unit.clinic_id = %(clinic)s::int)
        OR EXISTS (
            SELECT FROM treatment AS t JOIN unit USING (unit_id)
            WHERE t.treatment_id = substring(e.subject FROM '^treatment:([0-9]{1,18})$')::bigint
                AND unit.clinic_id = %(clinic)s::int)
        OR EXISTS (
            SELECT FROM notice AS n LEFT JOIN unit USING (unit_id)
            WHERE n.notice_id = substring(e.subject FROM '^notice:([0-9]{1,18})$')::bigint
                AND coalesce(unit.clinic_id, n.clinic_id) = %(clinic)s::int))
ORDER BY e.event_id DESC
LIMIT %(limit)s

-- name: audit_actions
-- From one kind of deed to the next along the index, not through the rows of each.
WITH RECURSIVE kind AS (
    (SELECT action FROM audit_event ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT e.action FROM audit_event AS e WHERE e.action > kind.action ORDER BY e.action LIMIT 1)
    FROM kind WHERE kind.action IS NOT NULL
)
SELECT action FROM kind WHERE action IS NOT NULL LIMIT 500

-- name: audit_newest
SELECT coalesce(max(event_id), 0) FROM audit_event

-- name: audit_check_alone
SELECT pg_try_advisory_xact_lock(hashtext('homehd walk the audit chain'))

-- name: add_audit_check
INSERT INTO audit_check (begun_at, ended_at, asked_by, held, head, broken, why)
VALUES (from_us(%(begun)s), from_us(greatest(%(begun)s, %(ended)s)), %(asked_by)s, %(held)s, %(head)s, %(broken)s, %(why)s)

-- name: last_audit_check
SELECT to_us(begun_at), to_us(ended_at), asked_by, held, head, broken, why
FROM audit_check
WHERE NOT %(intact)s::boolean OR broken IS NULL
ORDER BY check_id DESC
LIMIT 1
