-- compatible: yes – a table of its own, which the release before neither reads nor writes

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
    LANGUAGE plpgsql
AS $$
DECLARE
    last audit_event;
BEGIN
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
