-- compatible: yes – a table and functions of its own; what the release before stores meanwhile is noted by a trigger, and readings stay where they are looked for

-- Rows of a day that came, or changed, while its copy was being made (store/day_order.py): by their key, written in the
-- transaction of the rows. Empty but for that minute.
CREATE TABLE reading_noted (
    note_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL,
    time timestamptz NOT NULL,
    seq bigint NOT NULL,
    epoch text COLLATE "C" NOT NULL
);

CREATE FUNCTION note_reading() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO reading_noted (unit_id, time, seq, epoch) VALUES (OLD.unit_id, OLD.time, OLD.seq, OLD.epoch);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO reading_noted (unit_id, time, seq, epoch) VALUES (NEW.unit_id, NEW.time, NEW.seq, NEW.epoch);
    END IF;
    RETURN NULL;
END
$$;

-- Days (UTC) before `before` whose rows still lie as they came, newest first; none on a hypertable. One that lies in
-- order is known by PostgreSQL's own mark for it, which CLUSTER leaves, too.
CREATE FUNCTION unordered_reading_days(before date) RETURNS SETOF date
    LANGUAGE sql STABLE
AS $$
    SELECT to_date(substring(relname FROM '^reading_(\d{8})$'), 'YYYYMMDD')
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'reading'::regclass AND relname ~ '^reading_\d{8}$' AND relkind = 'r'
        AND to_date(substring(relname FROM '^reading_(\d{8})$'), 'YYYYMMDD') >= date '2015-01-01'
        AND to_date(substring(relname FROM '^reading_(\d{8})$'), 'YYYYMMDD') < before
        AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisclustered)
    ORDER BY 1 DESC
$$;

-- From its commit on, every row that comes for that day is noted. It waits for those who are storing such rows, so that
-- all others are there for copy_reading_day() to see.
CREATE FUNCTION note_reading_day(day date) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    name text := 'reading_' || to_char(day, 'YYYYMMDD');
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %I', name || '_copy');
    EXECUTE format(
        'CREATE OR REPLACE TRIGGER note_reading AFTER INSERT OR UPDATE OR DELETE ON %I'
        ' FOR EACH ROW EXECUTE FUNCTION note_reading()', name);
    -- What was noted for a copy that came to nothing.
    DELETE FROM reading_noted;
END
$$;

-- Copies a day in the order of the key. Nobody waits. Sorted from a sequential read: by the index each row were a page.
CREATE FUNCTION copy_reading_day(day date) RETURNS void
    LANGUAGE plpgsql
    SET enable_indexscan = off
    SET work_mem = '64MB'
AS $$
DECLARE
    name text := 'reading_' || to_char(day, 'YYYYMMDD');
    low timestamptz := day::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL, CONSTRAINT %I CHECK (time >= %L AND time < %L))',
        name || '_copy', name, name || '_copy_day', low, high);
    EXECUTE format('INSERT INTO %I SELECT * FROM %I ORDER BY unit_id, time, seq, epoch', name || '_copy', name);
    EXECUTE format('ALTER TABLE %I CLUSTER ON %I', name || '_copy', name || '_copy_pkey');
END
$$;

-- Brings to the copy what was noted, as it is now; how many notes that took.
CREATE FUNCTION catch_up_reading_copy(day date) RETURNS int
    LANGUAGE plpgsql
AS $$
DECLARE
    name text := 'reading_' || to_char(day, 'YYYYMMDD');
    notes bigint[] := ARRAY(SELECT note_id FROM reading_noted);
BEGIN
    EXECUTE format(
        'DELETE FROM %I AS copy USING reading_noted AS noted WHERE note_id = ANY ($1) AND copy.unit_id = noted.unit_id'
        ' AND copy.time = noted.time AND copy.seq = noted.seq AND copy.epoch = noted.epoch', name || '_copy') USING notes;
    EXECUTE format(
        'INSERT INTO %I SELECT * FROM %I WHERE (unit_id, time, seq, epoch) IN'
        ' (SELECT unit_id, time, seq, epoch FROM reading_noted WHERE note_id = ANY ($1))',
        name || '_copy', name) USING notes;
    DELETE FROM reading_noted WHERE note_id = ANY (notes);
    RETURN cardinality(notes);
END
$$;

-- Puts the copy in the day's place, if it has all of the day; whether it had. What was there before stays beside it as
-- reading_YYYYMMDD_before. Shuts everybody out of `reading` for some milliseconds, so set a lock_timeout.
CREATE FUNCTION exchange_reading_day(day date) RETURNS boolean
    LANGUAGE plpgsql
AS $$
DECLARE
    name text := 'reading_' || to_char(day, 'YYYYMMDD');
    low timestamptz := day::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    -- In the order in which everybody takes them.
    LOCK TABLE ONLY reading IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', name);
    IF EXISTS (SELECT FROM reading_noted) THEN
        RETURN false;
    END IF;
    -- An error when it is not there: the day was dropped and made anew, and the copy is of what was dropped.
    EXECUTE format('DROP TRIGGER note_reading ON %I', name);
    EXECUTE format('ALTER TABLE reading DETACH PARTITION %I', name);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_before');
    EXECUTE format('ALTER INDEX IF EXISTS %I RENAME TO %I', name || '_pkey', name || '_before_pkey');
    EXECUTE format('ALTER TABLE %I RENAME TO %I', name || '_copy', name);
    EXECUTE format('ALTER INDEX %I RENAME TO %I', name || '_copy_pkey', name || '_pkey');
    EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, low, high);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', name, name || '_copy_day');
    RETURN true;
END
$$;

-- Drops what was there before an exchange, once each of its rows is found in what is there now; how many are not.
CREATE FUNCTION drop_reading_before(day date) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    name text := 'reading_' || to_char(day, 'YYYYMMDD');
    missing bigint;
BEGIN
    EXECUTE format(
        'SELECT count(*) FROM %I AS before WHERE NOT EXISTS (SELECT FROM %I AS here WHERE here.unit_id = before.unit_id'
        ' AND here.time = before.time AND here.seq = before.seq AND here.epoch = before.epoch)', name || '_before', name)
        INTO missing;
    IF missing = 0 THEN
        EXECUTE format('DROP TABLE %I', name || '_before');
    END IF;
    RETURN missing;
END
$$;

-- Days of which something is still there from before an exchange: whoever made it was killed.
CREATE FUNCTION reading_days_before() RETURNS SETOF date
    LANGUAGE sql STABLE
AS $$
    SELECT to_date(substring(relname FROM '^reading_(\d{8})_before$'), 'YYYYMMDD')
    FROM pg_class
    WHERE relname ~ '^reading_\d{8}_before$' AND relkind = 'r' AND relnamespace = current_schema()::regnamespace
    ORDER BY 1
$$;

-- Takes away what is left of a copy that came to nothing. `reading` itself is not touched.
CREATE FUNCTION forget_reading_copy(day date) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    name text := 'reading_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass(name || '_copy') IS NOT NULL THEN
        EXECUTE format('DROP TABLE %I', name || '_copy');
    END IF;
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(name) AND tgname = 'note_reading') THEN
        BEGIN
            EXECUTE format('DROP TRIGGER note_reading ON %I', name);
        EXCEPTION WHEN lock_not_available THEN
            -- Somebody reads the day: what comes for it is noted in vain, until its next copy.
        END;
    END IF;
END
$$;

-- Drops the readings of one day, and what is kept of its minutes.
CREATE OR REPLACE FUNCTION drop_reading_day(day date) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    low timestamptz := day::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF (SELECT relkind = 'p' FROM pg_class WHERE oid = 'reading'::regclass) THEN
        EXECUTE format('DROP TABLE IF EXISTS %I', 'reading_' || to_char(day, 'YYYYMMDD'));
        -- What putting the day in order may have left: exchange_reading_day(), copy_reading_day().
        EXECUTE format('DROP TABLE IF EXISTS %I', 'reading_' || to_char(day, 'YYYYMMDD') || '_before');
        EXECUTE format('DROP TABLE IF EXISTS %I', 'reading_' || to_char(day, 'YYYYMMDD') || '_copy');
        RETURN;
    END IF;
    PERFORM drop_chunks('reading', older_than => high, newer_than => low);
    IF EXISTS (SELECT FROM reading_minute_state) THEN
        PERFORM drop_chunks('reading_minute', older_than => high, newer_than => low);
    END IF;
END
$$;
