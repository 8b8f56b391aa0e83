-- name: edition
-- What carries `reading` is what counts: an extension that was created when there were rows already changes nothing.
SELECT CASE WHEN relkind = 'p' THEN 'native' WHEN current_setting('timescaledb.license', true) = 'timescale' THEN 'community'
    ELSE 'apache' END
FROM pg_class
WHERE oid = to_regclass('reading')

-- name: make_hypertable
-- Where the operator has run CREATE EXTENSION timescaledb, an empty partitioned `reading` becomes a hypertable of daily
-- chunks. Without the extension, or once there are rows, nothing happens. The key is the only index: one on `time` alone
-- would cost a tenth of the rate, and nobody asks for all homes at once.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')
        OR (SELECT relkind FROM pg_class WHERE oid = 'reading'::regclass) <> 'p'
        OR EXISTS (SELECT FROM reading) THEN
        RETURN;
    END IF;
    CREATE TABLE reading_hyper (LIKE reading INCLUDING ALL);
    -- The API's view of it is made anew (store/walls.py).
    DROP VIEW IF EXISTS homehd_walls.reading;
    DROP TABLE reading;
    ALTER TABLE reading_hyper RENAME TO reading;
    ALTER INDEX reading_hyper_pkey RENAME TO reading_pkey;
    PERFORM create_hypertable(
        'reading', 'time', chunk_time_interval => interval '1 day', create_default_indexes => false);
END
$$

-- name: compress_readings
-- By unit, in the order of the key: what a chart reads is then a few batches of a thousand rows. A box keeps about a
-- fortnight, so what comes late nearly always finds its day as rows still. Only the first time: a policy that was
-- changed or removed since stays as it is.
DO $$
BEGIN
    IF (SELECT compression_enabled FROM timescaledb_information.hypertables
        WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading') THEN
        RETURN;
    END IF;
    ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'unit_id',
        timescaledb.compress_orderby = 'time, seq, epoch');
    PERFORM add_compression_policy('reading', compress_after => interval '16 days');
END
$$

-- name: minute_columns
SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('reading_minute') AND attnum > 0

-- name: drop_minutes
DO $$
BEGIN
    DROP VIEW IF EXISTS homehd_walls.reading_minute;
    DROP MATERIALIZED VIEW IF EXISTS reading_minute;
END
$$

-- name: make_minutes
CREATE MATERIALIZED VIEW reading_minute WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT unit_id, time_bucket(interval '1 minute', time) AS minute, min(time) AS first_at, max(time) AS last_at,
    count(*) AS readings, count(*) FILTER (WHERE flags & 4 <> 0) AS late,
    count(*) FILTER (WHERE flags & 8 <> 0) AS corrected, bit_or(invalid) AS invalid,
    min(seq) AS first_seq, max(seq) AS last_seq{aggregates}
FROM reading
WHERE flags & 16 = 0 -- TIME_UNCERTAIN: as in history
GROUP BY unit_id, minute
WITH NO DATA

-- name: minutes_begin
-- From nothing: whatever was to be computed again will be computed anyway. A day of minutes goes with a day of readings.
WITH forgotten AS (DELETE FROM reading_minute_due)
INSERT INTO reading_minute_state (until) VALUES ('-infinity') ON CONFLICT (only_one) DO UPDATE SET until = '-infinity'

-- name: minutes_by_the_day
SELECT set_chunk_time_interval(format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass,
    interval '1 day')
FROM timescaledb_information.continuous_aggregates
WHERE view_schema = current_schema() AND view_name = 'reading_minute'

-- name: minutes_until
SELECT CASE WHEN isfinite(until) THEN to_us(until) END FROM reading_minute_state

-- name: note_minutes
INSERT INTO reading_minute_due (minutes)
SELECT tstzrange(from_us(low), from_us(high))
FROM unnest(%(lows)s::bigint[], %(highs)s::bigint[]) AS noted (low, high)
WHERE EXISTS (SELECT FROM reading_minute_state)

-- name: noted_minutes
SELECT array_agg(due_id) FROM (SELECT due_id FROM reading_minute_due ORDER BY due_id LIMIT %(limit)s) AS oldest

-- name: noted_spans
-- Without overlap, in order, and only what is before `until`: what is behind it is computed when `until` comes there.
SELECT to_us(lower(span)), to_us(upper(span))
FROM (
    SELECT unnest(range_agg(minutes * tstzrange(NULL, until))) AS span
    FROM reading_minute_due, reading_minute_state
    WHERE due_id = ANY (%(ids)s)
) AS found
ORDER BY span

-- name: strike_minutes_off
DELETE FROM reading_minute_due WHERE due_id = ANY (%(ids)s)

-- name: next_minutes
-- The first day behind `until` that has readings, as far as it may be computed.
SELECT to_us(greatest(until, range_start)), to_us(least(range_end, from_us(%(target)s)))
FROM timescaledb_information.chunks, reading_minute_state
WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading'
    AND range_start >= timestamptz '2015-01-01 00:00:00+00' AND range_end > until
    AND greatest(until, range_start) < from_us(%(target)s)
ORDER BY range_start
LIMIT 1

-- name: minutes_take_time
SET statement_timeout = '10min'

-- name: refresh_minutes
CALL refresh_continuous_aggregate('reading_minute', from_us(%(start)s), from_us(%(end)s))

-- name: minutes_hold_until
UPDATE reading_minute_state SET until = from_us(%(until)s) WHERE until <> from_us(%(until)s)

-- name: lock_minutes
SELECT pg_try_advisory_lock(hashtext('homehd minutes'))

-- name: unlock_minutes
SELECT pg_advisory_unlock(hashtext('homehd minutes'))

-- name: decompress_without_limit
-- Rows that come when their day is compressed are held against it, and older versions unpack every batch for that. A
-- transaction that unpacks 100 000 rows is stopped: these rows would be refused for ever, and whatever came beside them.
SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', false)
FROM pg_extension
WHERE extname = 'timescaledb'
