-- compatible: yes – a new table, and indexes on the record of deeds

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

-- Whoever browses the record asks for one person's deeds, one kind of deed, or deeds about one thing, newest first.
CREATE INDEX audit_event_actor ON audit_event (actor, event_id);
CREATE INDEX audit_event_action ON audit_event (action, event_id);
CREATE INDEX audit_event_subject ON audit_event (subject, event_id);
