-- Where the operator has run CREATE EXTENSION timescaledb, an empty partitioned `reading` becomes a hypertable of daily
-- chunks. Without the extension, or once there are rows, nothing happens. Both editions know these calls.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')
        OR (SELECT relkind FROM pg_class WHERE oid = 'reading'::regclass) <> 'p'
        OR EXISTS (SELECT FROM reading) THEN
        RETURN;
    END IF;
    CREATE TABLE reading_hyper (LIKE reading INCLUDING ALL);
    DROP TABLE reading;
    ALTER TABLE reading_hyper RENAME TO reading;
    PERFORM create_hypertable('reading', 'time', chunk_time_interval => interval '1 day');
END
$$;
