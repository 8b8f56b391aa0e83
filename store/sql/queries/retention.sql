-- name: droppable_reading_days
SELECT droppable_reading_days(%(before)s)

-- name: drop_reading_day
SELECT drop_reading_day(%(day)s)

-- name: wait_briefly
-- For this transaction: whoever waits for a lock keeps everybody else waiting behind it.
SELECT set_config('lock_timeout', %(limit)s, true)

-- name: retention_policy
SELECT (config ->> 'keep_days')::int
FROM timescaledb_information.jobs
WHERE proc_schema = current_schema() AND proc_name = 'drop_old_readings'

-- name: stop_retention_policy
SELECT delete_job(job_id)
FROM timescaledb_information.jobs
WHERE proc_schema = current_schema() AND proc_name = 'drop_old_readings'

-- name: start_retention_policy
SELECT add_job('drop_old_readings', interval '1 day', config => jsonb_build_object('keep_days', %(days)s::int))
