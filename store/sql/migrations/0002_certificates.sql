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
