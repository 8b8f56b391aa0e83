-- name: ordering_takes_time
SET statement_timeout = '1h'

-- name: lock_ordering
SELECT pg_try_advisory_lock(hashtext('homehd day order'))

-- name: unlock_ordering
SELECT pg_advisory_unlock(hashtext('homehd day order'))

-- name: unordered_reading_days
SELECT unordered_reading_days(%(before)s)

-- name: reading_days_before
SELECT reading_days_before()

-- name: note_reading_day
SELECT note_reading_day(%(day)s)

-- name: copy_reading_day
SELECT copy_reading_day(%(day)s)

-- name: freeze_reading_copy
-- For good: the first who reads a row would otherwise write its page once more, and so would the vacuum against wraparound.
VACUUM (FREEZE, ANALYZE) {copy}

-- name: catch_up_reading_copy
SELECT catch_up_reading_copy(%(day)s)

-- name: transactions_open
-- All there are but our own, of any database: lists that everybody may read. Vacuum and analyze look at no row's value.
SELECT coalesce(array_agg(virtualxid), '{}')
FROM pg_locks
WHERE locktype = 'virtualxid' AND virtualtransaction = virtualxid AND pid <> pg_backend_pid()
    AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum UNION ALL SELECT pid FROM pg_stat_progress_analyze)

-- name: exchange_reading_day
SELECT exchange_reading_day(%(day)s)

-- name: drop_reading_before
SELECT drop_reading_before(%(day)s)

-- name: forget_reading_copy
SELECT forget_reading_copy(%(day)s)
