-- compatible: yes – a table of its own, which the release before neither reads nor writes

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
