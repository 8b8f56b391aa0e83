-- compatible: yes – a column with a default and a table of its own; there is no unit for tests before somebody adds one

-- A unit for tests serves nobody: it is on no wall, and nobody is asked to answer for it.
ALTER TABLE unit ADD COLUMN is_test boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX unit_test ON unit (is_test) WHERE is_test AND revoked_at IS NULL;

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
