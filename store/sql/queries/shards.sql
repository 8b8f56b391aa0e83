-- name: take_shards
SELECT pg_try_advisory_lock(%(class)s::int, shard) FROM unnest(%(shards)s::int[]) AS shard

-- name: held_shards
SELECT objid::int FROM pg_locks
WHERE locktype = 'advisory' AND classid = %(class)s::bigint::oid AND objsubid = 2 AND pid = pg_backend_pid() AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())

-- name: free_hung
SELECT pg_terminate_backend(pid) FROM pg_stat_activity AS owner
WHERE state = 'active' AND wait_event_type = 'Client' AND datname = current_database()
    AND state_change < clock_timestamp() - %(hung)s::float8 * interval '1 second'
    AND EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND classid = %(class)s::bigint::oid AND objsubid = 2 AND granted
            AND pid = owner.pid AND database = owner.datid)

-- name: this_writer
SELECT pid, to_us(backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()

-- name: end_writer
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = %(pid)s AND to_us(backend_start) = %(began)s AND pid <> pg_backend_pid()
