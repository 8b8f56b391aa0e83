-- compatible: yes – tables and functions of its own, which the release before neither reads nor writes

-- Where TimescaleDB's community edition keeps least, greatest and mean of every minute (the continuous aggregate
-- `reading_minute`, made by `homehd migrate`): up to when it holds what the rows say. No row: there is no aggregate.
CREATE TABLE reading_minute_state (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    until timestamptz NOT NULL
);

-- Minutes before that of which rows came late, written in the transaction of the rows: whoever reads takes these from
-- the rows, until they have been computed again and are struck off here.
CREATE TABLE reading_minute_due (
    due_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    minutes tstzrange NOT NULL
);

-- Whole days (UTC) of readings that are before `before` and may go: not those of a treatment that goes on or still wants
-- its summary, nor those after it. Times before 2015 are a wrong clock's and no day: somebody may yet put them right.
CREATE FUNCTION droppable_reading_days(before date) RETURNS SETOF date
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    needed date := (
        SELECT min(started_at AT TIME ZONE 'UTC')::date
        FROM treatment
        WHERE ended_at IS NULL OR summary_due_at IS NOT NULL
    );
    low date;
BEGIN
    FOR low IN
        SELECT to_date(substring(relname FROM '^reading_(\d{8})$'), 'YYYYMMDD')
        FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'reading'::regclass AND relname ~ '^reading_\d{8}$'
        ORDER BY 1
    LOOP
        IF low < least(before, needed) AND low >= date '2015-01-01' THEN
            RETURN NEXT low;
        END IF;
    END LOOP;
    IF (SELECT relkind FROM pg_class WHERE oid = 'reading'::regclass) <> 'p' THEN
        RETURN QUERY
            SELECT (range_start AT TIME ZONE 'UTC')::date
            FROM timescaledb_information.chunks
            WHERE hypertable_schema = current_schema() AND hypertable_name = 'reading'
                AND range_end <= least(before, needed)::timestamp AT TIME ZONE 'UTC'
                AND range_start >= timestamptz '2015-01-01 00:00:00+00'
            ORDER BY range_start;
    END IF;
END
$$;

-- Drops the readings of one day, and what is kept of its minutes.
CREATE FUNCTION drop_reading_day(day date) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    low timestamptz := day::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF (SELECT relkind = 'p' FROM pg_class WHERE oid = 'reading'::regclass) THEN
        EXECUTE format('DROP TABLE IF EXISTS %I', 'reading_' || to_char(day, 'YYYYMMDD'));
        RETURN;
    END IF;
    PERFORM drop_chunks('reading', older_than => high, newer_than => low);
    IF EXISTS (SELECT FROM reading_minute_state) THEN
        PERFORM drop_chunks('reading_minute', older_than => high, newer_than => low);
    END IF;
END
$$;

-- What TimescaleDB's scheduler calls every day where `homehd retention --policy` asked for it. One day a transaction, and
-- one that is in use is left for the next time: nobody who stores or reads waits for longer than a second.
CREATE PROCEDURE drop_old_readings(job_id int, config jsonb)
    LANGUAGE plpgsql
AS $$
DECLARE
    day date;
BEGIN
    FOR day IN SELECT droppable_reading_days((now() AT TIME ZONE 'UTC')::date - (config ->> 'keep_days')::int) LOOP
        SET LOCAL lock_timeout = '1s';
        BEGIN
            PERFORM drop_reading_day(day);
        EXCEPTION WHEN lock_not_available THEN
            RAISE NOTICE 'readings of % are in use', day;
        END;
        COMMIT;
    END LOOP;
END
$$;
