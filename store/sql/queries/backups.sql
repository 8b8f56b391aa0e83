-- name: backup_streams
SELECT count(*) FILTER (WHERE active), coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)::float8
FROM pg_replication_slots
WHERE slot_type = 'physical' AND NOT temporary
