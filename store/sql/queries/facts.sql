-- name: server_facts
SELECT
    current_setting('server_version'),
    (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb')

-- name: compression_facts
SELECT
    (SELECT config ->> 'compress_after' FROM timescaledb_information.jobs
        WHERE proc_name = 'policy_compression' AND hypertable_schema = current_schema()
            AND hypertable_name = 'reading' AND scheduled),
    (SELECT count(*) FILTER (WHERE is_compressed) FROM timescaledb_information.chunks
        WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading'),
    (SELECT count(*) FROM timescaledb_information.chunks
        WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading'),
    (SELECT coalesce(array_agg(DISTINCT proc_name::text), '{}') FROM timescaledb_information.jobs
        JOIN timescaledb_information.job_stats USING (job_id) WHERE last_run_status = 'Failed')
