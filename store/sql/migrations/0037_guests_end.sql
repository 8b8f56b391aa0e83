-- compatible: yes – rows only; the release before can still enter a guest without an end

-- Who belongs to a team of another clinic without an end has one now, in 90 days: somebody says anew that it goes on
-- (decision 53). Each is on record.
WITH ended AS (
    UPDATE team_member AS m SET until = now() + interval '90 days'
    FROM care_team AS t, user_account AS u
    WHERE t.team_id = m.team_id AND u.user_id = m.user_id AND m.until IS NULL
        AND u.clinic_id IS DISTINCT FROM t.clinic_id
    RETURNING m.team_id, m.user_id, m.until
)
INSERT INTO audit_event (at, actor, action, subject, detail)
SELECT now(), 'os:migration 0037', 'put team member', 'team:' || team_id,
    json_build_object('until_us', to_us(until), 'user', user_id)
FROM ended ORDER BY team_id, user_id;
