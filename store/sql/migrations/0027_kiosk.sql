-- compatible: yes – a table of its own, and a column that the release before leaves empty: such sessions never idle

-- A screen on a wall. It is no person: it has a name, a clinic, and a cookie in one browser, by the SHA-256 of its token.
-- `code_hash`: of the one-time code that makes a browser this kiosk, while it may still be used.
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
    CHECK (removed_at IS NULL OR num_nonnulls(token_hash, code_hash) = 0)
);
CREATE UNIQUE INDEX kiosk_name ON kiosk (lower(name)) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX kiosk_code ON kiosk (code_hash) WHERE code_hash IS NOT NULL;

-- When a session was last used, to the minute; null: not yet, or by the release before.
ALTER TABLE session ADD COLUMN seen_at timestamptz;
