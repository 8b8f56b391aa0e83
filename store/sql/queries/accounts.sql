-- name: add_user
INSERT INTO user_account (email, name, role, clinic_id, password_hash, created_at)
VALUES (%(email)s, %(name)s, %(role)s, %(clinic)s, %(password_hash)s, from_us(%(now)s))
RETURNING user_id

-- name: users
SELECT
    u.user_id, u.email, u.name, u.role, u.clinic_id, c.name, u.password_hash, u.disabled_at IS NOT NULL, u.language
FROM user_account AS u
LEFT JOIN clinic AS c USING (clinic_id)
WHERE %(email)s::text IS NULL OR lower(u.email) = lower(%(email)s::text)
ORDER BY u.user_id

-- name: disable_user
UPDATE user_account SET disabled_at = coalesce(disabled_at, from_us(%(now)s)) WHERE user_id = %(user)s

-- name: sweep_sessions
-- Whose end is on record.
DELETE FROM session WHERE expires_at <= from_us(%(now)s) AND ended_at IS NOT NULL

-- name: end_overdue_sessions
-- As old as a session gets, or not used for `idle`. Another server's turn may be at the same time: each takes others.
UPDATE session AS s SET ended_at = from_us(%(now)s)
FROM (
    SELECT session_id FROM session
    WHERE ended_at IS NULL AND (expires_at <= from_us(%(now)s) OR seen_at <= from_us(%(now)s - %(idle)s))
    ORDER BY session_id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS over
WHERE s.session_id = over.session_id
RETURNING s.user_id, s.token_hash, s.expires_at <= from_us(%(now)s)

-- name: add_session
INSERT INTO session (token_hash, user_id, created_at, expires_at, seen_at, how, address, browser)
VALUES (%(token)s, %(user)s, from_us(%(now)s), from_us(%(expires)s), from_us(%(now)s), %(how)s, %(address)s, %(browser)s)

-- name: use_sessions
-- One that somebody else is at work on is left to them: they note its use, or end it.
UPDATE session SET seen_at = from_us(%(now)s) WHERE token_hash IN (
    SELECT token_hash FROM session WHERE token_hash = ANY (%(tokens)s::bytea[]) FOR NO KEY UPDATE SKIP LOCKED)

-- name: sessions
-- Not used for longer than `idle`: it has ended, as if it had expired.
SELECT
    s.token_hash, to_us(s.seen_at), to_us(s.expires_at), to_us(s.created_at), s.how, u.user_id, u.email, u.name, u.role,
    u.clinic_id, c.name, u.password_hash, false, u.language
FROM session AS s
JOIN user_account AS u USING (user_id)
LEFT JOIN clinic AS c USING (clinic_id)
WHERE s.token_hash = ANY (%(tokens)s::bytea[]) AND s.expires_at > from_us(%(now)s) AND u.disabled_at IS NULL
    AND s.ended_at IS NULL
    AND coalesce(s.seen_at, from_us(%(now)s)) > from_us(%(now)s - %(idle)s)

-- name: end_session
-- Null instead of whose it was where its end is on record already.
DELETE FROM session WHERE token_hash = %(token)s RETURNING CASE WHEN ended_at IS NULL THEN user_id END

-- name: end_sessions_of
-- Half a sign-in goes with them: a password that was right before must not become a session afterwards.
WITH half AS (DELETE FROM sign_in_step WHERE user_id = %(user)s),
gone AS (DELETE FROM session WHERE user_id = %(user)s RETURNING session_id, token_hash, ended_at)
SELECT token_hash FROM gone WHERE ended_at IS NULL ORDER BY session_id

-- name: set_password_hash
UPDATE user_account SET password_hash = %(password_hash)s WHERE user_id = %(user)s

-- name: closed_accounts
SELECT user_id FROM user_account WHERE user_id = ANY (%(users)s::int[]) AND disabled_at IS NOT NULL

-- name: pages_of_closed_account
WITH gone AS (
    UPDATE delivery SET state = 'failed', next_try_at = NULL, claimed_by = NULL, changed_at = from_us(%(now)s)
    WHERE user_id = %(user)s AND state = 'queued'
        AND notice_id IN (SELECT notice_id FROM notice WHERE audience <> ALL (%(keeps)s::text[]))
    RETURNING delivery_id, attempts
)
INSERT INTO delivery_event (delivery_id, at, state, attempt, detail)
SELECT delivery_id, from_us(%(now)s), 'failed', attempts, %(why)s FROM gone

-- name: notices_of_closed_account
UPDATE notice SET recheck_at = from_us(%(now)s) WHERE accepted_by = %(user)s AND state = 'accepted'

-- name: notices_of_moved_account
-- Their acceptance lasts until now: whoever looks at it next gives it back.
UPDATE notice SET recheck_at = from_us(%(now)s), accepted_until = least(accepted_until, from_us(%(now)s))
WHERE accepted_by = %(user)s AND state = 'accepted' AND audience <> ALL (%(keeps)s::text[])

-- name: leave_teams
-- Of other clinics than the one that is theirs now.
UPDATE team_member AS m SET until = least(m.until, from_us(%(now)s))
FROM care_team AS t
WHERE t.team_id = m.team_id AND m.user_id = %(user)s AND t.clinic_id IS DISTINCT FROM %(clinic)s::int

-- name: hurry_past_closed_account
-- Where nobody else was asked in this round, the next step that takes it to other people is due now.
UPDATE notice_step AS s SET due_at = least(s.due_at, from_us(%(now)s))
FROM notice AS n
WHERE n.notice_id = s.notice_id AND n.round = s.round AND n.state = 'asking' AND s.kind <> 'repeat'
    AND n.audience <> ALL (%(keeps)s::text[])
    AND s.number = (SELECT min(number) FROM notice_step
        WHERE notice_id = n.notice_id AND round = n.round AND done_at IS NULL AND kind <> 'second channel')
    AND EXISTS (SELECT FROM delivery AS d
        WHERE d.notice_id = n.notice_id AND d.round = n.round AND d.user_id = %(user)s)
    AND NOT EXISTS (SELECT FROM delivery AS d JOIN user_account AS u USING (user_id)
        WHERE d.notice_id = n.notice_id AND d.round = n.round AND u.disabled_at IS NULL AND u.user_id <> %(user)s)

-- name: own_sessions
SELECT session_id, token_hash, to_us(created_at), to_us(expires_at), to_us(seen_at), how, address, browser
FROM session
WHERE user_id = %(user)s AND expires_at > from_us(%(now)s) AND ended_at IS NULL
    AND coalesce(seen_at, from_us(%(now)s)) > from_us(%(now)s - %(idle)s)
ORDER BY created_at DESC, session_id DESC
LIMIT %(limit)s

-- name: end_own_session
DELETE FROM session WHERE user_id = %(user)s AND session_id = %(session)s AND ended_at IS NULL RETURNING token_hash
