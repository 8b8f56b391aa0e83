-- name: take_shards
SELECT pg_try_advisory_lock(%(class)s::int, shard) FROM unnest(%(shards)s::int[]) AS shard

-- name: held_shards
SELECT objid::int FROM pg_locks
WHERE locktype = 'advisory' AND classid = %(class)s::bigint::oid AND objsubid = 2 AND pid = pg_backend_pid() AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
