-- The whole schema as it stands, in one piece, for reading. Databases are built from migrations/; a test proves that
-- both give the same. The signal columns of `reading` are not here: they come from telemetry.signals (store/migrate.py).

-- Times travel through our interface as microseconds since 1970 UTC.
CREATE FUNCTION to_us(t timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (extract(epoch FROM t) * 1000000)::bigint;

CREATE FUNCTION from_us(us bigint) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    -- In two steps: an interval is multiplied in floating point, which has not enough digits for far-off microseconds.
    RETURN timestamptz '1970-01-01 00:00:00+00'
        + us / 1000000 * interval '1 second' + us % 1000000 * interval '1 microsecond';


-- What the API sees ----------------------------------------------------------------------------------------------------

-- The second wall (decision 40). The API works as the role homehd_api, which owns nothing, and says for whom by
-- homehd.clinic: the number of a clinic, `all`, or nothing at all. Every other role sees what it always saw.
CREATE FUNCTION viewer_sees_all() RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT current_user <> 'homehd_api' OR current_setting('homehd.clinic', true) IS NOT DISTINCT FROM 'all'
$$;

CREATE FUNCTION viewer_clinic() RETURNS int
    LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN current_setting('homehd.clinic', true) ~ '^[0-9]{1,9}$'
        THEN current_setting('homehd.clinic', true)::int END
$$;

CREATE FUNCTION viewer_sees(clinic int) RETURNS boolean
    LANGUAGE sql STABLE
AS $$
    SELECT viewer_sees_all() OR coalesce(clinic = viewer_clinic(), false)
$$;

-- The second wall learns of single patients: homehd.patients are those who are seen beside (homehd.clinic) or instead of
-- (homehd.team, the same clinic by team) a whole clinic.
CREATE FUNCTION viewer_team_clinic() RETURNS int
    LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN current_setting('homehd.team', true) ~ '^[0-9]{1,9}$'
        THEN current_setting('homehd.team', true)::int END
$$;

CREATE FUNCTION viewer_patients() RETURNS SETOF int
    LANGUAGE sql STABLE ROWS 100
AS $$
    SELECT unnest(string_to_array(nullif(current_setting('homehd.patients', true), ''), ',')::int[])
$$;


-- Who and where ------------------------------------------------------------------------------------------------------

CREATE TABLE clinic (
    clinic_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    -- Clinical accounts of the clinic see the patients of their teams only, and those who are in none.
    by_team boolean NOT NULL DEFAULT false,
    -- By what number a home reaches it where nothing else goes.
    phone text CHECK (phone ~ '^[+0-9][0-9 ()/.-]{2,39}$')
);

-- An installation at a home. `name` is its id on the wire: short, random, says nothing about anybody.
CREATE TABLE unit (
    unit_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{1,31}$'),
    label text NOT NULL,
    shard smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),
    clinic_id int REFERENCES clinic,
    activated_at timestamptz NOT NULL,
    revoked_at timestamptz,
    is_test boolean NOT NULL DEFAULT false
);
CREATE INDEX unit_shard ON unit (shard);
CREATE INDEX unit_clinic ON unit (clinic_id);
-- A unit for tests serves nobody: it is on no wall, and nobody is asked to answer for it.
CREATE UNIQUE INDEX unit_test ON unit (is_test) WHERE is_test AND revoked_at IS NULL;

CREATE TABLE patient (
    patient_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clinic_id int REFERENCES clinic,
    display_name text NOT NULL CHECK (display_name <> ''),
    target_weight_kg real CHECK (target_weight_kg BETWEEN 10 AND 400),
    pre_systolic_mmhg real CHECK (pre_systolic_mmhg BETWEEN 30 AND 300),
    prescribed_conductivity_ms_cm real CHECK (prescribed_conductivity_ms_cm BETWEEN 10 AND 18),
    transmembrane_limit_mmhg real CHECK (transmembrane_limit_mmhg BETWEEN 0 AND 700),
    prescribed_spktv real CHECK (prescribed_spktv BETWEEN 0.1 AND 4),
    prescribed_heparin_ml_h real CHECK (prescribed_heparin_ml_h BETWEEN 0 AND 10),
    heparin_stop_min real CHECK (heparin_stop_min BETWEEN 0 AND 600)
);

-- Which patient a unit serves; at most one at a time on either side.
CREATE TABLE binding (
    unit_id int NOT NULL REFERENCES unit,
    patient_id int NOT NULL REFERENCES patient,
    since timestamptz NOT NULL,
    until timestamptz,
    PRIMARY KEY (unit_id, patient_id, since),
    CHECK (until >= since)
);
CREATE UNIQUE INDEX binding_unit_now ON binding (unit_id) WHERE until IS NULL;
CREATE UNIQUE INDEX binding_patient_now ON binding (patient_id) WHERE until IS NULL;
CREATE INDEX binding_patient ON binding (patient_id, since);

-- What role may do what is the API's table (clinician_api/access.py); here only: which words there are.
CREATE TABLE user_account (
    user_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL CHECK (email LIKE '_%@_%'),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN
        ('administrator', 'nephrologist', 'nurse', 'on-call', 'technician', 'operations', 'patient')),
    clinic_id int REFERENCES clinic,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    -- In which language a person wants to be spoken to; null: they have not said. Every channel has its own, as before.
    language text CHECK (language IN ('en', 'zh'))
);
CREATE UNIQUE INDEX user_account_email ON user_account (lower(email));

-- The token itself is never stored, only its SHA-256.
CREATE TABLE session (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id int NOT NULL REFERENCES user_account,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- When it was last used, to the minute; null: not yet, or by the release before.
    seen_at timestamptz,
    -- For their owner to tell sessions apart. `how`: by what they signed in; null: by the release before.
    session_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    how text CHECK (how IN ('password', 'passkey', 'hospital')),
    address text,
    browser text,
    -- When it was found to be over, which is on record once; null: not yet. One that nobody used stays until it would have
    -- expired anyway, so that it can be said when its owner was last seen.
    ended_at timestamptz
);
CREATE INDEX session_of_user ON session (user_id);

-- A passkey (WebAuthn) of an account. The public key is as the authenticator gave it (COSE).
-- `suspected_at`: its counter went back, so there may be a copy of it; it is good for nothing any more.
CREATE TABLE passkey (
    passkey_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int NOT NULL REFERENCES user_account,
    credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    label text NOT NULL CHECK (label <> ''),
    added_at timestamptz NOT NULL,
    used_at timestamptz,
    suspected_at timestamptz
);
CREATE INDEX passkey_of_user ON passkey (user_id);

-- Who is meant by what the hospital's provider says: its subject is for ever, an e-mail address is not.
CREATE TABLE identity (
    issuer text NOT NULL,
    subject text NOT NULL CHECK (subject <> ''),
    user_id int NOT NULL REFERENCES user_account,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, user_id)
);

-- Half a sign-in, for a few minutes: no session, so nothing else of the system takes it for one. By the SHA-256 of its
-- token, and good once: whoever uses it takes it away. `content`: what the answer must fit.
CREATE TABLE sign_in_step (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    kind text NOT NULL CHECK (kind IN ('hospital', 'passkey', 'first passkey', 'own passkey')),
    user_id int REFERENCES user_account,
    content json NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((user_id IS NULL) = (kind = 'hospital'))
);

-- A screen on a wall. It is no person: it has a name, a clinic, and a cookie in one browser, by the SHA-256 of its token.
-- `code_hash`: of the one-time code that makes a browser this kiosk, while it may still be used. `hides_names`: of patients.
CREATE TABLE kiosk (
    kiosk_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    clinic_id int NOT NULL REFERENCES clinic,
    added_at timestamptz NOT NULL,
    code_hash bytea CHECK (length(code_hash) = 32),
    code_until timestamptz CHECK ((code_until IS NULL) = (code_hash IS NULL)),
    token_hash bytea UNIQUE CHECK (length(token_hash) = 32),
    bound_at timestamptz CHECK ((bound_at IS NULL) = (token_hash IS NULL)),
    removed_at timestamptz,
    CHECK (removed_at IS NULL OR num_nonnulls(token_hash, code_hash) = 0),
    -- The only patients this screen shows are those of its team.
    team_id int,
    hides_names boolean NOT NULL DEFAULT false,
    -- Whether it would be heard, as it says itself. `armed_at` null: it never was, or is not expected to be.
    sound text CHECK (sound IN ('off', 'blocked', 'paused', 'armed')),
    sound_at timestamptz,
    armed_at timestamptz
);
CREATE UNIQUE INDEX kiosk_name ON kiosk (lower(name)) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX kiosk_code ON kiosk (code_hash) WHERE code_hash IS NOT NULL;

-- The homes that serve these patients now; and, by team, those of the clinic that serve nobody: they show no patient, and
-- an alert of theirs is everybody's. With its owner's eyes, since the policies of what it reads ask it.
CREATE FUNCTION viewer_units() RETURNS SETOF int
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
    SELECT unit_id FROM binding WHERE until IS NULL AND patient_id IN (SELECT viewer_patients())
    UNION ALL
    SELECT u.unit_id FROM unit AS u
    WHERE u.clinic_id = viewer_team_clinic()
        AND NOT EXISTS (SELECT FROM binding AS b WHERE b.unit_id = u.unit_id AND b.until IS NULL)
$$;

CREATE TABLE care_team (
    team_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clinic_id int NOT NULL REFERENCES clinic,
    name text NOT NULL CHECK (name <> ''),
    added_at timestamptz NOT NULL,
    removed_at timestamptz
);
CREATE UNIQUE INDEX care_team_name ON care_team (clinic_id, lower(name)) WHERE removed_at IS NULL;

-- Whose account belongs to it, also of another clinic; `until` null: until taken out.
CREATE TABLE team_member (
    team_id int NOT NULL REFERENCES care_team,
    user_id int NOT NULL REFERENCES user_account,
    until timestamptz,
    PRIMARY KEY (team_id, user_id)
);

CREATE TABLE team_patient (
    team_id int NOT NULL REFERENCES care_team,
    patient_id int NOT NULL REFERENCES patient,
    removed_at timestamptz,
    PRIMARY KEY (team_id, patient_id)
);
CREATE INDEX team_patient_patient ON team_patient (patient_id);
ALTER TABLE kiosk ADD FOREIGN KEY (team_id) REFERENCES care_team;

-- Somebody has opened access to a patient who was not theirs: why, how long, and what a reviewer said of it.
CREATE TABLE break_glass (
    glass_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int NOT NULL REFERENCES user_account,
    patient_id int NOT NULL REFERENCES patient,
    reason text NOT NULL CHECK (length(reason) >= 10),
    opened_at timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > opened_at),
    ended_at timestamptz CHECK (ended_at >= opened_at),
    reviewed_by int REFERENCES user_account CHECK (reviewed_by <> user_id),
    reviewed_at timestamptz CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    judged_right boolean CHECK ((judged_right IS NULL) = (reviewed_by IS NULL)),
    note text NOT NULL DEFAULT '',
    CHECK (judged_right IS NOT false OR note <> '')
);
CREATE INDEX break_glass_patient ON break_glass (patient_id);
CREATE INDEX break_glass_open ON break_glass (until) WHERE ended_at IS NULL;

-- It can be ended and reviewed, once each; what it was stays.
CREATE FUNCTION break_glass_stays() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.user_id, OLD.patient_id, OLD.reason, OLD.opened_at, OLD.until)
                IS NOT DISTINCT FROM (NEW.user_id, NEW.patient_id, NEW.reason, NEW.opened_at, NEW.until)
            AND (OLD.ended_at IS NULL OR OLD.ended_at IS NOT DISTINCT FROM NEW.ended_at)
            AND (OLD.reviewed_by IS NULL OR (OLD.reviewed_by, OLD.reviewed_at, OLD.judged_right, OLD.note)
                IS NOT DISTINCT FROM (NEW.reviewed_by, NEW.reviewed_at, NEW.judged_right, NEW.note)) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'break_glass keeps what happened: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER break_glass_stays BEFORE UPDATE OR DELETE ON break_glass
    FOR EACH ROW EXECUTE FUNCTION break_glass_stays();


-- Which box may speak for which unit ---------------------------------------------------------------------------------

-- The one authority whose certificates count. Its private key is never here; with this row nobody makes a second
-- authority by accident when the folder of the first is missing.
CREATE TABLE authority (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    certificate text NOT NULL,
    created_at timestamptz NOT NULL
);

-- Every certificate issued. `serial` in hex; `key_hash` is the SHA-256 of the public key: the same key asked for again
-- gets the same certificate, and never serves two units.
CREATE TABLE certificate (
    serial text COLLATE "C" PRIMARY KEY CHECK (serial ~ '^[0-9a-f]{1,40}$'),
    kind text NOT NULL CHECK (kind IN ('unit', 'server', 'service', 'configuration')),
    unit_id int REFERENCES unit CHECK ((unit_id IS NOT NULL) = (kind = 'unit')),
    name text NOT NULL,
    key_hash bytea NOT NULL CHECK (length(key_hash) = 32),
    pem text NOT NULL,
    issued_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX certificate_unit ON certificate (unit_id, issued_at);
CREATE UNIQUE INDEX certificate_key ON certificate (key_hash);
CREATE INDEX certificate_revoked ON certificate (revoked_at) WHERE revoked_at IS NOT NULL;

-- One-time codes by which a box gets its first certificate. The code itself is never stored, only its SHA-256.
-- `settings` is the configuration the box gets with it, as TOML without secrets.
CREATE TABLE enrolment_code (
    code_hash bytea PRIMARY KEY CHECK (length(code_hash) = 32),
    unit_id int NOT NULL REFERENCES unit,
    settings text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    used_at timestamptz,
    serial text COLLATE "C" REFERENCES certificate CHECK ((serial IS NULL) = (used_at IS NULL))
);
CREATE INDEX enrolment_code_unit ON enrolment_code (unit_id, created_at);


-- What the machines said ---------------------------------------------------------------------------------------------

-- One row a sample. Widest columns first, so that none is padded. No foreign key to `unit`: it would cost a lookup a
-- row, units are never deleted, and admission stores only what belongs to one.
CREATE TABLE reading (
    time timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    seq bigint NOT NULL,
    mono_ms bigint NOT NULL,
    invalid bigint NOT NULL,
    unit_id int NOT NULL,
    phase smallint NOT NULL,
    flags smallint NOT NULL,
    epoch text COLLATE "C" NOT NULL,
    PRIMARY KEY (unit_id, time, seq, epoch)
) PARTITION BY RANGE (time);

-- Times that cannot be (a clock at 1970, or a year ahead): kept and visible, never a reason to stop.
CREATE TABLE reading_default PARTITION OF reading DEFAULT;

-- Creates the partition of one day (UTC), once, whoever asks at the same time; true if this call created it. Rows of
-- that day that came while it was still impossible move over from the default partition.
CREATE FUNCTION create_reading_partition(day date) RETURNS boolean
    LANGUAGE plpgsql
AS $$
DECLARE
    name text := 'reading_' || to_char(day, 'YYYYMMDD');
    low timestamptz := day::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('homehd create_reading_partition'));
    -- Not to_regclass(): it may answer from a cache of before the lock.
    IF EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace = current_schema()::regnamespace) THEN
        RETURN false;
    END IF;
    -- Attached afterwards, not created as a partition: that would lock out every reader of `reading`.
    EXECUTE format('CREATE TABLE %I (LIKE reading INCLUDING ALL, CHECK (time >= %L AND time < %L))', name, low, high);
    EXECUTE format(
        'WITH moved AS (DELETE FROM reading_default WHERE time >= %L AND time < %L RETURNING *)'
        ' INSERT INTO %I SELECT * FROM moved', low, high, name);
    EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, low, high);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', name, name || '_time_check');
    RETURN true;
END
$$;

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

-- What a model says beyond the catalogue, as text; a row only when it changed.
CREATE TABLE reading_extra (
    unit_id int NOT NULL,
    time timestamptz NOT NULL,
    epoch text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    extra jsonb NOT NULL,
    PRIMARY KEY (unit_id, time, seq, epoch)
);

-- Machine alarms, phases, links: something began, ended or was noted. Numbered in the same sequence as readings.
CREATE TABLE machine_event (
    time timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    seq bigint NOT NULL,
    mono_ms bigint NOT NULL,
    unit_id int NOT NULL,
    code int NOT NULL,
    flags smallint NOT NULL,
    active boolean NOT NULL,
    epoch text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    signal text NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (unit_id, time, seq, epoch)
);
-- The few events that tell why readings are missing, found without walking through alarms and phases.
CREATE INDEX machine_event_gap ON machine_event (unit_id, time) WHERE kind IN ('link', 'agent');

-- Exactly which seqs of a unit's epoch are stored: exactly-once follows from this row and the transaction around it.
-- Every row changes in nearly every transaction: pages half empty let the new version stay on its page, off the index.
CREATE TABLE received (
    unit_id int NOT NULL REFERENCES unit,
    epoch text COLLATE "C" NOT NULL,
    seqs int8multirange NOT NULL,
    PRIMARY KEY (unit_id, epoch)
) WITH (fillfactor = 50);

-- Messages we could not take, with the reason; for operations.
CREATE TABLE quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    topic text NOT NULL,
    unit text NOT NULL,
    reason text NOT NULL,
    payload bytea NOT NULL
);

-- The last status of every box. `since`: when `online` or `machine` last changed. `heard_at`: when the box itself last
-- spoke; a status the broker kept (retained) is taken, and proves nothing about the box now.
CREATE TABLE unit_status (
    unit_id int PRIMARY KEY REFERENCES unit,
    received_at timestamptz NOT NULL,
    heard_at timestamptz,
    since timestamptz NOT NULL,
    sent_at timestamptz NOT NULL,
    online boolean NOT NULL,
    synchronised boolean NOT NULL,
    machine text NOT NULL,
    epoch text NOT NULL,
    boot text NOT NULL,
    agent_version text NOT NULL,
    protocol text NOT NULL,
    profile text NOT NULL,
    outbox_rows bigint NOT NULL,
    outbox_oldest_at timestamptz,
    thinned bigint NOT NULL,
    rejected bigint NOT NULL,
    trouble text NOT NULL,
    config_serial bigint NOT NULL DEFAULT 0,
    config_trouble text NOT NULL DEFAULT '',
    certificate_until timestamptz
);
-- Boxes that are away, the longest first, without a walk through all boxes.
CREATE INDEX unit_status_away ON unit_status (since) WHERE NOT online;


-- What our rules found -----------------------------------------------------------------------------------------------

-- The rule engine's memory of a unit, saved in the transaction of the rows it has seen.
CREATE TABLE engine_state (
    unit_id int PRIMARY KEY REFERENCES unit,
    time timestamptz NOT NULL,
    state bytea NOT NULL
);

-- One episode of a condition, from active to over. The columns after `since` are the fold of its events, kept by a
-- trigger so that what stands now needs no walk through history. Whoever adds an event locks this row first.
-- `patient_id`: whose it is, where a rule between treatments raised it: the unit may serve another patient by then.
-- `owner_id`: whose it is: the patient it keeps, else whom the home served at the time of the finding that it shows.
CREATE TABLE alert (
    alert_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL REFERENCES unit,
    rule text NOT NULL,
    since timestamptz NOT NULL,
    changed_at timestamptz,
    last_event_id bigint,
    finding_event_id bigint,
    state text,
    priority text,
    late boolean,
    acknowledged_by int REFERENCES user_account,
    acknowledged_at timestamptz,
    patient_id int REFERENCES patient,
    owner_id int REFERENCES patient
);
CREATE INDEX alert_patient_open ON alert (patient_id) WHERE patient_id IS NOT NULL AND state <> 'normal';
CREATE INDEX alert_unit ON alert (unit_id, since);
CREATE INDEX alert_open ON alert (unit_id, rule) WHERE state <> 'normal';
CREATE INDEX alert_changed ON alert (changed_at);
CREATE INDEX alert_since ON alert (since);

CREATE FUNCTION alert_owner() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.owner_id := coalesce(NEW.patient_id, NEW.owner_id, served(NEW.unit_id, NEW.since));
    RETURN NEW;
END
$$;
CREATE TRIGGER alert_owner BEFORE INSERT OR UPDATE OF patient_id ON alert
    FOR EACH ROW EXECUTE FUNCTION alert_owner();

-- Append-only. `time` is sample time, `recorded_at` the server's. `priority` is that of the condition after this event.
-- `actor` is the person who did it; null: the rules did.
CREATE TABLE alert_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES alert,
    unit_id int NOT NULL,
    rule text NOT NULL,
    rule_version text NOT NULL,
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    state text NOT NULL CHECK (state IN
        ('active, unacknowledged', 'active, acknowledged', 'latched, clear', 'normal')),
    time timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    reason text NOT NULL,
    inputs jsonb NOT NULL,
    limits jsonb NOT NULL,
    late boolean NOT NULL,
    actor int REFERENCES user_account,
    note text NOT NULL,
    -- Whether a rule has found what it is for once more, of an alert that stood already.
    again boolean NOT NULL DEFAULT false
);
CREATE INDEX alert_event_alert ON alert_event (alert_id, event_id);
CREATE INDEX alert_event_unit ON alert_event (unit_id, time);

CREATE FUNCTION alert_event_fold() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    raised boolean := NEW.actor IS NULL AND NEW.state LIKE 'active%';
BEGIN
    UPDATE alert SET
        changed_at = NEW.recorded_at,
        last_event_id = NEW.event_id,
        -- What is shown is why it was raised, not the sentence with which it ended.
        finding_event_id = CASE WHEN finding_event_id IS NULL OR raised THEN NEW.event_id ELSE finding_event_id END,
        owner_id = CASE WHEN raised THEN coalesce(patient_id, served(NEW.unit_id, NEW.time), owner_id) ELSE owner_id END,
        state = NEW.state,
        priority = NEW.priority,
        late = CASE WHEN NEW.actor IS NULL THEN coalesce(late, true) AND NEW.late ELSE late END,
        acknowledged_by = CASE
            WHEN NEW.actor IS NOT NULL THEN NEW.actor
            WHEN NEW.state = 'active, unacknowledged' THEN NULL
            ELSE acknowledged_by END,
        acknowledged_at = CASE
            WHEN NEW.actor IS NOT NULL THEN NEW.recorded_at
            WHEN NEW.state = 'active, unacknowledged' THEN NULL
            ELSE acknowledged_at END
    WHERE alert_id = NEW.alert_id;
    PERFORM pg_notify('alert_event', NEW.event_id::text);
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_event_fold AFTER INSERT ON alert_event
    FOR EACH ROW EXECUTE FUNCTION alert_event_fold();

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER alert_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();


-- Treatments ---------------------------------------------------------------------------------------------------------

-- What phase a machine was in, as stretches in which it was seen in one and the same, with no gap above five minutes.
-- Disjoint in time. It follows from `reading` and `machine_event` whatever order those came in; the newest stretch of a
-- unit lags a minute behind them. `mark`: the phase's number times two, plus one if it was derived; -1: the machine was
-- lost. `clock_low`, `clock_high`: extremes of the machine's treatment clock, minutes.
CREATE TABLE phase_run (
    unit_id int NOT NULL REFERENCES unit,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    mark smallint NOT NULL,
    clock_low real,
    clock_high real,
    PRIMARY KEY (unit_id, first_at, mark)
);

-- One treatment, as the phases tell; `ended_at` is null while it goes on. `patient_id`: whom the unit served when it
-- began. `interruptions`: [{"since", "until", "cause", "phase"}], times in microseconds. `unusual`: how many changes of
-- phase around and in it were out of the ordinary. `revision` rises when it or the rows under it change; a summary is
-- due from `summary_due_at` on, a pass of the rules over rows that came late from `late_pass_due_at` on.
CREATE TABLE treatment (
    treatment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL REFERENCES unit,
    patient_id int REFERENCES patient,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_known text CHECK (end_known IN
        ('said by the machine', 'derived', 'machine lost', 'next treatment began', 'clock limit')),
    derived boolean NOT NULL,
    unusual smallint NOT NULL,
    interruptions jsonb NOT NULL,
    revision int NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL,
    summary_due_at timestamptz,
    late_pass_due_at timestamptz,
    CHECK ((ended_at IS NULL) = (end_known IS NULL))
);
CREATE INDEX treatment_unit ON treatment (unit_id, started_at);
CREATE INDEX treatment_patient ON treatment (patient_id, started_at);
CREATE INDEX treatment_open ON treatment (unit_id) WHERE ended_at IS NULL;
CREATE INDEX treatment_summary_due ON treatment (summary_due_at) WHERE summary_due_at IS NOT NULL;
CREATE INDEX treatment_late_pass_due ON treatment (late_pass_due_at) WHERE late_pass_due_at IS NOT NULL;

-- Whom a home served, from when to when (null: it goes on). A treatment that ran when its patient was taken off the home is
-- theirs to its end, unless the next one came. With the eyes of who asks.
CREATE VIEW tenure WITH (security_invoker = true) AS
SELECT b.unit_id, b.patient_id, b.since, b.until IS NULL AS stands, CASE WHEN b.until IS NOT NULL THEN nullif(least(
    greatest(b.until, (
        SELECT max(coalesce(t.ended_at, 'infinity')) FROM treatment AS t
        WHERE t.unit_id = b.unit_id AND t.patient_id = b.patient_id
            AND t.started_at >= b.until - interval '2 days' AND t.started_at < b.until)),
    (SELECT min(n.since) FROM binding AS n WHERE n.unit_id = b.unit_id AND n.since >= b.until)), 'infinity') END AS until
FROM binding AS b;

-- Whom a home served at a time; null: nobody.
CREATE FUNCTION served(home int, at timestamptz) RETURNS int
    LANGUAGE sql STABLE
AS $$
    SELECT patient_id FROM tenure WHERE unit_id = home AND since <= at AND (until IS NULL OR at < until)
    ORDER BY since DESC LIMIT 1
$$;

-- The stretches of a home's past in which it is not as it is now: the viewer sees the home, and not whom it served then, or
-- the other way round. Mostly there is none. With its owner's eyes, since the policies of what it reads ask it.
CREATE FUNCTION viewer_past() RETURNS TABLE (unit_id int, since timestamptz, until timestamptz, seen boolean)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 SET search_path FROM CURRENT
AS $$
    SELECT t.unit_id, t.since, coalesce(t.until, 'infinity'), NOT h.seen
    FROM tenure AS t
    JOIN patient AS p USING (patient_id)
    JOIN (
        SELECT u.unit_id, coalesce(u.clinic_id = viewer_clinic(), false) OR u.unit_id IN (SELECT viewer_units()) AS seen
        FROM unit AS u
    ) AS h USING (unit_id)
    WHERE NOT t.stands
        AND (coalesce(p.clinic_id = viewer_clinic(), false) OR p.patient_id IN (SELECT viewer_patients())) <> h.seen
$$;

-- What a treatment came to, from the rows stored of it. `revision`: of the treatment it was computed from; `version`:
-- of the way it is computed. `signals`: {name: {"count", "median", "min", "max"}} of the valid values in treatment.
CREATE TABLE treatment_summary (
    treatment_id bigint PRIMARY KEY REFERENCES treatment ON DELETE CASCADE,
    revision int NOT NULL,
    version smallint NOT NULL,
    computed_at timestamptz NOT NULL,
    readings bigint NOT NULL,
    treated_s double precision NOT NULL,
    unseen_s double precision NOT NULL,
    machine_time_min real,
    volume_removed_ml real,
    blood_processed_l real,
    spktv real,
    ektv real,
    signals jsonb NOT NULL
);

-- A treatment with all that is known of it. `clinic_id`: the patient's, or the unit's where no patient was known.
CREATE VIEW treatment_report AS
SELECT
    t.treatment_id, unit.name AS unit,
    CASE WHEN t.patient_id IS NULL THEN unit.clinic_id ELSE patient.clinic_id END AS clinic_id, t.patient_id,
    patient.display_name AS patient, t.revision, to_us(t.changed_at) AS changed_us, to_us(t.started_at) AS start_us,
    to_us(t.ended_at) AS end_us, t.end_known, t.derived, t.unusual, t.interruptions, s.revision AS summary_revision,
    s.version, to_us(s.computed_at) AS computed_us, s.readings, s.treated_s, s.unseen_s,
    s.machine_time_min::float8 AS machine_time_min, s.volume_removed_ml::float8 AS volume_removed_ml,
    s.blood_processed_l::float8 AS blood_processed_l, s.spktv::float8 AS spktv, s.ektv::float8 AS ektv, s.signals,
    t.unit_id, t.started_at
FROM treatment AS t
JOIN unit USING (unit_id)
LEFT JOIN patient USING (patient_id)
LEFT JOIN treatment_summary AS s USING (treatment_id)
WHERE viewer_sees(CASE WHEN t.patient_id IS NULL THEN unit.clinic_id ELSE patient.clinic_id END)
    OR CASE WHEN t.patient_id IS NULL THEN t.unit_id IN (SELECT viewer_units())
        ELSE t.patient_id IN (SELECT viewer_patients()) END;


-- Prescription and limits, changed by people (decision 45) ---------------------------------------------------------------

-- What other limits would have said of a patient's last treatments, as somebody was shown it before proposing them.
CREATE TABLE prescription_replay (
    replay_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    user_id int NOT NULL REFERENCES user_account,
    asked jsonb NOT NULL,
    treatments int NOT NULL CHECK (treatments >= 0),
    summary jsonb NOT NULL,
    asked_at timestamptz NOT NULL
);
CREATE INDEX prescription_replay_patient ON prescription_replay (patient_id);
CREATE TRIGGER prescription_replay_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prescription_replay
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What somebody wants changed, and what it was judged to be. `based_on`: the number of the newest arrangement they knew of.
CREATE TABLE prescription_proposal (
    proposal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    based_on bigint NOT NULL,
    contents jsonb NOT NULL,
    changes jsonb NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('harmless', 'narrowing', 'widening', 'dangerous widening')),
    reason text NOT NULL CHECK (reason <> ''),
    replay_id bigint REFERENCES prescription_replay,
    proposed_by int NOT NULL REFERENCES user_account,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > proposed_at)
);
CREATE INDEX prescription_proposal_patient ON prescription_proposal (patient_id, proposal_id);
CREATE TRIGGER prescription_proposal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prescription_proposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What became of it: one thing only, whoever was first. `user_id`: who put it in force, rejected it, or took it back.
CREATE TABLE prescription_outcome (
    proposal_id bigint PRIMARY KEY REFERENCES prescription_proposal,
    outcome text NOT NULL CHECK (outcome IN ('in force', 'rejected', 'withdrawn')),
    user_id int NOT NULL REFERENCES user_account,
    at timestamptz NOT NULL,
    reason text NOT NULL
);
CREATE TRIGGER prescription_outcome_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prescription_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whatever a program forgets: a dangerous widening is not signed by whoever proposed it, nobody signs what has expired,
-- and only its proposer takes a proposal back.
CREATE FUNCTION check_outcome() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    proposal prescription_proposal;
BEGIN
    SELECT * INTO proposal FROM prescription_proposal WHERE proposal_id = NEW.proposal_id;
    IF NEW.outcome = 'in force' AND NEW.at >= proposal.expires_at THEN
        RAISE EXCEPTION 'proposal % has expired', NEW.proposal_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome = 'in force' AND (proposal.verdict = 'dangerous widening') = (NEW.user_id = proposal.proposed_by) THEN
        RAISE EXCEPTION 'proposal % is not for this person to put in force', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.outcome = 'withdrawn') <> (NEW.user_id = proposal.proposed_by) AND NEW.outcome <> 'in force' THEN
        RAISE EXCEPTION 'proposal % is taken back by its proposer and rejected by others', NEW.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER prescription_outcome_check BEFORE INSERT ON prescription_outcome
    FOR EACH ROW EXECUTE FUNCTION check_outcome();


-- Between treatments -------------------------------------------------------------------------------------------------

-- What is arranged for a patient, every version of it: a schedule, the vascular access, a target weight, limits of their
-- own for a rule. It holds from `since` until the next of its kind (of its rule) does. `content` as in telemetry/care.py.
CREATE TABLE arrangement (
    arrangement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    kind text NOT NULL CHECK (kind IN ('schedule', 'access', 'target weight', 'prescription', 'limits')),
    content jsonb NOT NULL,
    since timestamptz NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    entered_at timestamptz NOT NULL,
    -- By which it came; empty of what was entered at the command line.
    proposal_id bigint REFERENCES prescription_proposal
);
CREATE INDEX arrangement_patient ON arrangement (patient_id);
CREATE TRIGGER arrangement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON arrangement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What a patient was entered with holds until an item is arranged, and is not changed behind anybody's back.
CREATE TRIGGER patient_prescription_append_only BEFORE UPDATE OF target_weight_kg, pre_systolic_mmhg,
    prescribed_conductivity_ms_cm, transmembrane_limit_mmhg, prescribed_spktv, prescribed_heparin_ml_h, heparin_stop_min
    ON patient FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What people measured and entered, of a patient or of a home's water. A later entry for the same moment corrects.
CREATE TABLE measurement (
    measurement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int REFERENCES patient,
    unit_id int REFERENCES unit,
    what text NOT NULL CHECK (what IN
        ('weight-before', 'weight-after', 'access-flow', 'bacteria', 'endotoxin', 'chlorine')),
    value double precision NOT NULL,
    taken_at timestamptz NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    entered_at timestamptz NOT NULL,
    CHECK (num_nonnulls(patient_id, unit_id) = 1)
);
CREATE INDEX measurement_patient ON measurement (patient_id, taken_at);
CREATE INDEX measurement_unit ON measurement (unit_id, taken_at);
CREATE TRIGGER measurement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON measurement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- By what treatments are compared with each other, from the rows stored of them; `revision` is the summary's it goes with.
CREATE TABLE treatment_comparison (
    treatment_id bigint PRIMARY KEY REFERENCES treatment ON DELETE CASCADE,
    revision int NOT NULL,
    systolic_before real,
    systolic_after real,
    flow real,
    venous real,
    arterial real
);

-- Whose findings between treatments are to be looked at anew: noted in the transaction of what is new, taken away in the
-- one that has looked. Rows are only added, so that nobody who stores waits for who looks.
CREATE TABLE review_mark (
    mark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL
);
CREATE INDEX review_mark_patient ON review_mark (patient_id);

CREATE FUNCTION note_for_review() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    -- Nobody's temporary table may pass for the marks.
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    IF TG_OP <> 'INSERT' AND OLD.patient_id IS NOT NULL THEN
        INSERT INTO review_mark (patient_id) VALUES (OLD.patient_id);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.patient_id IS NOT NULL THEN
        INSERT INTO review_mark (patient_id) VALUES (NEW.patient_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER treatment_review AFTER INSERT OR DELETE OR UPDATE OF patient_id, started_at, ended_at, revision ON treatment
    FOR EACH ROW EXECUTE FUNCTION note_for_review();
CREATE TRIGGER arrangement_review AFTER INSERT ON arrangement
    FOR EACH ROW EXECUTE FUNCTION note_for_review();
CREATE TRIGGER measurement_review AFTER INSERT ON measurement
    FOR EACH ROW EXECUTE FUNCTION note_for_review();
CREATE TRIGGER patient_review AFTER UPDATE ON patient
    FOR EACH ROW EXECUTE FUNCTION note_for_review();
CREATE TRIGGER binding_review AFTER INSERT OR UPDATE ON binding
    FOR EACH ROW EXECUTE FUNCTION note_for_review();

CREATE FUNCTION note_summary_for_review() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO review_mark (patient_id)
    SELECT patient_id FROM treatment WHERE treatment_id = NEW.treatment_id AND patient_id IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER treatment_summary_review AFTER INSERT OR UPDATE ON treatment_summary
    FOR EACH ROW EXECUTE FUNCTION note_summary_for_review();

CREATE FUNCTION note_water_for_review() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO review_mark (patient_id)
    SELECT patient_id FROM binding WHERE unit_id = NEW.unit_id AND until IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER measurement_water_review AFTER INSERT ON measurement
    FOR EACH ROW WHEN (NEW.unit_id IS NOT NULL) EXECUTE FUNCTION note_water_for_review();

-- When a patient was last looked at, and when time alone makes it necessary again. Not before `not_before`: it failed.
CREATE TABLE patient_review (
    patient_id int PRIMARY KEY REFERENCES patient,
    reviewed_at timestamptz NOT NULL,
    due_at timestamptz,
    not_before timestamptz
);
CREATE INDEX patient_review_due ON patient_review (due_at) WHERE due_at IS NOT NULL;

-- What each version of a rule found about each treatment, planned start, week or value: once. It is found anew when its
-- `basis` has changed (rows that came late, a weight entered afterwards), and then has a new number.
CREATE TABLE between_finding (
    finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    rule text NOT NULL,
    rule_version text NOT NULL,
    about text NOT NULL,
    basis text NOT NULL,
    time timestamptz NOT NULL,
    found_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('normal', 'pending', 'active', 'not evaluated')),
    priority text CHECK (priority IN ('low', 'medium', 'high')),
    reason text NOT NULL,
    inputs jsonb NOT NULL,
    limits jsonb NOT NULL,
    UNIQUE (patient_id, rule, rule_version, about)
);
CREATE INDEX between_finding_last ON between_finding (patient_id, rule, finding_id);


-- Who is on call -----------------------------------------------------------------------------------------------------

-- A line of duty: of a clinic, for an audience, 1 primary and 2 backup. Without a clinic it is of every clinic that has
-- none of its own for that audience and line. `zone`: where its hand-over times are local.
CREATE TABLE rota (
    rota_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    clinic_id int REFERENCES clinic,
    audience text NOT NULL CHECK (audience IN ('clinical', 'technical', 'operations')),
    line smallint NOT NULL CHECK (line IN (1, 2)),
    zone text NOT NULL CHECK (zone <> ''),
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text CHECK (withdrawn_by <> ''),
    withdrawn_reason text CHECK (withdrawn_reason <> ''),
    CHECK (clinic_id IS NOT NULL OR audience <> 'clinical'),
    CHECK (num_nulls(withdrawn_at, withdrawn_by, withdrawn_reason) IN (0, 3))
);
CREATE UNIQUE INDEX rota_line ON rota (coalesce(clinic_id, 0), audience, line) WHERE withdrawn_at IS NULL;

-- Who has it in turn, every version: it holds from `since` until the next does. `people`: accounts in order, none when
-- the rotation ends. The first of them begins a turn on `anchor` (a local day) at `hand_over` (local).
CREATE TABLE rota_rotation (
    rotation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rota_id int NOT NULL REFERENCES rota,
    people int[] NOT NULL CHECK (cardinality(people) <= 50),
    every_days smallint NOT NULL CHECK (every_days BETWEEN 1 AND 56),
    hand_over time NOT NULL,
    anchor date NOT NULL CHECK (anchor BETWEEN '1970-01-01' AND '2100-01-01'),
    since timestamptz NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL
);
CREATE INDEX rota_rotation_rota ON rota_rotation (rota_id);
CREATE TRIGGER rota_rotation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rota_rotation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Somebody else, or nobody (null), for a stretch: written by hand, as half of a swap (`swap_of`: the other half), or of a
-- calendar, whose event it is by `uid` and `recurrence` (RFC 5545).
CREATE TABLE rota_override (
    override_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rota_id int NOT NULL REFERENCES rota,
    source text NOT NULL CHECK (source IN ('override', 'swap', 'calendar')),
    user_id int REFERENCES user_account,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    swap_of bigint REFERENCES rota_override CHECK (swap_of IS NULL OR source = 'swap'),
    uid text,
    recurrence text,
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text CHECK (withdrawn_by <> ''),
    withdrawn_reason text CHECK (withdrawn_reason <> ''),
    CHECK (end_at > start_at),
    CHECK (num_nonnulls(uid, recurrence) = CASE source WHEN 'calendar' THEN 2 ELSE 0 END),
    CHECK (num_nulls(withdrawn_at, withdrawn_by, withdrawn_reason) IN (0, 3))
);
CREATE INDEX rota_override_rota ON rota_override (rota_id, end_at) WHERE withdrawn_at IS NULL;
CREATE INDEX rota_override_swap ON rota_override (swap_of) WHERE swap_of IS NOT NULL;
CREATE UNIQUE INDEX rota_override_event ON rota_override (rota_id, uid, recurrence)
    WHERE source = 'calendar' AND withdrawn_at IS NULL;

-- A person's word about a stretch: accepted, or declined. The later entry counts.
CREATE TABLE rota_acceptance (
    acceptance_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rota_id int NOT NULL REFERENCES rota,
    user_id int NOT NULL REFERENCES user_account,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    accepted boolean NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    reason text NOT NULL CHECK (accepted OR reason <> ''),
    recorded_at timestamptz NOT NULL,
    CHECK (end_at > start_at)
);
CREATE INDEX rota_acceptance_rota ON rota_acceptance (rota_id, end_at);
CREATE TRIGGER rota_acceptance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rota_acceptance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was written stays as it was; it can be withdrawn, once.
CREATE FUNCTION rota_withdraw_only() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    mark text[] := '{withdrawn_at,withdrawn_by,withdrawn_reason}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
            AND to_jsonb(NEW) - mark = to_jsonb(OLD) - mark THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% can be withdrawn, once, and nothing else: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER rota_withdraw_only BEFORE UPDATE OR DELETE ON rota
    FOR EACH ROW EXECUTE FUNCTION rota_withdraw_only();
CREATE TRIGGER rota_no_truncate BEFORE TRUNCATE ON rota
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rota_override_withdraw_only BEFORE UPDATE OR DELETE ON rota_override
    FOR EACH ROW EXECUTE FUNCTION rota_withdraw_only();
CREATE TRIGGER rota_override_no_truncate BEFORE TRUNCATE ON rota_override
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();


-- Settings from afar -------------------------------------------------------------------------------------------------

-- Settings a box is to take up from afar, every version of them. `message` is what travels, signed.
CREATE TABLE unit_settings (
    unit_id int NOT NULL REFERENCES unit,
    serial bigint NOT NULL CHECK (serial > 0),
    settings text NOT NULL,
    message bytea NOT NULL,
    author text NOT NULL,
    reason text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (unit_id, serial)
);
CREATE TRIGGER unit_settings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON unit_settings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();


-- Who did what -------------------------------------------------------------------------------------------------------

-- Who did what. Append-only, and chained: `hash` is over the row and over `previous`, the hash of the row before, so that
-- a row that was changed, taken out or put in breaks the chain for whoever walks it (store/audit.py, `homehd audit verify`).
-- `actor`: user:ID of an account, os:NAME at the command line. `detail` is kept to the letter, for it is hashed.
CREATE TABLE audit_event (
    event_id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    action text NOT NULL CHECK (action <> ''),
    subject text NOT NULL,
    detail json NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
);

-- Number and predecessor are drawn under one lock that is held to the end of the transaction: otherwise two writers at
-- once would both follow the same row.
CREATE FUNCTION audit_event_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    last audit_event;
BEGIN
    -- Nobody's temporary table may pass for the record.
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    PERFORM pg_advisory_xact_lock(hashtext('homehd audit_event'));
    SELECT * INTO last FROM audit_event ORDER BY event_id DESC LIMIT 1;
    NEW.event_id := coalesce(last.event_id, 0) + 1;
    NEW.previous := coalesce(last.hash, '');
    -- The same in Python: store/audit.py. Lengths, so that no text can pass for a piece of its neighbour.
    NEW.hash := sha256(NEW.previous || convert_to(concat_ws(E'\n',
        NEW.event_id, to_us(NEW.at), length(NEW.actor), NEW.actor, length(NEW.action), NEW.action,
        length(NEW.subject), NEW.subject, NEW.detail::text), 'UTF8'));
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_event_chain BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_chain();
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Whoever browses the record asks for one person's deeds, one kind of deed, or deeds about one thing, newest first.
CREATE INDEX audit_event_actor ON audit_event (actor, event_id);
CREATE INDEX audit_event_action ON audit_event (action, event_id);
CREATE INDEX audit_event_subject ON audit_event (subject, event_id);

-- Walks along the chain of audit_event that came to an end: how many rows held, the hash of the last, the first that did
-- not. The next walk must find that hash again, or the record was cut off or written anew. Append-only.
CREATE TABLE audit_check (
    check_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    asked_by text NOT NULL CHECK (asked_by <> ''),
    held bigint NOT NULL,
    head bytea NOT NULL,
    broken bigint,
    why text NOT NULL CHECK ((why = '') = (broken IS NULL)),
    CHECK (ended_at >= begun_at)
);
CREATE TRIGGER audit_check_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_check
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();


-- What people are told -----------------------------------------------------------------------------------------------

-- Alert events that nobody has decided about yet: the notifier takes them away in the transaction of what it decided.
-- By event, so that no writer of alerts ever waits for a notifier. `rank`: of its priority, the most important first.
CREATE TABLE routing_due (
    event_id bigint PRIMARY KEY,
    alert_id bigint NOT NULL,
    rank smallint NOT NULL
);
CREATE INDEX routing_due_order ON routing_due (rank DESC, event_id);

-- What people are told: the open alerts of one home and cause, or a trouble of the system itself (`unit_id` null,
-- `subject` which one). The columns after `opened_at` are the fold of its events, kept by a trigger.
-- `recheck_at`: when to look again although nothing has happened. `owner_id`: whose it is: its alerts', those that stand
-- first, then the newest finding.
CREATE TABLE notice (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int REFERENCES unit,
    patient_id int REFERENCES patient,
    clinic_id int REFERENCES clinic,
    audience text NOT NULL CHECK (audience IN ('clinical', 'technical', 'operations')),
    cause text NOT NULL CHECK (cause <> ''),
    subject text NOT NULL CHECK ((subject = '') = (unit_id IS NOT NULL)),
    opened_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'nobody',
    priority text NOT NULL,
    round int NOT NULL DEFAULT 0,
    accepted_by int REFERENCES user_account,
    accepted_until timestamptz,
    reason text NOT NULL DEFAULT '',
    changed_at timestamptz,
    last_event_id bigint,
    recheck_at timestamptz,
    owner_id int REFERENCES patient
);
CREATE UNIQUE INDEX notice_open ON notice (coalesce(unit_id, 0), coalesce(patient_id, 0), coalesce(clinic_id, 0), cause, subject)
    WHERE state <> 'over';
CREATE INDEX notice_unit ON notice (unit_id, opened_at);
CREATE INDEX notice_changed ON notice (changed_at);
CREATE INDEX notice_recheck ON notice (recheck_at) WHERE recheck_at IS NOT NULL AND state <> 'over';

CREATE FUNCTION notice_owner() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.owner_id := coalesce(NEW.patient_id, served(NEW.unit_id, NEW.opened_at));
    RETURN NEW;
END
$$;
CREATE TRIGGER notice_owner BEFORE INSERT ON notice
    FOR EACH ROW EXECUTE FUNCTION notice_owner();

-- Which notice an alert belongs to, and what the stages last said of it.
CREATE TABLE notice_alert (
    alert_id bigint PRIMARY KEY REFERENCES alert,
    notice_id bigint NOT NULL REFERENCES notice,
    verdict text NOT NULL,
    stage text NOT NULL,
    reason text NOT NULL,
    judged_at timestamptz NOT NULL
);
CREATE INDEX notice_alert_notice ON notice_alert (notice_id);

-- Once a statement: a flood judges thousands of alerts with one.
CREATE FUNCTION notice_alert_owner() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE notice AS n SET owner_id = newest.owner_id
    FROM (
        SELECT DISTINCT ON (w.notice_id) w.notice_id, a.owner_id
        FROM notice_alert AS w
        JOIN alert AS a USING (alert_id)
        WHERE w.notice_id IN (SELECT notice_id FROM judged) AND a.owner_id IS NOT NULL
        ORDER BY w.notice_id, a.state IS NOT DISTINCT FROM 'normal', a.finding_event_id DESC
    ) AS newest
    WHERE n.notice_id = newest.notice_id AND n.patient_id IS NULL AND n.owner_id IS DISTINCT FROM newest.owner_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER notice_alert_added AFTER INSERT ON notice_alert
    REFERENCING NEW TABLE AS judged FOR EACH STATEMENT EXECUTE FUNCTION notice_alert_owner();
CREATE TRIGGER notice_alert_judged AFTER UPDATE ON notice_alert
    REFERENCING NEW TABLE AS judged FOR EACH STATEMENT EXECUTE FUNCTION notice_alert_owner();

-- What a home is called on the wire, also for who sees what was there before: it says nothing of anybody.
CREATE FUNCTION home_name(home int) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT name FROM unit WHERE unit_id = home
$$;

-- Whether a condition of this notice lasts: then it is the business of whom the home serves now, too.
CREATE FUNCTION notice_stands(notice bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (SELECT FROM notice_alert AS w JOIN alert AS a USING (alert_id)
        WHERE w.notice_id = notice AND a.state LIKE 'active%')
$$;

-- Append-only. `move` empty: the state stays, something is put on record. `actor` null: the notifier did it.
-- `alert_id`, `stage`: of a word on one alert. `until`: of an acceptance.
CREATE TABLE notice_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id bigint NOT NULL REFERENCES notice,
    at timestamptz NOT NULL,
    move text NOT NULL,
    state text NOT NULL CHECK (state IN ('nobody', 'asking', 'accepted', 'unanswered', 'over')),
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    round int NOT NULL,
    actor int REFERENCES user_account,
    answerable int REFERENCES user_account,
    until timestamptz,
    alert_id bigint,
    stage text NOT NULL,
    reason text NOT NULL
);
CREATE INDEX notice_event_notice ON notice_event (notice_id, event_id);

CREATE FUNCTION notice_event_fold() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    -- Once for each notice, however many events of it come together: in a storm that is most of what they cost.
    WITH last AS (
        SELECT DISTINCT ON (notice_id) * FROM added ORDER BY notice_id, event_id DESC
    ), moved AS (
        SELECT DISTINCT ON (notice_id) notice_id, reason FROM added WHERE move <> '' ORDER BY notice_id, event_id DESC
    ), first AS (
        SELECT notice_id, min(until) AS until FROM added GROUP BY notice_id
    )
    UPDATE notice SET
        changed_at = last.at,
        last_event_id = last.event_id,
        state = last.state,
        priority = last.priority,
        round = last.round,
        accepted_by = last.answerable,
        accepted_until = last.until,
        reason = coalesce(moved.reason, notice.reason),
        -- An acceptance that has lasted its time is looked at; least() ignores what is null.
        recheck_at = least(notice.recheck_at, first.until)
    FROM last JOIN first USING (notice_id) LEFT JOIN moved USING (notice_id)
    WHERE notice.notice_id = last.notice_id;
    PERFORM pg_notify('notice_event', event_id::text) FROM (SELECT event_id FROM added ORDER BY event_id) AS told;
    RETURN NULL;
END
$$;
CREATE TRIGGER notice_event_fold AFTER INSERT ON notice_event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION notice_event_fold();
CREATE TRIGGER notice_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notice_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The plan of a round, written when it begins: what is due when. `outcome`: what came of it, in words.
CREATE TABLE notice_step (
    notice_id bigint NOT NULL REFERENCES notice,
    round int NOT NULL,
    number smallint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('first', 'second channel', 'backup', 'everyone', 'pathway', 'repeat')),
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    outcome text NOT NULL DEFAULT '',
    PRIMARY KEY (notice_id, round, number)
);
CREATE INDEX notice_step_due ON notice_step (due_at) WHERE done_at IS NULL;

-- A way to reach a person. `address` may hold a secret (a token): it is shown and logged only masked. `tier` 1: used at
-- once; 2: where the first gave no receipt, or when time is short. `host`: whose trouble all such addresses share.
CREATE TABLE channel (
    channel_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id int NOT NULL REFERENCES user_account,
    kind text NOT NULL CHECK (kind IN ('screen', 'web push', 'apprise')),
    address text NOT NULL,
    host text NOT NULL,
    label text NOT NULL,
    tier smallint NOT NULL CHECK (tier IN (1, 2)),
    language text NOT NULL CHECK (language IN ('en', 'zh')),
    created_at timestamptz NOT NULL,
    tested_at timestamptz,
    disabled_at timestamptz,
    disabled_why text NOT NULL DEFAULT '' CHECK ((disabled_why = '') = (disabled_at IS NULL))
);
CREATE UNIQUE INDEX channel_once ON channel (user_id, kind, address) WHERE disabled_at IS NULL;

-- Whoever has an account can be told on the screens where they are signed in.
CREATE FUNCTION user_account_screen() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO channel (user_id, kind, address, host, label, tier, language, created_at)
    VALUES (NEW.user_id, 'screen', '', '', 'screens', 1, 'en', NEW.created_at);
    RETURN NULL;
END
$$;
CREATE TRIGGER user_account_screen AFTER INSERT ON user_account
    FOR EACH ROW EXECUTE FUNCTION user_account_screen();

-- One notice to one channel in one round: never twice. `next_try_at` null: nothing is to be sent any more.
-- `claimed_by`: the notifier that is sending it; whoever finds that one's heart still takes over. `receipt`: what a
-- device shows to say that it has it, known to nobody else.
-- Without a notice: a person tries a channel of their own.
CREATE TABLE delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id bigint REFERENCES notice,
    round int NOT NULL,
    step smallint NOT NULL,
    channel_id int NOT NULL REFERENCES channel,
    user_id int NOT NULL REFERENCES user_account,
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    queued_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued',
    attempts int NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    claimed_by text,
    claimed_at timestamptz,
    changed_at timestamptz NOT NULL,
    receipt text NOT NULL UNIQUE DEFAULT replace(gen_random_uuid()::text, '-', ''),
    -- With which delivery to the same channel this one went out, as one page: only while their person is in a flood. Empty again when that page was not taken.
    folded_into bigint REFERENCES delivery,
    UNIQUE (notice_id, round, channel_id)
);
CREATE INDEX delivery_due ON delivery (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX delivery_user ON delivery (user_id, queued_at);
CREATE INDEX delivery_folded ON delivery (folded_into) WHERE folded_into IS NOT NULL;
CREATE INDEX delivery_queued ON delivery (queued_at);
CREATE INDEX delivery_test ON delivery (channel_id, delivery_id) WHERE notice_id IS NULL;

-- The key that browsers subscribe to (VAPID): the notifier, which has the private one, says it to the API, which has not.
-- One row at most; none: web push is not set up.
CREATE TABLE push_key (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    public_key text NOT NULL CHECK (public_key ~ '^[A-Za-z0-9_-]{87}$'),
    since timestamptz NOT NULL
);
CREATE INDEX delivery_channel ON delivery (channel_id, queued_at);

-- Append-only: what a delivery went through. `detail`: what the channel said, without addresses.
CREATE TABLE delivery_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL REFERENCES delivery,
    at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'accepted', 'rejected', 'failed')),
    attempt int NOT NULL,
    detail text NOT NULL
);
CREATE INDEX delivery_event_delivery ON delivery_event (delivery_id, event_id);
CREATE TRIGGER delivery_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON delivery_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Setting aside a rule of a unit, and what ended it. Append-only: the newest row of a unit and rule counts. `actor` null:
-- it ended by itself.
CREATE TABLE shelving_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL REFERENCES unit,
    rule text NOT NULL,
    alert_id bigint NOT NULL REFERENCES alert,
    kind text NOT NULL CHECK (kind IN ('one-shot', 'timed', 'ended')),
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high')),
    until timestamptz NOT NULL,
    at timestamptz NOT NULL,
    actor int REFERENCES user_account,
    reason text NOT NULL CHECK (reason <> ''),
    -- The last event of the alert when it was set aside: what a rule finds once more after it was not set aside.
    alert_event_id bigint
);
CREATE INDEX shelving_event_newest ON shelving_event (unit_id, rule, event_id);
CREATE TRIGGER shelving_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON shelving_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Taking a unit out of service, and back. Append-only: the newest row of a unit counts, `until` at most.
CREATE TABLE unit_service_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL REFERENCES unit,
    is_out boolean NOT NULL,
    until timestamptz,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    CHECK (is_out = (until IS NOT NULL))
);
CREATE INDEX unit_service_event_newest ON unit_service_event (unit_id, event_id);
CREATE TRIGGER unit_service_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON unit_service_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That who is on call was told once a day what is on the work list: of which line of duty, on which of its local days.
-- `notice_id` null: nothing was to be told, or nobody to be told. `open`, `days`: how many, and how long the oldest.
CREATE TABLE digest (
    rota_id int NOT NULL REFERENCES rota,
    day date NOT NULL,
    at timestamptz NOT NULL,
    open int NOT NULL DEFAULT 0,
    days int NOT NULL DEFAULT 0,
    notice_id bigint UNIQUE REFERENCES notice,
    PRIMARY KEY (rota_id, day)
);

CREATE FUNCTION priority_rank(priority text) RETURNS smallint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_position(ARRAY['low', 'medium', 'high'], priority)::smallint;

CREATE FUNCTION alert_event_to_route() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO routing_due (event_id, alert_id, rank) VALUES (NEW.event_id, NEW.alert_id, priority_rank(NEW.priority));
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_event_to_route AFTER INSERT ON alert_event
    FOR EACH ROW EXECUTE FUNCTION alert_event_to_route();

-- Every alert as it stands, with the finding that raised it last, whom it concerns, and what became of it with people.
-- An alert that lasts is told to who sees the home, without what was found of whom it served before.
CREATE VIEW alert_current AS
SELECT
    alert.alert_id, alert.unit_id, unit.name AS unit, unit.clinic_id, alert.rule, finding.rule_version, alert.priority,
    alert.state, alert.since, finding.time, alert.changed_at,
    CASE WHEN whose.seen THEN finding.reason ELSE '' END AS reason,
    CASE WHEN whose.seen THEN finding.inputs ELSE '{}' END AS inputs,
    CASE WHEN whose.seen THEN finding.limits ELSE '{}' END AS limits, alert.late,
    alert.acknowledged_by, user_account.name AS acknowledged_name, alert.acknowledged_at, alert.last_event_id,
    notice.notice_id, notice.state AS notice_state, answerable.name AS answerable_name, notice.accepted_until,
    CASE WHEN whose.seen OR notice.notice_id IS NULL THEN notice.reason ELSE '' END AS notice_reason,
    notice_alert.stage AS told_stage,
    CASE WHEN whose.seen OR notice_alert.alert_id IS NULL THEN notice_alert.reason ELSE '' END AS told_reason,
    notice.last_event_id AS notice_event_id, alert.owner_id, owner.clinic_id AS owner_clinic_id
FROM alert
JOIN unit USING (unit_id)
JOIN alert_event AS finding ON finding.event_id = alert.finding_event_id
LEFT JOIN patient AS owner ON owner.patient_id = alert.owner_id
LEFT JOIN user_account ON user_account.user_id = alert.acknowledged_by
LEFT JOIN notice_alert ON notice_alert.alert_id = alert.alert_id
LEFT JOIN notice ON notice.notice_id = notice_alert.notice_id
LEFT JOIN user_account AS answerable ON answerable.user_id = notice.accepted_by
CROSS JOIN LATERAL (
    SELECT viewer_sees(unit.clinic_id) OR alert.unit_id IN (SELECT viewer_units()) AS home,
        viewer_sees(owner.clinic_id) OR alert.owner_id IN (SELECT viewer_patients()) AS patient
) AS sees
CROSS JOIN LATERAL (
    SELECT coalesce(sees.patient, false) OR sees.home AND (alert.owner_id IS NULL OR EXISTS (
        SELECT FROM binding AS b WHERE b.unit_id = alert.unit_id AND b.until IS NULL AND b.patient_id = alert.owner_id)) AS seen
) AS whose
WHERE whose.seen OR sees.home AND alert.state LIKE 'active%';



-- How the services are -----------------------------------------------------------------------------------------------

CREATE TABLE service_heartbeat (
    service text NOT NULL,
    instance text NOT NULL,
    at timestamptz NOT NULL,
    detail jsonb NOT NULL,
    PRIMARY KEY (service, instance)
);

-- What went wrong with the system itself and is over: an alarm for operations, with its beginning and end. Append-only.
-- `kind`: which sort of trouble. `instance`: of which service. `detail`: what is known of it; nothing personal.
CREATE TABLE operations_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind <> ''),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    instance text NOT NULL,
    detail jsonb NOT NULL,
    CHECK (until >= since)
);
CREATE INDEX operations_event_since ON operations_event (since);
CREATE TRIGGER operations_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operations_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Tries of the whole way from the broker to every channel. `day`: of the daily one, null of those by hand: whoever adds
-- the row runs it. `notice_at`: the notifier has handed the pages out; what became of each is in its deliveries.
-- `broken`: the first part that did not work, empty when all did or nobody knows yet.
CREATE TABLE selftest_run (
    run_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id int NOT NULL REFERENCES unit,
    day date UNIQUE,
    asked_by text NOT NULL CHECK (asked_by <> ''),
    begun_at timestamptz NOT NULL,
    sent_at timestamptz,
    alert_at timestamptz,
    notice_at timestamptz,
    ended_at timestamptz,
    notice_id bigint REFERENCES notice,
    broken text NOT NULL DEFAULT ''
        CHECK (broken IN ('', 'broker', 'ingest', 'rules', 'notifier', 'channels', 'interrupted')),
    detail text NOT NULL DEFAULT '',
    CHECK (broken = '' OR ended_at IS NOT NULL)
);
-- One at a time.
CREATE UNIQUE INDEX selftest_run_open ON selftest_run ((ended_at IS NULL)) WHERE ended_at IS NULL;


-- Who looked ------------------------------------------------------------------------------------------------------------

-- Of which patients a row of the record is: to find who looked at one and what was done. It follows from `audit_event` and
-- proves nothing of itself.
CREATE TABLE audit_patient (
    patient_id int NOT NULL,
    event_id bigint NOT NULL,
    PRIMARY KEY (patient_id, event_id)
);
CREATE INDEX audit_patient_event ON audit_patient (event_id);
CREATE TRIGGER audit_patient_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_patient
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- By the subject: a patient, an alert or a notice of one, or `patients: COUNT`, and then those that `detail` lists. Into no
-- other detail is looked: it may hold text that JSON can carry and PostgreSQL cannot.
CREATE FUNCTION audit_patients(subject text, detail json) RETURNS SETOF int
    LANGUAGE sql STABLE
AS $$
    SELECT substring(subject FROM '^patient:([0-9]{1,9})$')::int
    UNION
    SELECT coalesce(a.owner_id, b.patient_id)
    FROM alert AS a
    LEFT JOIN binding AS b ON b.unit_id = a.unit_id AND b.until IS NULL
    WHERE a.alert_id = substring(subject FROM '^alert:([0-9]{1,18})$')::bigint
    UNION
    SELECT owner_id FROM notice WHERE notice_id = substring(subject FROM '^notice:([0-9]{1,18})$')::bigint
    UNION
    SELECT listed.patient::int
    FROM json_array_elements_text(
        CASE WHEN subject ~ '^patients: [0-9]+$' THEN detail -> 'patients' ELSE '[]' END) AS listed (patient)
    WHERE listed.patient ~ '^[0-9]{1,9}$'
$$;

CREATE FUNCTION audit_event_patients() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    INSERT INTO audit_patient (patient_id, event_id)
    SELECT patient, NEW.event_id FROM audit_patients(NEW.subject, NEW.detail) AS patient WHERE patient IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_event_patients AFTER INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_patients();


-- Who signed which treatment --------------------------------------------------------------------------------------------

-- Who signed which treatment, as it stood then; or asked for a doctor. Append-only. No reference to the treatment: one that
-- turns out to be part of another takes no signature with it. `revision`: the treatment's, `summary_revision` that of its
-- figures, null without any. `rules`: version of the reasons (evaluation/reasons.py). `seen`: figures and reasons as they
-- were shown, so that it can be said what has changed since.
CREATE TABLE sign_off (
    sign_off_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    treatment_id bigint NOT NULL,
    unit_id int NOT NULL REFERENCES unit,
    patient_id int REFERENCES patient,
    kind text NOT NULL CHECK (kind IN ('signed', 'needs a doctor')),
    at timestamptz NOT NULL,
    user_id int NOT NULL REFERENCES user_account,
    note text NOT NULL CHECK (kind = 'signed' OR note <> ''),
    in_bulk boolean NOT NULL,
    revision int NOT NULL,
    summary_revision int,
    rules text NOT NULL,
    seen jsonb NOT NULL
);
CREATE INDEX sign_off_treatment ON sign_off (treatment_id, sign_off_id);
CREATE TRIGGER sign_off_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sign_off
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What about an ended treatment nobody has signed yet: noted in the transaction of what is new, taken away in the one that
-- signs, and only what was there when it looked. Rows are only added, so that nobody who stores waits for who signs.
CREATE TABLE sign_off_mark (
    mark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    treatment_id bigint NOT NULL REFERENCES treatment ON DELETE CASCADE,
    why text NOT NULL CHECK (why IN ('treatment', 'summary', 'alert', 'machine alarm', 'weight', 'prescription'))
);
CREATE INDEX sign_off_mark_treatment ON sign_off_mark (treatment_id, mark_id);

CREATE FUNCTION note_treatment_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO sign_off_mark (treatment_id, why) VALUES (NEW.treatment_id, 'treatment');
    RETURN NULL;
END
$$;
CREATE TRIGGER treatment_sign_off_new AFTER INSERT ON treatment
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL) EXECUTE FUNCTION note_treatment_for_sign_off();
CREATE TRIGGER treatment_sign_off AFTER UPDATE OF patient_id, started_at, ended_at, revision ON treatment
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL) EXECUTE FUNCTION note_treatment_for_sign_off();

CREATE FUNCTION note_summary_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    mark bigint;
BEGIN
    INSERT INTO sign_off_mark (treatment_id, why) VALUES (NEW.treatment_id, 'summary') RETURNING mark_id INTO mark;
    -- One new note says what a hundred late batches said. Whoever signs takes notes away alone, too (lock_sign_off).
    PERFORM pg_advisory_xact_lock(hashtextextended('homehd sign-off ' || NEW.treatment_id, 0));
    DELETE FROM sign_off_mark WHERE treatment_id = NEW.treatment_id AND mark_id < mark AND why IN ('treatment', 'summary');
    RETURN NULL;
END
$$;
CREATE TRIGGER treatment_summary_sign_off AFTER INSERT OR UPDATE ON treatment_summary
    FOR EACH ROW EXECUTE FUNCTION note_summary_for_sign_off();

-- What happened at a unit in a treatment that is over, noted late: the last one that began before is the only one it can be.
CREATE FUNCTION note_moment_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO sign_off_mark (treatment_id, why)
    SELECT treatment_id, TG_ARGV[0]
    FROM (
        SELECT treatment_id, ended_at FROM treatment WHERE unit_id = NEW.unit_id AND started_at <= NEW.time
        ORDER BY started_at DESC LIMIT 1
    ) AS last
    WHERE ended_at >= NEW.time;
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_event_sign_off AFTER INSERT ON alert_event
    FOR EACH ROW WHEN (NEW.actor IS NULL AND NEW.state LIKE 'active%') EXECUTE FUNCTION note_moment_for_sign_off('alert');
-- 4: it came late (telemetry.messages.Flag).
CREATE TRIGGER machine_event_sign_off AFTER INSERT ON machine_event
    FOR EACH ROW WHEN (NEW.kind = 'alarm' AND NEW.flags & 4 <> 0)
    EXECUTE FUNCTION note_moment_for_sign_off('machine alarm');

-- As far from a treatment as a weight can be and still be its own (alerts/between/weights.py). Whoever enters one, or
-- arranges something, may not write marks: the owner does.
CREATE FUNCTION note_weight_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    INSERT INTO sign_off_mark (treatment_id, why)
    SELECT treatment_id, 'weight' FROM treatment
    WHERE patient_id = NEW.patient_id AND started_at BETWEEN NEW.taken_at - interval '2 days' AND NEW.taken_at + interval '6 hours'
        AND ended_at >= NEW.taken_at - interval '6 hours';
    RETURN NULL;
END
$$;
CREATE TRIGGER measurement_sign_off AFTER INSERT ON measurement
    FOR EACH ROW WHEN (NEW.what IN ('weight-before', 'weight-after')) EXECUTE FUNCTION note_weight_for_sign_off();

-- Arranged for a time that is past. Not for longer ago than late readings come.
CREATE FUNCTION note_arrangement_for_sign_off() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    INSERT INTO sign_off_mark (treatment_id, why)
    SELECT treatment_id, 'prescription' FROM treatment
    WHERE patient_id = NEW.patient_id AND ended_at IS NOT NULL AND started_at >= NEW.since
        AND started_at >= NEW.entered_at - interval '35 days';
    RETURN NULL;
END
$$;
CREATE TRIGGER arrangement_sign_off AFTER INSERT ON arrangement
    FOR EACH ROW WHEN (NEW.kind IN ('schedule', 'target weight', 'prescription'))
    EXECUTE FUNCTION note_arrangement_for_sign_off();


-- The second wall -----------------------------------------------------------------------------------------------------

-- Rows are the business of a clinic by their unit, their patient, or what they belong to, and each of those has its own
-- policy. A treatment, an alert and a notice are their patient's, wherever the unit is now (decision 58). A notice without a unit is a trouble of the system and
-- holds nothing of a patient. `reading` has no policy: TimescaleDB does not compress what has one, so the API reads
-- homehd_walls.reading instead (store/walls.py). Owners and superusers are bound by none of this.
ALTER TABLE unit ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON unit USING (
    (SELECT viewer_sees_all()) OR clinic_id = (SELECT viewer_clinic()) OR unit_id IN (SELECT viewer_units()));
ALTER TABLE patient ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient USING (
    (SELECT viewer_sees_all()) OR clinic_id = (SELECT viewer_clinic()) OR patient_id IN (SELECT viewer_patients()));
ALTER TABLE binding ENABLE ROW LEVEL SECURITY;
-- Whom a home served before is not told to who sees it for the one it serves now.
CREATE POLICY clinic ON binding USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = binding.unit_id AND own.clinic_id = (SELECT viewer_clinic()))
    OR patient_id IN (SELECT viewer_patients()));
ALTER TABLE unit_status ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON unit_status USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = unit_status.unit_id));
ALTER TABLE engine_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON engine_state USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = engine_state.unit_id));
ALTER TABLE machine_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON machine_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = machine_event.unit_id)
        <> (unit_id IN (SELECT p.unit_id FROM viewer_past() AS p) AND EXISTS (SELECT FROM viewer_past() AS p
            WHERE p.unit_id = machine_event.unit_id AND "time" >= p.since AND "time" < p.until)));
ALTER TABLE alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON alert USING (
    (SELECT viewer_sees_all()) OR owner_id IN (SELECT patient_id FROM patient)
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = alert.unit_id)
        AND (owner_id IS NULL OR state LIKE 'active%' OR EXISTS (SELECT FROM binding AS b
            WHERE b.unit_id = alert.unit_id AND b.until IS NULL AND b.patient_id = alert.owner_id)));
ALTER TABLE alert_event ENABLE ROW LEVEL SECURITY;
-- What was found while the home served somebody who is not seen is not told with what is found now.
CREATE POLICY clinic ON alert_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM alert AS own WHERE own.alert_id = alert_event.alert_id)
        AND (unit_id NOT IN (SELECT p.unit_id FROM viewer_past() AS p) OR NOT EXISTS (SELECT FROM viewer_past() AS p
            WHERE NOT p.seen AND p.unit_id = alert_event.unit_id AND "time" >= p.since AND "time" < p.until)));
ALTER TABLE shelving_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON shelving_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = shelving_event.unit_id));
ALTER TABLE unit_service_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON unit_service_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = unit_service_event.unit_id));
ALTER TABLE arrangement ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON arrangement USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = arrangement.patient_id));
ALTER TABLE patient_review ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient_review USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = patient_review.patient_id));
ALTER TABLE between_finding ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON between_finding USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = between_finding.patient_id));
ALTER TABLE treatment ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON treatment USING (
    (SELECT viewer_sees_all()) OR CASE WHEN patient_id IS NULL
        THEN EXISTS (SELECT FROM unit AS own WHERE own.unit_id = treatment.unit_id)
        ELSE EXISTS (SELECT FROM patient AS own WHERE own.patient_id = treatment.patient_id) END);
ALTER TABLE measurement ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON measurement USING (
    (SELECT viewer_sees_all()) OR CASE WHEN patient_id IS NULL
        THEN EXISTS (SELECT FROM unit AS own WHERE own.unit_id = measurement.unit_id)
        ELSE EXISTS (SELECT FROM patient AS own WHERE own.patient_id = measurement.patient_id) END);
ALTER TABLE treatment_summary ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON treatment_summary USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM treatment AS own WHERE own.treatment_id = treatment_summary.treatment_id));
ALTER TABLE treatment_comparison ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON treatment_comparison USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM treatment AS own WHERE own.treatment_id = treatment_comparison.treatment_id));
ALTER TABLE sign_off ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON sign_off USING (
    (SELECT viewer_sees_all()) OR CASE WHEN patient_id IS NULL
        THEN EXISTS (SELECT FROM unit AS own WHERE own.unit_id = sign_off.unit_id)
        ELSE EXISTS (SELECT FROM patient AS own WHERE own.patient_id = sign_off.patient_id) END);
ALTER TABLE sign_off_mark ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON sign_off_mark USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM treatment AS own WHERE own.treatment_id = sign_off_mark.treatment_id));
ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON notice USING (
    (SELECT viewer_sees_all()) OR unit_id IS NULL OR owner_id IN (SELECT patient_id FROM patient)
    OR EXISTS (SELECT FROM unit AS own WHERE own.unit_id = notice.unit_id)
        AND (owner_id IS NULL OR EXISTS (SELECT FROM binding AS b
            WHERE b.unit_id = notice.unit_id AND b.until IS NULL AND b.patient_id = notice.owner_id)
            OR notice_stands(notice_id)));
ALTER TABLE notice_alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON notice_alert USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM notice AS own WHERE own.notice_id = notice_alert.notice_id));
ALTER TABLE notice_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON notice_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM notice AS own WHERE own.notice_id = notice_event.notice_id));
ALTER TABLE notice_step ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON notice_step USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM notice AS own WHERE own.notice_id = notice_step.notice_id));
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON delivery USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM notice AS own WHERE own.notice_id = delivery.notice_id));
ALTER TABLE delivery_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON delivery_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM delivery AS own WHERE own.delivery_id = delivery_event.delivery_id));
ALTER TABLE prescription_replay ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON prescription_replay USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = prescription_replay.patient_id));
ALTER TABLE prescription_proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON prescription_proposal USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = prescription_proposal.patient_id));
ALTER TABLE prescription_outcome ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON prescription_outcome USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM prescription_proposal AS own WHERE own.proposal_id = prescription_outcome.proposal_id));
ALTER TABLE audit_patient ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON audit_patient USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = audit_patient.patient_id));
ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON audit_event FOR SELECT USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM audit_patient AS own WHERE own.event_id = audit_event.event_id));
-- Whoever may do something may have it written down; the chain itself reads the row before with its owner's eyes.
CREATE POLICY written ON audit_event FOR INSERT WITH CHECK (true);
ALTER TABLE team_patient ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON team_patient USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = team_patient.patient_id));
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON break_glass USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = break_glass.patient_id));

-- What people wrote about a patient, at a moment or a stretch of time: notes of clinicians, and later what a patient feels
-- and calls. Never changed: a further entry corrects, and says which. `user_id` is null where the patient is the author.
CREATE TABLE patient_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id int NOT NULL REFERENCES patient,
    kind text NOT NULL CHECK (kind IN ('note', 'symptom', 'call')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz CHECK (ends_at > starts_at),
    text text NOT NULL CHECK (text <> '' AND length(text) <= 2000),
    user_id int REFERENCES user_account,
    corrects bigint,
    entered_at timestamptz NOT NULL,
    UNIQUE (patient_id, event_id),
    -- Of the same patient, and once: who corrects a correction corrects the newest.
    FOREIGN KEY (patient_id, corrects) REFERENCES patient_event (patient_id, event_id),
    UNIQUE (corrects)
);
CREATE INDEX patient_event_time ON patient_event (patient_id, starts_at, event_id);
CREATE TRIGGER patient_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON patient_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE patient_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient_event USING (
    (SELECT viewer_sees_all())
    OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = patient_event.patient_id));

-- The patient's own page (decision 68) ---------------------------------------------------------------------------------

-- Whose treatment an account at home is shown: the patient's own, or of who is there with them. An account that looks after
-- somebody else from now on is changed, and sees nothing of the one before.
CREATE TABLE patient_account (
    user_id int PRIMARY KEY REFERENCES user_account,
    patient_id int NOT NULL REFERENCES patient,
    since timestamptz NOT NULL
);
CREATE INDEX patient_account_patient ON patient_account (patient_id);
ALTER TABLE patient_account ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient_account USING (
    (SELECT viewer_sees_all()) OR EXISTS (SELECT FROM patient AS own WHERE own.patient_id = patient_account.patient_id));

-- What was said at home, by the number that the page gave it: said again over a bad line it is not done twice.
CREATE TABLE said_at_home (
    user_id int NOT NULL REFERENCES user_account,
    said uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('help', 'helped', 'handling', 'symptom', 'measurement', 'message')),
    alert_id bigint REFERENCES alert,
    at timestamptz NOT NULL,
    PRIMARY KEY (user_id, said)
);

-- Somebody at home is dealing with what an alert is about: told to whoever looks after them, and silences nothing.
-- `event_id` is of the alerts' own numbers: by it a screen tells what it has been told already.
CREATE TABLE handling (
    alert_id bigint PRIMARY KEY REFERENCES alert,
    user_id int NOT NULL REFERENCES user_account,
    at timestamptz NOT NULL,
    event_id bigint NOT NULL DEFAULT nextval(pg_get_serial_sequence('alert_event', 'event_id'))
);
CREATE FUNCTION tell_handling() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('alert_event', last_event_id::text) FROM alert WHERE alert_id = NEW.alert_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER handling_told AFTER INSERT ON handling
    FOR EACH ROW EXECUTE FUNCTION tell_handling();
CREATE TRIGGER handling_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON handling
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE handling ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON handling USING (
    (SELECT viewer_sees_all()) OR EXISTS (SELECT FROM alert AS own WHERE own.alert_id = handling.alert_id));
-- What goes to other systems as HL7 (decision 67) ------------------------------------------------------------------------

-- The API has nothing to do with any of it, and no rights on it: other systems are the operators' business.

-- Who is told. From the settings of `homehd hl7`, which enters them; nobody else does. `retired_at`: no longer named there.
-- `clinic_id` null: of all clinics. `stopped_at`: it has refused a message (`stopped_by`), and nothing more is sent until an
-- operator lets it go on (`released_at`, the last time). `left_out`: readings that were not queued because too much waits.
CREATE TABLE hl7_destination (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
    alerts boolean NOT NULL,
    readings_every_s int CHECK (readings_every_s BETWEEN 10 AND 3600),
    clinic_id int REFERENCES clinic,
    since timestamptz NOT NULL,
    retired_at timestamptz,
    stopped_at timestamptz,
    stopped_by bigint,
    stopped_why text NOT NULL DEFAULT '' CHECK ((stopped_why = '') = (stopped_at IS NULL)),
    released_at timestamptz,
    left_out bigint NOT NULL DEFAULT 0,
    left_out_at timestamptz
);

-- Totals that are new are found by when they were computed.
CREATE INDEX treatment_summary_computed ON treatment_summary (computed_at);

-- Steps of alerts of which no message has been made yet: noted in their own transaction, taken away in the one that has
-- made the message.
CREATE TABLE hl7_due (
    destination text NOT NULL REFERENCES hl7_destination,
    event_id bigint NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (destination, event_id)
);

-- How far a destination has been told of a treatment: readings up to `told_at`, what it came to as of `totals_at`.
CREATE TABLE hl7_treatment (
    destination text NOT NULL REFERENCES hl7_destination,
    treatment_id bigint NOT NULL REFERENCES treatment ON DELETE CASCADE,
    told_at timestamptz,
    totals_at timestamptz,
    PRIMARY KEY (destination, treatment_id)
);

-- The outbox. `body` is sent as it stands, however often. `control_id` is random: after a database came back from a backup
-- a number would name another message, and a receiver would take that for a double. `about`: what it was made of, so that
-- nothing is told twice. `lane` 0: alerts, 1: readings; what is first in the lowest lane goes next. `refused`: how often the
-- receiver said that it could not. `state`, `priority`: of the alert as this message tells it.
CREATE TABLE hl7_message (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination text NOT NULL REFERENCES hl7_destination,
    control_id text NOT NULL UNIQUE CHECK (length(control_id) BETWEEN 1 AND 20),
    about text NOT NULL,
    lane smallint NOT NULL CHECK (lane IN (0, 1)),
    alert_id bigint,
    state text,
    priority text,
    body text NOT NULL,
    queued_at timestamptz NOT NULL,
    outcome text NOT NULL DEFAULT 'waiting' CHECK (outcome IN ('waiting', 'delivered', 'parked', 'skipped')),
    attempts int NOT NULL DEFAULT 0,
    refused int NOT NULL DEFAULT 0,
    tried_at timestamptz,
    next_try_at timestamptz,
    settled_at timestamptz,
    answer text NOT NULL DEFAULT '',
    UNIQUE (destination, about)
);
CREATE INDEX hl7_message_next ON hl7_message (destination, lane, message_id) WHERE outcome = 'waiting';
CREATE INDEX hl7_message_parked ON hl7_message (destination) WHERE outcome = 'parked';
CREATE INDEX hl7_message_alert ON hl7_message (destination, alert_id, message_id) WHERE alert_id IS NOT NULL;
CREATE INDEX hl7_message_settled ON hl7_message (settled_at) WHERE settled_at IS NOT NULL;

-- With its owner's eyes: whoever writes of an alert, the API among them, sees nothing of who else is told.
CREATE FUNCTION alert_event_to_hl7() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    -- Nobody's temporary table may pass for ours.
    PERFORM set_config('search_path', quote_ident(TG_TABLE_SCHEMA) || ', pg_temp', true);
    INSERT INTO hl7_due (destination, event_id)
    SELECT d.name, NEW.event_id FROM hl7_destination AS d WHERE d.alerts AND d.retired_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_event_to_hl7 AFTER INSERT ON alert_event
    FOR EACH ROW EXECUTE FUNCTION alert_event_to_hl7();
