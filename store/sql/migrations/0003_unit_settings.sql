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

-- What the box says of them, and when its certificate ends.
ALTER TABLE unit_status
    ADD COLUMN config_serial bigint NOT NULL DEFAULT 0,
    ADD COLUMN config_trouble text NOT NULL DEFAULT '',
    ADD COLUMN certificate_until timestamptz;
